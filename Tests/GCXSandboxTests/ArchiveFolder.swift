import GCXLinux
import Glibc

@testable import GCXSandbox

/// One entry of an archive, as no tool would write it.
struct EvilEntry {
    var name: String
    /// `0` a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a directory, `6` a FIFO.
    var kind: Character = "0"
    var target = ""
    var mode = "0000644"
    var content: [UInt8] = []
    var device: (UInt8, UInt8) = (0, 0)
    /// Records of a pax header before it.
    var pax: [(String, String)] = []
    /// True puts them into a global header.
    var isGlobal = false
    /// The size that its header says; nil says the truth.
    var size: Int?
    var user = 0

    /// Source: POSIX.1-2001, pax, "ustar Interchange Format".
    var bytes: [UInt8] {
        if !pax.isEmpty {
            var records: [UInt8] = []
            for (key, value) in pax { records += Self.record(key, value) }
            var header = EvilEntry(name: "PaxHeader", kind: isGlobal ? "g" : "x", content: records)
            header.mode = "0000644"
            var own = self
            own.pax = []
            return header.bytes + own.bytes
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, 0)
        put(mode, 100)
        put(octal(user, 7), 108)
        put(octal(user, 7), 116)
        put(octal(size ?? content.count, 11), 124)
        put("00000000000", 136)
        put("        ", 148)
        put(String(kind), 156)
        put(target, 157)
        put("ustar", 257)
        put("00", 263)
        put(octal(Int(device.0), 7), 329)
        put(octal(Int(device.1), 7), 337)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + "\0 ", 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding
    }

    /// `length key=value` and a newline, the length counting itself.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while "\(length)".utf8.count + rest.utf8.count != length {
            length = "\(length)".utf8.count + rest.utf8.count
        }
        return Array("\(length)\(rest)".utf8)
    }

    static func archive(_ entries: [EvilEntry]) -> [UInt8] {
        entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024)
    }
}

/// A directory that goes away with the test: what is packed lies in `in`, what is unpacked in `out`.
final class ArchiveFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/gcx-tar-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LinuxError.malformed(object: "/tmp", reason: "mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["in", "out"] { try Files.makeDirectory("\(path)/\(name)") }
    }

    deinit { try? Files.removeTree(path) }

    var archive: String { "\(path)/a.tar" }
    var out: String { "\(path)/out" }

    func tar(_ arguments: String...) throws {
        try ChildProcess("tar", ["-cf", archive, "-C", "\(path)/in"] + arguments, timeout: .seconds(120)).run()
    }

    func write(_ entries: [EvilEntry]) throws { try DurableFile.write(EvilEntry.archive(entries), to: archive) }

    func inspect(
        _ rules: ArchiveRules = .input, _ limits: ArchiveLimits = .upload, _ run: Unpacker.Run = Unpacker.Run()
    ) throws -> Unpacker.Contents {
        let file = try FileDescriptor.open(archive, O_RDONLY)
        return try Unpacker.located().inspect(file, label: archive, rules: rules, limits: limits, run: run)
    }

    @discardableResult
    func unpack(
        _ rules: ArchiveRules = .input, _ limits: ArchiveLimits = .upload, owner: Unpacker.Owner = .caller,
        _ run: Unpacker.Run = Unpacker.Run()
    ) throws -> Unpacker.Contents {
        let file = try FileDescriptor.open(archive, O_RDONLY)
        let directory = try FileDescriptor.open(out, O_RDONLY | O_DIRECTORY)
        return try Unpacker.located().unpack(
            file, into: directory, label: archive, rules: rules, limits: limits, owner: owner, run: run)
    }

    @discardableResult
    func pack(_ rules: ArchiveRules = .output, _ limits: ArchiveLimits = .own) throws -> Unpacker.Contents {
        let file = try FileDescriptor.open(archive, O_RDWR | O_CREAT | O_TRUNC)
        let directory = try FileDescriptor.open("\(path)/in", O_RDONLY | O_DIRECTORY)
        return try Unpacker.located().pack(directory, into: file.number, label: "in", rules: rules, limits: limits)
    }

    /// Why the archive is refused; nil when it is not. What `inspect` says, `unpack` says.
    func refusal(_ rules: ArchiveRules = .input, _ limits: ArchiveLimits = .upload) throws -> ImageError? {
        do {
            _ = try inspect(rules, limits)
            return nil
        } catch let error as ImageError { return error }
    }

    /// All that was unpacked: kind, mode and path of each, in order.
    func listing() throws -> [String] {
        try ChildProcess("find", [out, "-mindepth", "1", "-printf", "%y %m %P\n"]).run().split(separator: "\n")
            .map(String.init).sorted()
    }
}
