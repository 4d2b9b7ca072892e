import CFuzzer
import Entries
import Glibc

/// `gcx-fuzz list`, `gcx-fuzz seed NAME FOLDER`, and `gcx-fuzz run NAME [options and corpora of libFuzzer]`.
@main
enum Driver {
    /// What libFuzzer calls has no room for more than a pointer, so the choice stands here, made before it begins.
    nonisolated(unsafe) private static var chosen: FuzzEntry?

    static func main() {
        let words = CommandLine.arguments
        switch words.dropFirst().first {
        case "list":
            for entry in FuzzEntry.all { print(entry.name) }
        case "seed":
            guard words.count == 4, let entry = FuzzEntry.named(words[2]) else { usage() }
            seed(entry, into: words[3])
        case "run":
            guard words.count >= 3, let entry = FuzzEntry.named(words[2]) else { usage() }
            chosen = entry
            exit(run(words))
        default: usage()
        }
    }

    /// The seeds are made from the documents of today, so that they still are documents when a field is added.
    private static func seed(_ entry: FuzzEntry, into folder: String) {
        for (number, bytes) in entry.seeds().enumerated() {
            guard let file = fopen("\(folder)/seed-\(number)", "w") else { usage() }
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
    }

    private static func run(_ words: [String]) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = ([words[0]] + words.dropFirst(3)).map { strdup($0) } + [nil]
        var count = Int32(arguments.count - 1)
        return arguments.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &base) { data, size in
                Driver.chosen?.run(Array(UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        }
    }

    private static func usage() -> Never {
        let text = "usage: gcx-fuzz list | seed NAME FOLDER | run NAME [options and corpora of libFuzzer]\n"
        _ = write(STDERR_FILENO, text, text.utf8.count)
        exit(64)
    }
}
