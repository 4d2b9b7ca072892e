import Foundation
import GCXLinux
import Testing

// Limits on what a run may use, and what its disk is.
extension BenchTests {
    @Test(
        "at the limit on open files the figures are there, or the limit is named; no figure goes astray",
        arguments: [8, 12, 14, 16, 20, 24, 32])
    func openFiles(limit: Int) throws {
        let outcome = try ChildProcess(
            "/bin/sh",
            ["-c", "ulimit -n \(limit); exec \(Gcx.program) bench run --duration 1 --only cpu.clock.all"],
            timeout: .seconds(30)
        ).outcome()
        let complaint = String(decoding: outcome.error, as: UTF8.self)
        if outcome.status == .exited(0) { return #expect(outcome.text.contains("clock, all cores busy")) }
        #expect(outcome.status == .exited(78), "\(complaint)")
        #expect(complaint.contains("Too many open files") && complaint.contains("ulimit -n"), "\(complaint)")
        #expect(!outcome.text.contains("\"axes\"") && !complaint.contains("try again"), "\(outcome.text)")
    }

    @Test("the limit on the size of a file costs the disk's figures, and is named")
    func fileSize() throws {
        try Self.inFolder { folder in
            let outcome = try ChildProcess(
                "/bin/sh",
                [
                    "-c",
                    "ulimit -f 2000; exec \(Gcx.program) bench run --duration 2 --path \(folder) "
                        + "--only cpu.clock.all,storage.write.sequential",
                ], timeout: .seconds(30)
            ).outcome()
            let text = outcome.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            #expect(text.contains("the limit on the size of a file (`ulimit -f`, `LimitFSIZE=`)"), "\(text)")
            #expect(text.contains("clock, all cores busy"))
        }
    }
}
