import Glibc
import Testing

@testable import GCXLinux

@Suite("What is used once")
struct OneWayTests {
    private func sleeper() throws -> Child { try ChildProcess("/bin/sleep", ["60"]).startDetached() }

    /// Whether a process is there, collected or not.
    private func isThere(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 }

    @Test("a child that nobody waits for is ended and collected with its handle")
    func droppedChild() throws {
        let pid = try {
            let child = try sleeper()
            #expect(isThere(child.pid))
            return child.pid
        }()
        #expect(!isThere(pid))
    }

    @Test("the end of a child is seen before it is collected, and its number is its own until then")
    func collectedChild() throws {
        let child = try sleeper()
        let pid = child.pid
        let before = child.hasEnded
        child.signal(SIGTERM)
        for _ in 0..<1_000 where !child.hasEnded { pause(for: .milliseconds(5)) }
        let after = child.hasEnded
        #expect(!before && after && isThere(pid))
        #expect(child.wait() == .signalled(SIGTERM))
        #expect(!isThere(pid))
    }

    @Test("a child that is left runs on")
    func leftChild() throws {
        let child = try sleeper()
        let pid = child.pid
        child.leave()
        pause(for: .milliseconds(20))
        guard let found = try PidFD.open(pid) else {
            Issue.record("it is gone")
            return
        }
        #expect(try !found.waitForExit(timeout: .zero))
        #expect(Child(owning: pid, leadsGroup: true).end() == .signalled(SIGKILL))
    }

    @Test("a temporary directory is its owner's alone, and goes with its value and all that is in it")
    func temporaryDirectory() throws {
        let folder = try Folder()
        var path = ""
        do {
            let made = try TemporaryDirectory("part", in: folder.path)
            path = made.path
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
            try Files.makeDirectories("\(path)/a/b", mode: 0o755)
        }
        #expect(path.hasPrefix("\(folder.path)/part-") && !Files.exists(path))
        let other = try TemporaryDirectory("part", in: folder.path)
        path = other.path
        try other.remove()
        #expect(!Files.exists(path))
        let error = #expect(throws: LinuxError.self) {
            _ = try TemporaryDirectory("part", in: "\(folder.path)/nowhere")
        }
        #expect(error == .systemCall(operation: "mkdtemp", object: "\(folder.path)/nowhere", errno: ENOENT))
    }

    @Test("what is lent to a thread comes back changed, and is gone when the work fails")
    func lent() async throws {
        let folder = try Folder()
        var draft = try DraftFile(in: folder.path)
        for piece in ["one", "two"] {
            draft = try await blocking(giving: draft) { (draft: consuming DraftFile) throws(LinuxError) in
                try draft.write(piece.utf8, object: "draft")
                return draft
            }
        }
        try draft.seal().link(as: "\(folder.path)/it")
        #expect(try Files.text("\(folder.path)/it") == "onetwo")
        let made = try TemporaryDirectory("part", in: folder.path)
        let path = made.path
        await #expect(throws: LinuxError.malformed(object: "it", reason: "bad")) {
            try await refuse(TemporaryDirectory("part", in: folder.path))
        }
        #expect(
            try Files.names(in: folder.path).filter { $0.hasPrefix("part") } == [
                String(path.split(separator: "/").last ?? "")
            ])
    }

    private func refuse(_ directory: consuming TemporaryDirectory) async throws(LinuxError) {
        _ = try await blocking(giving: directory) {
            (_: consuming TemporaryDirectory) throws(LinuxError) -> TemporaryDirectory in
            throw .malformed(object: "it", reason: "bad")
        }
    }
}
