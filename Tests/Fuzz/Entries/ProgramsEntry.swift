import GCXLinux
import Support

@testable import GCXSandbox
@testable import gcx_unpack

extension FuzzEntry {
    /// What is looked at of an image's files before its job runs: heads of programs, tables of users, signals; and what a runtime
    /// says of a program that it cannot run. The first byte chooses.
    static let programs = FuzzEntry(name: "programs") { bytes in
        let rest = Array(bytes.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch (bytes.first ?? 0) % 4 {
        case 0: Programs.head(rest)
        case 1: Programs.user(rest)
        case 2:
            _ = RuntimeWords.failure(ofStart: text, program: "a")?.words
            _ = RuntimeWords.failure(inOutput: rest, program: "a")?.words
        default:
            if let signal = SignalName.number(of: text) { precondition((1...64).contains(signal), "no such signal") }
        }
    } seeds: {
        let words = [
            "executable file `a` not found in $PATH: No such file or directory\n",
            "exec container process `/a`: Exec format error\n", "exec /a: permission denied\n",
            "chdir to `/work`: no such file or directory\n",
        ]
        let names = ["SIGTERM", "int", "9", "RTMIN+3", "SIGRTMAX-30"]
        let scripts = ["#! /bin/sh -e\necho\n", "#!/a"].map { [0] + Array($0.utf8) }
        return Programs.seeds + scripts + words.map { [2] + Array($0.utf8) } + names.map { [3] + Array($0.utf8) }
    }
}

/// Readers of an image's files, as functions of bytes.
enum Programs {
    /// A file that the job is to run.
    static func head(_ bytes: [UInt8]) {
        try? Scratch.with { folder throws(LinuxError) in
            let file = try Scratch.file(bytes, in: folder)
            switch ProgramHead(file.number)?.kind {
            case .script(let name), .program(let name?):
                precondition(name.utf8.allSatisfy { $0 != 0 }, "a name goes on behind its end")
            case .empty: precondition(bytes.isEmpty, "a file with bytes is said to be empty")
            default: break
            }
        }
    }

    /// Who a job's processes are: the image's word on one line, its tables of users and of groups after it.
    static func user(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let word = ImageUser(String(decoding: parts.first ?? [], as: UTF8.self))
        guard (try? word.checkLength()) != nil else { return }
        let tables = parts.dropFirst().map { UserTables.lines(of: $0) }
        let found = UserTables(users: tables.first, groups: tables.dropFirst().first).look(for: word.user, word.group)
        guard let identity = try? word.identity(found) else { return }
        let ids = [identity.user, identity.group] + identity.groups
        precondition(ids.allSatisfy { $0 < IDMap.size }, "a job is somebody beyond its ids")
    }

    static var seeds: [[UInt8]] {
        let users = "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:\n"
        let groups = "root:x:0:\nwww:x:33:\naudio:x:29:root,www\n"
        let named = ["", "1000", "1000:100", "www", "www:audio", ":0"].map { word in
            [1] + Array("\(word)\0\(users)\0\(groups)".utf8)
        }
        return named + [[0] + elf(machine: 62), [0] + elf(machine: 183), [0] + elf(machine: 8, isBig: true)]
    }

    /// A program of 64 bits whose only program header names its loader.
    private static func elf(machine: UInt8, isBig: Bool = false) -> [UInt8] {
        var head: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, isBig ? 2 : 1, 1] + [UInt8](repeating: 0, count: 57)
        let loader = Array("/lib/ld.so\0".utf8)
        // Type, machine, and where the table of headers begins; the size of one, and how many there are.
        for (place, value) in [(16, 3), (18, machine), (32, 64), (54, 56), (56, 1)] as [(Int, UInt8)] {
            head[isBig && place < 20 ? place + 1 : place] = value
        }
        var header = [UInt8](repeating: 0, count: 56)
        for (place, value) in [(0, 3), (8, 120), (32, UInt8(loader.count))] as [(Int, UInt8)] { header[place] = value }
        return head + header + loader
    }
}
