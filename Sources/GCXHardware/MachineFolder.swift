import GCXModel
import Glibc

/// A machine kept as a folder: `tree.txt` with its `/sys` and `/proc`, `topology.xml` from hwloc, `pci.ids` if it brings names.
///
/// `tree.txt` holds hundreds of small files in one, for a person to read and for git to keep:
/// ```
/// # comment
/// [sys/bus/pci/devices/0000:3b:00.0]      the folder of what follows
/// vendor: 0x10de                          a file of one line
/// driver -> ../../../bus/pci/drivers/x    a symbolic link
/// [proc]
/// meminfo: <<                             a file of many lines, up to >>
/// MemTotal:       24684084 kB
/// >>
/// ```
package enum MachineFolder {
    package enum Entry: Equatable, Sendable {
        case file(path: String, text: String)
        case link(path: String, target: String)

        var path: String {
            switch self {
            case .file(let path, _), .link(let path, _): path
            }
        }
    }

    /// Why a tree is none; `line` counts from one.
    package enum TreeError: WordedError, Equatable {
        case unreadable(path: String)
        case badLine(line: Int, text: String)
        case unfinishedText(line: Int)
        case outside(path: String)
        case tooLong(linesMax: Int)
        case cannotWrite(path: String, errno: Int32)

        package var description: String {
            switch self {
            case .unreadable(let path): "cannot read \(path)"
            case .badLine(let line, let text):
                "line \(line) is no `name: text`, `name -> target` or `[folder]`: \(text)"
            case .unfinishedText(let line): "the text that begins in line \(line) has no `>>`"
            case .outside(let path): "\(path) leads out of the machine's folder"
            case .tooLong(let most): "more than \(NumberText.count(most, "line"))"
            case .cannotWrite(let path, let code): unsafe "write \(path): \(String(cString: strerror(code)))"
            }
        }
    }

    package static func parse(_ text: String) throws(TreeError) -> [Entry] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= HardwareLimits.machineFolderLinesMax else {
            throw .tooLong(linesMax: HardwareLimits.machineFolderLinesMax)
        }
        var parser = TreeParser(lines: lines)
        return try parser.entries()
    }

    /// Writes the entries below `folder`, which exists and is empty.
    package static func write(_ entries: [Entry], below folder: String) throws(TreeError) {
        for entry in entries {
            let parts = entry.path.split(separator: "/")
            guard !parts.contains("..") else { throw .outside(path: entry.path) }
            try makeFolders(parts.dropLast(), below: folder, for: entry)
            try write(entry, at: "\(folder)/\(parts.joined(separator: "/"))")
        }
    }

    /// Every folder on the way is one of ours and no link: a link written earlier leads nowhere.
    private static func makeFolders(
        _ parts: some Sequence<Substring>, below folder: String, for entry: Entry
    ) throws(TreeError) {
        var path = folder
        for part in parts {
            path += "/\(part)"
            if unsafe mkdir(path, 0o700) == 0 { continue }
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { throw .cannotWrite(path: path, errno: errno) }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw .outside(path: entry.path) }
        }
    }

    private static func write(_ entry: Entry, at path: String) throws(TreeError) {
        switch entry {
        case .link(_, let target):
            guard unsafe symlink(target, path) == 0 else { throw .cannotWrite(path: path, errno: errno) }
        case .file(_, let text):
            // O_EXCL with O_NOFOLLOW: a link written earlier never redirects a file.
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .cannotWrite(path: path, errno: errno) }
            defer { close(descriptor) }
            let bytes = Array(text.utf8)
            guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
                throw .cannotWrite(path: path, errno: errno)
            }
        }
    }
}

/// Walks the lines of a `tree.txt`.
private struct TreeParser {
    let lines: [Substring]
    var index = 0
    var folder = ""

    init(lines: [Substring]) {
        self.lines = lines
    }

    mutating func entries() throws(MachineFolder.TreeError) -> [MachineFolder.Entry] {
        var entries: [MachineFolder.Entry] = []
        while index < lines.count {
            // bounded here: the index is below the number of lines
            let line = lines[index]
            index += 1
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                folder = String(line.dropFirst().dropLast()) + "/"
            } else {
                entries.append(try entry(line))
            }
        }
        return entries
    }

    private mutating func entry(_ line: Substring) throws(MachineFolder.TreeError) -> MachineFolder.Entry {
        let words = line.split(separator: " ", maxSplits: 2)
        // bounded here: three words, counted first; joins texts
        if words.count == 3, words[1] == "->" {
            return .link(path: folder + words[0], target: String(words[2]))
        }
        guard let name = words.first, name.hasSuffix(":"), name.count > 1 else {
            throw .badLine(line: index, text: String(line.prefix(80)))
        }
        let path = folder + name.dropLast()  // bounded: joins texts
        let value = trimmed(line.dropFirst(name.count))
        return .file(path: path, text: value == "<<" ? try manyLines() : value + "\n")
    }

    private mutating func manyLines() throws(MachineFolder.TreeError) -> String {
        // bounded here: every line up to the index was read, and the end is found behind it
        let start = index
        guard let end = lines[start...].firstIndex(of: ">>") else { throw .unfinishedText(line: start) }
        index = end + 1
        return lines[start..<end].map { $0 + "\n" }.joined()
    }
}
