import Foundation
import GCXConfig
import GCXLinux
import Glibc
import Testing

@testable import GCXHelper

@Suite("The owner's file")
struct OwnerFileTests {
    private let path = FileManager.default.temporaryDirectory.path + "/gcx-owner-\(UUID()).toml"
    private var file: OwnerFile { OwnerFile(path: path, sources: .none) }

    private func write(cores: Int, mode: UInt32 = 0o644) throws {
        try DurableFile.replace(path, with: Array("[offer]\ncores_reserved = \(cores)\n".utf8))
        chmod(path, mode)
    }

    /// In place, as a careless editor does it.
    private func overwrite(cores: Int) {
        try? Data("[offer]\ncores_reserved = \(cores)\n".utf8).write(to: URL(filePath: path))
    }

    @Test("one that changes while it is read is read again, and the last whole one counts")
    func changed() throws {
        defer { unlink(path) }
        try write(cores: 1)
        var times = 0
        let found = try file.configuration {
            times += 1
            if times < 3 { overwrite(cores: 10 * times) }
        }
        #expect(found.offer.coresReserved == 20 && times == 3)
    }

    @Test("one that never stands still is not used")
    func restless() throws {
        defer { unlink(path) }
        try write(cores: 1)
        var times = 0
        #expect(throws: ConfigError.self) {
            try file.configuration {
                times += 1
                overwrite(cores: 10 * times)
            }
        }
        #expect(times == HelperLimits.ownerFileLooksMax)
    }

    @Test(
        "one that others may write is refused, and told how to mend it", arguments: [0o664, 0o646, 0o666] as [UInt32])
    func open(mode: UInt32) throws {
        defer { unlink(path) }
        try write(cores: 1, mode: mode)
        let error = #expect(throws: ConfigError.self) { try file.configuration() }
        #expect(error?.description.contains("chmod go-w") == true)
    }

    @Test("one of another user is refused", .enabled(if: geteuid() == 0, "needs root"))
    func strangers() throws {
        defer { unlink(path) }
        try write(cores: 1)
        chown(path, 65_534, 65_534)
        #expect(throws: ConfigError.self) { try file.configuration() }
    }

    @Test("a directory and a queue are refused, and nobody waits for a writer", arguments: [true, false])
    func noFile(isDirectory: Bool) throws {
        #expect((isDirectory ? mkdir(path, 0o700) : mkfifo(path, 0o600)) == 0)
        defer { remove(path) }
        #expect(throws: ConfigError.self) { try file.configuration() }
    }
}
