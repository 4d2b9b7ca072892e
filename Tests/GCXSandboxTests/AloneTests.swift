import GCXLinux
import Glibc
import Testing

@testable import GCXSandbox

/// The reader of archives as an ordinary user starts it, who has no ids to give away: it stands for that user alone.
@Suite("The reader of archives of an ordinary user")
struct AloneTests {
    /// Nil when it is all here.
    static let lacks: String? = {
        if geteuid() != 0 { return "needs root, to become another user" }
        return ChildProcess.find("setpriv") == nil ? "needs setpriv" : nil
    }()

    /// Whom Debian calls nobody.
    private static let user: uid_t = 65_534

    /// What it says of its work, run by a shell of that user's with a directory of his and an archive.
    private func report(_ verb: UnpackOrder.Verb, _ rules: ArchiveRules, in folder: ArchiveFolder) throws
        -> UnpackReport
    {
        #expect(chmod(folder.path, 0o711) == 0 && chown(folder.out, Self.user, Self.user) == 0)
        let order = UnpackOrder(
            verb: verb, identity: .alone, parent: 4_242_424, hasNamespace: false, hasDirectory: true,
            archives: verb == .tryWalls ? 0 : 1, groups: 0, rules: rules, limits: .upload)
        let words = String(decoding: try JSONFile.encode(order, object: "order"), as: UTF8.self)
        if verb != .tryWalls { #expect(chmod(folder.archive, 0o644) == 0) }
        // The shell is the parent; what follows keeps it from becoming the program itself.
        let script =
            "exec 3<\"$2\"; [ -f \"$3\" ] && exec 4<\"$3\"; \"$0\" \"$(printf %s \"$1\" | sed s/4242424/$$/)\"; exit $?"
        let outcome = try ChildProcess(
            "setpriv",
            [
                "--reuid=\(Self.user)", "--regid=\(Self.user)", "--clear-groups", "/bin/sh", "-c", script,
                try Unpacker.located().program, words, folder.out, folder.archive,
            ], timeout: .seconds(60)
        ).outcome()
        #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
        return try JSONFile.decode(UnpackReport.self, outcome.output, object: "report")
    }

    @Test(
        "behind its walls it opens no socket and reads and writes nothing but the one directory",
        .enabled(if: lacks == nil, Comment(rawValue: lacks ?? "")))
    func walls() throws {
        let folder = try ArchiveFolder()
        let report = try report(.tryWalls, .input, in: folder)
        #expect(report.breaches == [])
        #expect(report.standing?.seccomp == true)
        // Where users may make no namespaces, one of the others has to stand for the files.
        #expect(report.standing?.namespaces == true || report.standing?.landlock != nil)
        #expect(!Files.exists("/gcx-escaped") && !Files.exists("/tmp/gcx-escaped"))
    }

    @Test(
        "it makes files that are the user's, and of an evil archive nothing outside, no device and no FIFO",
        .enabled(if: lacks == nil, Comment(rawValue: lacks ?? "")))
    func unpacks() throws {
        let folder = try ArchiveFolder()
        try folder.write([EvilEntry(name: "folder", kind: "5"), EvilEntry(name: "folder/file", content: [1, 2])])
        #expect(try report(.unpack, .output, in: folder).outcome == .done)
        for name in ["folder", "folder/file"] {
            var status = stat()
            #expect(lstat("\(folder.out)/\(name)", &status) == 0 && status.st_uid == Self.user, "\(name)")
        }
        let device = EvilEntry(name: "device", kind: "3", device: (1, 3))
        for entry in [
            device, EvilEntry(name: "pipe", kind: "6"), EvilEntry(name: "../climbs", content: [1]),
            EvilEntry(name: "door", kind: "2", target: "/tmp"),
            EvilEntry(name: "hard", kind: "1", target: "../../etc/passwd"),
            EvilEntry(name: "huge", pax: [("size", "18446744073709551615")]),
        ] {
            let (outcome, made) = try evil(entry)
            #expect(outcome == .refused || outcome == .damaged, "\(entry.name): \(outcome)")
            #expect(made == [], "\(entry.name): \(made)")
        }
        // A device to another reader, the content of a file to this one.
        #expect(try evil(EvilEntry(name: "f/", content: device.bytes)).made.allSatisfy { $0.hasPrefix("f ") })
    }

    /// What becomes of an input of one entry.
    private func evil(_ entry: EvilEntry) throws -> (outcome: UnpackReport.Outcome, made: [String]) {
        let folder = try ArchiveFolder()
        try folder.write([entry])
        let outcome = try report(.unpack, .input, in: folder).outcome
        #expect(try Files.names(in: folder.path).sorted() == ["a.tar", "in", "out"])
        return (outcome, try folder.listing())
    }
}
