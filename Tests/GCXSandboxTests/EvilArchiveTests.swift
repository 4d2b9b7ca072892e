import GCXLinux
import Glibc
import Testing

@testable import GCXSandbox

@Suite("Archives that no tool would write")
struct EvilArchiveTests {
    private let content = Array("content".utf8)

    /// What is refused, and by which word.
    private func expectRefusal(
        _ entries: [EvilEntry], _ word: String, rules: ArchiveRules = .input, limits: ArchiveLimits = .upload,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try ArchiveFolder()
        try folder.write(entries)
        let error = #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
            try folder.unpack(rules, limits)
        }
        let told = error?.description ?? "nothing"
        #expect(told.contains(word), "\(told)", sourceLocation: sourceLocation)
        // What an entry says by itself is refused before anything is written.
        if let early = try folder.refusal(rules, limits) {
            #expect(early.description == told, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "a pax header with a size that no file has ends nothing but the reading",
        arguments: ["18446744073709551615", "9223372036854775807", "-1", "99999999999999999999999", "1e9", ""])
    func paxSize(_ size: String) throws {
        let folder = try ArchiveFolder()
        try folder.write([EvilEntry(name: "file", content: content, pax: [("size", size)])])
        do {
            // What is no number is passed over; then the header's own size holds.
            #expect(try folder.inspect().bytes <= 7)
        } catch let error as ImageError {
            #expect(error.description.utf8.count < 500)
        }
    }

    @Test("a pax size that is not the header's holds, for everybody: what follows is read as it says")
    func paxSizeMismatch() throws {
        let hidden = EvilEntry(name: "hidden", kind: "3", device: (1, 3))
        let folder = try ArchiveFolder()
        // By the pax header the device is content; by the other it would be an entry.
        var outer = EvilEntry(name: "file", content: hidden.bytes, pax: [("size", "512")])
        outer.size = 0
        try folder.write([outer])
        #expect(try folder.unpack() == Unpacker.Contents(entries: 1, bytes: 512))
        #expect(try folder.listing() == ["f 644 file"])
    }

    @Test("a name that ends in a slash, with content, is refused by name")
    func slash() throws {
        let device = EvilEntry(name: "null", kind: "3", device: (1, 3))
        try expectRefusal([EvilEntry(name: "door/", content: device.bytes)], "`door/`: it is a directory by its name")
    }

    @Test("a global pax header changes nothing and stops nothing")
    func globalHeader() throws {
        let folder = try ArchiveFolder()
        try folder.write([
            EvilEntry(
                name: "file", content: content, pax: [("comment", "a commit"), ("path", "../escaped")], isGlobal: true)
        ])
        try folder.unpack()
        #expect(try folder.listing() == ["f 644 file"])
    }

    @Test("devices, FIFOs and set-uid bits are made nowhere", arguments: ["3", "4", "6"])
    func nodes(_ kind: Character) throws {
        try expectRefusal(
            [EvilEntry(name: "node", kind: kind, mode: "0000666", device: (1, 3))], "`node`: it is a",
            rules: .rootFilesystem)
    }

    @Test("modes lose what makes a program somebody else's, and what lets others write")
    func modes() throws {
        let folder = try ArchiveFolder()
        try folder.write([
            EvilEntry(name: "become", mode: "0006777", content: content),
            EvilEntry(name: "folder", kind: "5", mode: "0007777"),
        ])
        try folder.unpack()
        #expect(try folder.listing() == ["d 755 folder", "f 755 become"])
    }

    @Test("links that lead outside are refused, by their text and by way of other links")
    func links() throws {
        for target in ["/etc/passwd", "..", "../x", "a/../../x", "./../x", "a/.."] {
            try expectRefusal([EvilEntry(name: "link", kind: "2", target: target)], "a link that leads outside")
        }
        let folder = try ArchiveFolder()
        try folder.write([
            EvilEntry(name: "a", kind: "5"), EvilEntry(name: "a/b", kind: "2", target: "../c"),
            EvilEntry(name: "c", content: content), EvilEntry(name: "self", kind: "2", target: "."),
        ])
        try folder.unpack()
        #expect(try Files.text("\(folder.out)/a/b") == "content")
        for target in ["/etc/passwd", "../../etc/passwd", "nowhere", "hard"] {
            try expectRefusal([EvilEntry(name: "hard", kind: "1", target: target)], "`hard`: it links to")
        }
        // A link that stays inside where it was made leads outside from higher up.
        try expectRefusal(
            [
                EvilEntry(name: "a", kind: "5"), EvilEntry(name: "a/b", kind: "2", target: "../c"),
                EvilEntry(name: "up", kind: "1", target: "a/b"),
            ], "`up`: it is a link that leads outside")
    }

    @Test("nothing is made below a link or a file, and no directory is replaced")
    func below() throws {
        try expectRefusal(
            [EvilEntry(name: "x", kind: "2", target: "y"), EvilEntry(name: "x/file")], "entries were to lie below it")
        try expectRefusal([EvilEntry(name: "x"), EvilEntry(name: "x/file")], "entries were to lie below it")
        try expectRefusal([EvilEntry(name: "x", kind: "5"), EvilEntry(name: "x")], "a directory is there already")
        try expectRefusal([EvilEntry(name: "x"), EvilEntry(name: "x", kind: "5")], "something else is there already")
    }

    @Test("names too deep, too long or of nothing are refused")
    func names() throws {
        let deep = Array(repeating: "d", count: SandboxLimits.entryDepthMax + 1).joined(separator: "/")
        try expectRefusal([EvilEntry(name: "x", pax: [("path", deep)])], "directories deep")
        let long = Array(repeating: String(repeating: "n", count: 250), count: 17).joined(separator: "/")
        try expectRefusal([EvilEntry(name: "x", pax: [("path", long)])], "its name has over")
        let part = String(repeating: "n", count: 256)
        try expectRefusal([EvilEntry(name: "x", pax: [("path", part)])], "a part of its name has over")
        try expectRefusal([EvilEntry(name: "./", content: content)], "has content")
        try expectRefusal([EvilEntry(name: "..", kind: "5")], "it would leave its directory")
    }

    @Test("what an error shows of a name obeys no terminal and ends")
    func shown() throws {
        let folder = try ArchiveFolder()
        let name = "\u{1b}]0;x\u{7}\u{202e}" + String(repeating: "n", count: 2000)
        try folder.write([EvilEntry(name: "x", kind: "6", pax: [("path", "a/" + name.prefix(100))])])
        let told = try #require(try folder.refusal()).description
        #expect(!told.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202e })
        #expect(told.contains("\\u{001B}") && told.utf8.count < 1000)
    }

    @Test("a bomb is as large as what comes out of it", arguments: ["gzip", "zstd"])
    func bomb(_ tool: String) throws {
        try #require(ChildProcess.find(tool) != nil, "needs \(tool)")
        let folder = try ArchiveFolder()
        try ChildProcess("truncate", ["-s", "256M", "\(folder.path)/in/zeros"]).run()
        try folder.tar("--use-compress-program=\(tool)", "zeros")
        #expect((Disk.size(of: folder.archive) ?? .max) < 1 << 20)
        let limits = ArchiveLimits(entriesMax: 10, bytesMax: 64 << 20)
        let error = #expect(throws: ImageError.self) { try folder.unpack(.input, limits) }
        guard case .tooLarge(_, _, 67_108_864)? = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
        #expect(try folder.listing().isEmpty)
    }

    @Test("what nobody would keep is bounded as well: content of a link, headers without end")
    func hiddenBomb() throws {
        let limits = ArchiveLimits(entriesMax: 10, bytesMax: 1 << 20)
        var heavy = EvilEntry(name: "link", kind: "1", target: "file", pax: [("size", "8000000000")])
        heavy.size = 0
        let folder = try ArchiveFolder()
        try folder.write([EvilEntry(name: "file", content: content), heavy])
        #expect(throws: ImageError.self) { try folder.inspect(.input, limits) }
        let comment = String(repeating: "c", count: 500_000)
        try folder.write(
            (0..<10).map { EvilEntry(name: "f\($0)", pax: [("comment", comment)], isGlobal: true) })
        let error = #expect(throws: ImageError.self) { try folder.inspect(.input, limits) }
        guard case .tooLarge(_, "what it decompresses to", _)? = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
    }

    @Test("an archive that is no plain file is not read")
    func notPlain() throws {
        let folder = try ArchiveFolder()
        symlink("/dev/zero", folder.archive)
        let error = #expect(throws: ImageError.self) { try folder.inspect() }
        #expect(
            error?.description.contains("it is no plain file") == true || error?.description.contains("seek") == true)
    }
}
