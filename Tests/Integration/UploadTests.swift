import Foundation
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc
import Support
import Testing

extension WholeLeases {
    /// Uploads by a buyer with his own client: the calls are typed here, as curl sends them.
    @Suite("Uploads of a stranger")
    struct UploadTests {
        static let lacks = ["curl"].first { ChildProcess.find($0) == nil }

        /// A tar archive of one file `words`.
        private func archive(_ site: Site, _ text: String, _ name: String) throws -> String {
            let tree = site.path("\(name).tree")
            try Files.makeDirectories(tree, mode: 0o755)
            try DurableFile.write(text.utf8, to: "\(tree)/words", mode: 0o644)
            try Unpacker.located().pack(directory: tree, into: site.path("\(name).tar"))
            return site.path("\(name).tar")
        }

        private func put(_ file: String, _ kind: String, _ lease: String, _ site: Site, rate: String? = nil) -> [String]
        {
            [
                "--silent", "--show-error", "--unix-socket", site.path("run/agent.sock"), "--upload-file", file,
                "--write-out", "%{http_code}", "--output", "/dev/null", "--max-time", "60",
            ] + (rate.map { ["--limit-rate", $0] } ?? []) + ["http://agent/v1/leases/\(lease)/uploads/\(kind)"]
        }

        @Test(
            "an upload that began before another and ends after it does not reach what was looked through and hashed",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func concurrent() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let good = try archive(site, "good words\n", "good")
            // No archive at all, of the same length, so slowly that the other one is complete long before.
            let length = try #require(Disk.size(of: good))
            try DurableFile.write([UInt8](repeating: 0xAA, count: Int(length)), to: site.path("junk"))
            let slow = ChildProcess("curl", put(site.path("junk"), "input", lease, site, rate: "\(length / 3)"))
            let pid = try slow.spawnDetached(logPath: site.path("slow.log"))
            try site.wait("the first upload", seconds: 20) {
                try Files.names(in: site.path("agent/uploads")).count == 1
            }
            #expect(try ChildProcess("curl", put(good, "input", lease, site)).run() == "200")
            _ = ChildProcess.wait(pid)
            #expect(try Files.text(site.path("slow.log")) == "422")
            let outcome = try site.outcome(site.running("cat /input/words", on: lease))
            #expect(outcome.text == "good words\n", "\(outcome.errorLine)")
            let digest = try SHA256Hex.ofFile(good).hex
            #expect(try site.receipts(lease).flatMap(\.events).contains { $0.hasPrefix("input sha256:\(digest)") })
            #expect(try site.gcx("agent", "status").isEmpty == false)
        }

        @Test(
            "an upload that would take the disk's reserve is refused, leaves nothing, and no running job sees a full disk",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func reserve() throws {
            let disk = try SmallDisk(megabytes: 420)
            let site = try Site(["agent.state_directory": "\"\(disk.path)\""])
            try site.open()
            let running = try site.lease()
            try site.begin("i=0; while [ $i -lt 100 ]; do i=$((i+1)); sleep 0.2; done", on: running)
            try site.wait("the job", seconds: 30) { try site.inspect(running).phase == .running }
            let lease = try site.lease()
            try DurableFile.write([], to: site.path("large"))
            #expect(truncate(site.path("large"), 300 << 20) == 0)
            let answer = try ChildProcess("curl", put(site.path("large"), "image", lease, site)).run()
            #expect(answer == "507")
            let uploads = "\(disk.path)/uploads/\(lease.dropFirst(2))"
            #expect(try Files.names(in: uploads).isEmpty)
            #expect(try Disk.freeBytes(at: disk.path) >= SandboxLimits.diskReserveBytes)
            #expect(try site.inspect(running).phase == .running)
            let report = try site.report(running)
            #expect(!report.events.contains { $0.text.contains("full") }, "\(report.events.map(\.text))")
            try site.gcx("job", "cancel", running)
            try site.wait("the job's end", seconds: 20) { try site.inspect(running).exit != nil }
        }
    }
}

/// A filesystem of a few megabytes in memory.
private final class SmallDisk {
    let path: String

    init(megabytes: Int) throws {
        path = try ChildProcess("mktemp", ["-d", "/tmp/gcx-disk-XXXXXX"]).run()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try ChildProcess("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "gcx-test", path]).run()
    }

    deinit {
        _ = try? ChildProcess("umount", ["-l", path]).run()
        rmdir(path)
    }
}
