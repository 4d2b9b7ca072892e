import Foundation
import GCXLinux
import Support
import Testing

@Suite("gcx bench, interrupted", .serialized)
struct BenchInterruptTests {
    @Test(
        "Ctrl-C at any moment ends it by that signal within two seconds, with its probe, and leaves no file",
        arguments: [
            (SIGINT, 0.0), (SIGINT, 0.1), (SIGINT, 1), (SIGINT, 2.5), (SIGINT, 5), (SIGTERM, 0), (SIGTERM, 4),
        ] as [(Int32, Double)])
    func interrupted(number: Int32, seconds: Double) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-int-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let arguments = ["bench", "--duration", "30", "--path", directory, "--json", "\(directory)/report.json"]
        let log = "\(directory).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let gcx = try ChildProcess(Gcx.program, arguments).spawnDetached(logPath: log)
        var probe: pid_t?
        let deadline = BootClock.now() + 5_000_000_000
        while probe == nil, BootClock.now() < deadline { probe = Self.child(of: gcx, named: "gcx-probe") }
        let measured = try #require(probe, "the probe never ran")
        // Into starting, into the processors, into memory, into the disk.
        usleep(UInt32(seconds * 1e6))
        let asked = BootClock.now()
        kill(gcx, number)
        #expect(ChildProcess.wait(gcx) == .signalled(number))
        #expect(BootClock.now() - asked < 2_000_000_000)
        #expect(kill(measured, 0) != 0, "the probe outlived gcx bench")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
        #expect(try Files.text(log).contains("interrupted; nothing was written"))
    }

    /// The process of that name whose parent is `parent`.
    private static func child(of parent: pid_t, named name: String) -> pid_t? {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.first { process in
            let words = ((try? Files.text("/proc/\(process)/stat")) ?? "").split(separator: " ")
            return words.count > 3 && words[1] == "(\(name))" && words[3] == "\(parent)"
        }
    }
}
