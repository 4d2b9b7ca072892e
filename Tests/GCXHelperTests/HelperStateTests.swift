import Foundation
import GCXHelper
import GCXLinux
import Glibc
import Testing

@Suite("The state directory of two users")
struct HelperStateTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/gcx-state-\(UUID())"

    private func status(_ name: String) throws -> stat {
        var found = stat()
        try #require(lstat("\(folder)/\(name)", &found) == 0, "\(name)")
        return found
    }

    @Test(
        "what the agent made goes to its user, what the helper works in stays root's, and the group may only add",
        .enabled(if: geteuid() == 0, "needs root"))
    func shared() throws {
        defer { try? Files.removeTree(folder) }
        try Files.makeDirectories("\(folder)/uploads/lease", mode: 0o700)
        for name in ["agent.sqlite", "uploads/lease/input.tar", "jobs.old"] {
            try DurableFile.write("x".utf8, to: "\(folder)/\(name)")
        }
        let account = UserAccount(user: 12_345, group: 12_346)
        for _ in 0..<2 { try HelperState(path: folder).prepare(for: account) }
        for name in ["agent.sqlite", "uploads", "uploads/lease", "uploads/lease/input.tar"] {
            #expect(try status(name).st_uid == 12_345, "\(name)")
        }
        for name in ["jobs", "images", "templates", "history", "images.lock", "jobs.old", "."] {
            #expect(try status(name).st_uid == 0, "\(name)")
        }
        let top = try status(".")
        #expect(top.st_gid == 12_346 && top.st_mode & 0o7777 == 0o1770)
    }

    @Test("a link or somebody else's directory in a place of root's is refused, and nothing is shared")
    func planted() throws {
        defer { try? Files.removeTree(folder) }
        try Files.makeDirectories("\(folder)/elsewhere", mode: 0o700)
        symlink("\(folder)/elsewhere", "\(folder)/images")
        #expect(throws: LinuxError.self) {
            try HelperState(path: folder).prepare(for: UserAccount(user: geteuid(), group: getegid()))
        }
        #expect(try status(".").st_mode & 0o7777 == 0o700)
        #expect(try Files.names(in: "\(folder)/elsewhere").isEmpty)
    }
}
