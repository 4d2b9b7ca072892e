import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// Programs that cannot be run, each with its status: as shells, docker and podman have it.
enum BadPrograms {
    /// An ELF header of 64 bits for a processor, with a loader when one is named.
    static func program(_ machine: UInt16, loader: String? = nil) -> [UInt8] {
        func little(_ number: UInt64, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 0xff) } }
        let identity: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        let text: [UInt8] = loader.map { Array($0.utf8) + [0] } ?? []
        let head =
            identity + little(2, 2) + little(UInt64(machine), 2) + little(1, 4) + little(0, 8) + little(64, 8)
            + little(0, 8) + little(0, 4) + little(64, 2) + little(56, 2) + little(loader == nil ? 0 : 1, 2)
            + little(64, 2) + little(0, 4)
        let entry =
            little(3, 4) + little(4, 4) + little(120, 8) + little(0, 16) + little(UInt64(text.count), 8)
            + little(UInt64(text.count), 8) + little(1, 8)
        return head + (loader == nil ? [] : entry + text)
    }

    static let ours: UInt16 = ImageMachine.ownArchitecture == "amd64" ? 62 : 183
    static let foreign: UInt16 = ours == 62 ? 183 : 62

    /// Files of an image: name, mode and content.
    static let files: [(name: String, mode: String, content: [UInt8])] = [
        ("bin/right", "0000755", program(ours)), ("bin/armbin", "0000755", program(foreign)),
        ("bin/noloader", "0000755", program(ours, loader: "/lib/none.so")),
        ("bin/loader", "0000755", program(ours, loader: "/bin/right")), ("bin/empty", "0000755", []),
        ("bin/nosb", "0000755", Array("echo hi\n".utf8)), ("bin/badint", "0000755", Array("#!/bin/none\n".utf8)),
        ("bin/crlf.sh", "0000755", Array("#!/bin/right\r\necho hi\r\n".utf8)),
        ("bin/script", "0000755", Array("#! /bin/right -x\n".utf8)),
        ("bin/nested", "0000755", Array("#!/bin/script\n".utf8)),
        ("bin/noxint", "0000755", Array("#!/etc/plain\n".utf8)), ("bin/self", "0000755", Array("#!/bin/self\n".utf8)),
        ("bin/blank", "0000755", Array("#!   \n".utf8)),
        ("bin/long", "0000755", Array("#!/\(String(repeating: "x", count: 400))\n".utf8)),
        ("bin/cut", "0000755", [0x7f, 0x45, 0x4c, 0x46, 2, 1]), ("etc/plain", "0000644", Array("text\n".utf8)),
        ("bin/own", "0000700", program(ours)), ("bin/shared", "0000750", program(ours)),
        ("closed/tool", "0000755", program(ours)),
    ]

    /// What a job asks for, and how it ends; 0 for what runs.
    static let cases: [(name: String, status: Int32, words: String)] = [
        ("/bin/right", 0, ""), ("right", 0, ""), ("/bin/loader", 0, ""), ("/bin/script", 0, ""), ("/bin/nested", 0, ""),
        ("/link", 0, ""), ("/etc/absolute", 0, ""), ("/usr/bin/right", 0, ""), ("../bin/right", 0, ""),
        ("/../../bin/right", 0, ""),
        ("/no/such", 127, "no such program"), ("nosuch", 127, "no such program"),
        ("/etc/plain/x", 127, "no such program"), ("/dangling", 127, "no such program"),
        ("/etc/plain", 126, "chmod +x"), ("plain", 126, "chmod +x"), ("/etc", 126, "a directory"),
        ("/", 126, "a directory"),
        ("/bin/crlf.sh", 127, "as on Windows"), ("/bin/badint", 127, "`/bin/none`, which is not in the image"),
        ("/bin/noloader", 127, "it needs `/lib/none.so`"), ("/bin/nosb", 126, "begins with `#!`"),
        ("/bin/empty", 126, "it is empty"), ("/bin/blank", 126, "begins with `#!`"),
        ("/bin/long", 126, "begins with `#!`"), ("/bin/cut", 126, "begins with `#!`"),
        ("/bin/armbin", 126, "and this machine is \(ImageMachine.ownArchitecture)"),
        ("/bin/noxint", 126, "cannot be run"), ("/bin/self", 126, "without end"), ("/loop", 126, "without end"),
    ]
}

@Suite("Programs are looked at before they are started, by nobody")
struct ProgramTests {
    /// A root filesystem with the files above.
    private func rootfs() throws -> ArchiveFolder {
        let folder = try ArchiveFolder()
        var entries = ["bin", "etc", "usr", "tmp", "input"].map { EvilEntry(name: $0, kind: "5", mode: "0000755") }
        entries.append(EvilEntry(name: "closed", kind: "5", mode: "0000700"))
        entries += BadPrograms.files.map { EvilEntry(name: $0.name, mode: $0.mode, content: $0.content) }
        entries += [
            EvilEntry(name: "link", kind: "2", target: "/usr/../bin/right"),
            EvilEntry(name: "usr/bin", kind: "2", target: "../../../../bin"),
            EvilEntry(name: "etc/absolute", kind: "2", target: "/bin/right"),
            EvilEntry(name: "dangling", kind: "2", target: "/nowhere"),
            EvilEntry(name: "loop", kind: "2", target: "loop"),
            EvilEntry(name: "run", kind: "2", target: "/input/run.sh"),
        ]
        try DurableFile.write(EvilEntry.archive(entries), to: folder.archive)
        let layer = OpenFile(try FileDescriptor.open(folder.archive, O_RDONLY))
        _ = try Unpacker.located().layers(
            [layer], into: try Unpacker.directory(folder.out), label: "it", limits: .upload)
        return folder
    }

    private func look(
        _ name: String, as user: String = "0", group: String? = "0", cwd: String = "/etc", in folder: ArchiveFolder
    ) throws -> ProgramFinding {
        let query = ProgramQuery(
            name: name, folders: ["/bin", "/etc", ""], workingDirectory: cwd,
            mounts: ["/proc", "/dev", "/sys", "/tmp", "/output", "/input"])
        let answer = try Unpacker.located().process(
            user: user, group: group, program: query, in: try Unpacker.directory(folder.out), label: "it")
        return try #require(answer.program)
    }

    @Test("each has the status that shells, docker and podman give it, and a word that says why")
    func cases() throws {
        let folder = try rootfs()
        for (name, status, words) in BadPrograms.cases {
            let finding = try look(name, in: folder)
            let failure = ProgramFailure(finding)
            #expect(failure?.status ?? 0 == status, "\(name): \(finding)")
            #expect(failure?.words.contains(words) ?? words.isEmpty, "\(name): \(failure?.words ?? "")")
        }
    }

    @Test("the rights of the job's user count, also on the way", .enabled(if: geteuid() == 0, "needs root"))
    func rights() throws {
        let folder = try rootfs()
        for (name, user, group, isAllowed) in [
            ("/bin/own", "0", "0", true), ("/bin/own", "7", "0", false), ("/bin/shared", "7", "0", true),
            ("/bin/shared", "7", "7", false), ("/closed/tool", "7", "7", false), ("/closed/tool", "0", "0", true),
        ] {
            let finding = try look(name, as: user, group: group, in: folder)
            #expect((finding.kind == .runs) == isAllowed, "\(name) as \(user):\(group): \(finding)")
        }
    }

    @Test("what lies where something else is mounted is not judged by the image")
    func elsewhere() throws {
        let folder = try rootfs()
        for (name, place) in [
            ("/input/run.sh", "/input/run.sh"), ("/run", "/input/run.sh"),
            ("/input/../input/a/b", "/input/../input/a/b"),
            ("/bin/../input/x", "/input/x"), ("/tmp/x", "/tmp/x"),
        ] {
            let finding = try look(name, in: folder)
            #expect(finding.kind == .elsewhere && finding.needs == place, "\(name): \(finding)")
            #expect(ProgramFailure(finding) == nil)
        }
        #expect(try look("run.sh", cwd: "/input", in: folder).kind == .unknown, "the last of the folders")
        #expect(try look("./run.sh", cwd: "/input", in: folder).kind == .elsewhere)
    }

    @Test("a working directory that is a file, or closed, is said; one that is missing is made")
    func workingDirectory() throws {
        let folder = try rootfs()
        #expect(try look("right", cwd: "/etc/plain", in: folder).kind == .noWorkingDirectory)
        #expect(ProgramFailure(try look("right", cwd: "/etc/plain", in: folder))?.status == 126)
        #expect(try look("right", cwd: "/new/folder", in: folder).kind == .runs)
    }

    @Test("a runtime's words about a program are the buyer's, others are the host's, and a job's own words are its own")
    func runtimeWords() {
        func status(_ words: String) -> Int32? { RuntimeWords.failure(ofStart: words, program: "nope")?.status }
        for (words, expected) in [
            ("executable file `nope` not found in $PATH: No such file or directory", 127),
            ("open executable: Permission denied", 126), ("open executable: Operation not permitted", 126),
            ("open executable: Not a directory", 126), ("chdir `/etc/passwd`: Not a directory", 126),
            (
                #"runc run failed: unable to start container process: exec: "nope": executable file not found in $PATH"#,
                127
            ),
            (#"unable to start container process: exec: "/etc": permission denied"#, 126),
            ("error during container init: mkdir /etc/passwd: not a directory", 126),
            ("mount `proc`: No such file or directory", nil), ("open executable: Input/output error", nil),
        ] as [(String, Int32?)] { #expect(status(words) == expected, "\(words)") }
        func output(_ text: String) -> Int32? {
            RuntimeWords.failure(inOutput: Array(text.utf8), program: "/bin/nosb")?.status
        }
        for (text, expected) in [
            ("exec container process `/bin/nosb`: Exec format error\n", 126),
            ("exec container process (missing dynamic library?) `/bin/nosb`: No such file or directory\n", 127),
            ("exec /bin/nosb: exec format error\n", 126), ("exec /bin/nosb: no such file or directory\n", 127),
            ("exec /bin/other: exec format error\n", nil), ("exec format error\n", nil), ("", nil),
            ("exec /bin/nosb: exec format error\nand more\n", nil), ("exec /bin/nosb: fine\n", nil),
        ] as [(String, Int32?)] { #expect(output(text) == expected, "\(text)") }
        let words = RuntimeWords.failure(ofStart: "open executable: Permission denied", program: "/etc/x")?.words
        #expect(words == "`/etc/x` cannot be run: the job's user has no right to")
    }
}
