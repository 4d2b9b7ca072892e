import GCXLinux
import Glibc
import Testing

@testable import GCXSandbox

@Suite("Users of images are looked up by nobody")
struct ImageUserTests {
    /// A root filesystem with these tables; nil for none.
    private func resolve(
        _ user: String, passwd: String? = nil, group: String? = nil, _ change: (String) throws -> Void = { _ in }
    ) throws -> [UInt32] {
        let folder = try ArchiveFolder()
        try Files.makeDirectories("\(folder.out)/etc", mode: 0o755)
        for (name, text) in [("passwd", passwd), ("group", group)] {
            if let text { try DurableFile.write(text.utf8, to: "\(folder.out)/etc/\(name)", mode: 0o644) }
        }
        try change(folder.out)
        for path in [folder.out, "\(folder.out)/etc"] { chmod(path, 0o755) }
        let found = try identity(user, in: folder.out)
        return [found.user, found.group]
    }

    private func identity(_ text: String, in rootfs: String) throws -> ImageUser.Identity {
        let user = ImageUser(text)
        try user.checkLength()
        let found = try Unpacker.located().process(
            user: user.user, group: user.group, program: nil, in: try Unpacker.directory(rootfs), label: "it"
        ).users
        return try user.identity(found)
    }

    private static let passwd = "root:x:0:0::/:\nworker:x:1000:1001::/:/bin/sh\nfar:x:7:65536::/:\nodd:x:-1:1::/:\n"
    private static let group = "root:x:0:\ncrew:x:1002:worker\nfar:x:65536:\n"

    @Test(
        "names and numbers are what the image's tables say",
        arguments: [
            ("", [0, 0]), ("worker", [1000, 1001]), ("1000", [1000, 1001]), ("worker:crew", [1000, 1002]),
            ("5:crew", [5, 1002]), ("5", [5, 0]), ("5:6", [5, 6]), ("worker:9", [1000, 9]), ("far:1", [7, 1]),
        ] as [(String, [UInt32])])
    func found(user: String, numbers: [UInt32]) throws {
        #expect(try resolve(user, passwd: Self.passwd, group: Self.group) == numbers)
    }

    @Test(
        "who is in no table, or beyond a job's ids, is refused",
        arguments: [
            "nobody", "worker:nobody", "worker:far", "far", "odd", "65536", "5:65536",
            String(repeating: "x", count: 300),
        ])
    func refused(user: String) {
        let error = #expect(throws: ImageError.self) {
            try resolve(user, passwd: Self.passwd, group: Self.group)
        }
        guard case .unknownUser? = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
    }

    @Test("a table that is a link out, a FIFO, a folder or too large says nothing, and numbers need none")
    func noTables() throws {
        let changes: [(String) throws -> Void] = [
            { symlink("../../../../../../../../etc/passwd", "\($0)/etc/passwd") },
            { symlink("/etc/passwd", "\($0)/etc/passwd") }, { mkfifo("\($0)/etc/passwd", 0o644) },
            { try Files.makeDirectory("\($0)/etc/passwd") },
            {
                let lines = "worker:x:1000:1001::/:\n" + String(repeating: "x", count: SandboxLimits.passwdBytesMax)
                try DurableFile.write(lines.utf8, to: "\($0)/etc/passwd", mode: 0o644)
            },
        ]
        for change in changes {
            for name in ["root", "worker", "daemon"] {
                #expect(throws: ImageError.unknownUser(name)) { try resolve(name, change) }
            }
            #expect(try resolve("1000:7", change) == [1000, 7])
            #expect(try resolve("1000", change) == [1000, 0])
        }
    }

    @Test("a link inside the image is followed inside")
    func linkInside() throws {
        let found = try resolve("worker") {
            try DurableFile.write(Self.passwd.utf8, to: "\($0)/etc/users", mode: 0o644)
            symlink("/etc/users", "\($0)/etc/passwd")
        }
        #expect(found == [1000, 1001])
    }

    @Test("of layers the highest table counts, and what is not plain to see is left to whoever unpacks them")
    func layers() throws {
        func users(_ user: String, group: String? = nil, _ layers: [[EvilEntry]]) throws -> UnpackReport.Users {
            let folder = try ArchiveFolder()
            let files = try layers.enumerated().map { index, entries in
                try DurableFile.write(EvilEntry.archive(entries), to: "\(folder.path)/\(index)")
                return OpenFile(try FileDescriptor.open("\(folder.path)/\(index)", O_RDONLY))
            }
            return try Unpacker.located().users(user, group: group, inLayers: files, label: "it")
        }
        func table(_ name: String, _ text: String) -> EvilEntry { EvilEntry(name: name, content: Array(text.utf8)) }
        let (low, high) = (table("etc/passwd", "web:x:7:8::/:\n"), table("./etc/passwd", "web:x:9:10::/:\n"))
        let crew = table("etc/group", "crew:x:11:\n")
        #expect(try users("web", [[low], [high]]).user == 9)
        #expect(try users("web", [[low], [EvilEntry(name: "f")]]).ownGroup == 8)
        let both = try users("web", group: "crew", [[low, crew], [high]])
        #expect(both.group == 11 && both.user == 9)
        for layers in [[[low]], [[low], [high]], [], [[EvilEntry(name: "etc", kind: "5")]]] {
            let found = try users("other", layers)
            #expect(found.hasTable && found.user == nil, "\(layers)")
        }
        for hiding in [
            EvilEntry(name: "etc/passwd", kind: "2", target: "users"),
            EvilEntry(name: "etc", kind: "2", target: "usr/etc"),
            EvilEntry(name: "etc/.wh.passwd"), EvilEntry(name: "etc/.wh..wh..opq"), EvilEntry(name: ".wh.etc"),
            EvilEntry(name: "etc/passwd", kind: "1", target: "users"),
        ] { #expect(try !users("web", [[low], [hiding]]).hasTable, "\(hiding.name)") }
    }

    @Test("without a group the user has those that name it, each once, and a group of its name is not one of them")
    func memberships() throws {
        let group =
            "root:x:0:\nworker:x:77:\ncrew:x:1002:other,worker\nmore:x:3:worker\nagain:x:3:worker\nno:x:4:workers\n"
        let folder = try ArchiveFolder()
        try Files.makeDirectories("\(folder.out)/etc", mode: 0o755)
        try DurableFile.write(Self.passwd.utf8, to: "\(folder.out)/etc/passwd", mode: 0o644)
        try DurableFile.write(group.utf8, to: "\(folder.out)/etc/group", mode: 0o644)
        for path in [folder.out, "\(folder.out)/etc"] { chmod(path, 0o755) }
        for (text, groups) in [
            ("worker", [1001, 1002, 3]), ("1000", [1001, 1002, 3]), ("worker:crew", [1002]), ("worker:9", [9]),
            (":crew", [1002]), ("worker:", [1001, 1002, 3]), ("55", [0]), ("", [0]),
        ] as [(String, [UInt32])] {
            #expect(try identity(text, in: folder.out).groups == groups, "\(text)")
        }
        let many = (0...SandboxLimits.groupsMax).map { "g\($0):x:\($0):worker\n" }.joined()
        for text in [many, "far:x:65536:worker\n"] {
            try DurableFile.write(text.utf8, to: "\(folder.out)/etc/group", mode: 0o644)
            let error = #expect(throws: ImageError.self) { try identity("worker", in: folder.out) }
            guard case .unusableConfig("User", _)? = error else {
                Issue.record("refused for another reason: \(String(describing: error))")
                continue
            }
        }
    }

    @Test("files of a layout come from a child, in order, plain ones alone and for reading alone")
    func layoutFiles() throws {
        let folder = try ArchiveFolder()
        for name in ["a", "b"] { try DurableFile.write(name.utf8, to: "\(folder.out)/\(name)", mode: 0o644) }
        symlink("a", "\(folder.out)/link")
        mkfifo("\(folder.out)/fifo", 0o644)
        chmod(folder.out, 0o755)
        let reader = try Unpacker.located()
        let directory = try Unpacker.directory(folder.out)
        func open(_ names: [String], bytesMax: UInt64 = 10) throws -> [OpenFile] {
            try reader.open(names, in: directory, bytesMax: bytesMax, label: "it", run: Unpacker.Run())
        }
        let files = try open(["b", "a"])
        #expect(try files.map { String(decoding: try Files.bytes(of: $0.file, "it"), as: UTF8.self) } == ["b", "a"])
        for file in files { #expect(write(file.number, "x", 1) < 0 && errno == EBADF) }
        for (name, reason) in [
            ("missing", "`missing` is missing"), ("link", "`link` is no plain file in it"),
            ("fifo", "`fifo`: it is no plain file"), ("../in", "openat2"),
        ] {
            let error = #expect(throws: ImageError.self) { try open(["a", name]) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
        #expect(throws: ImageError.notAnImage(path: "it", reason: "`a`: larger than 0 bytes")) {
            try open(["a"], bytesMax: 0)
        }
    }
}
