import GCXJobLog
import GCXLinux
import GCXModel
package import GCXSandbox
import Glibc

/// Has a job take all it can of something that the machine shares, and looks meanwhile, from the host, whether the host
/// and another job can do what they need, and whether memory is gone that counts to nobody.
package struct SharedRunner {
    let driver: OCIRuntimeDriver
    let host: HostileHost
    let seconds: UInt64
    /// What a job may hold beyond its control group: sockets of v1, netlink and terminals at their limits, with what other
    /// programs of the machine take meanwhile. A flood without bound takes gigabytes.
    static let uncountedBytesMax: UInt64 = 192 << 20
    /// Others work on the machine too, and take memory; what a job holds is still there at the next look.
    static let looks = 5

    package init(_ driver: OCIRuntimeDriver, _ host: HostileHost, seconds: UInt64 = 60) {
        (self.driver, self.host, self.seconds) = (driver, host, seconds)
    }

    /// What is wrong, nothing when all could do what they need; and what the flood said of how far it came.
    package func run(_ object: SharedObject, number: Int) throws -> (wrong: [String], said: String) {
        let before = Self.available()
        let job = try driver.start(spec(object.flood, "flood-\(number)"))
        let said = try waitForWord(job)
        var wrong = object.hostNeed.isEmpty ? [] : try look("the host", hostCan(object))
        if object.jobNeed != nil { wrong += try look("another job", jobCan(object, number)) }
        if said.contains("ESCAPED") { wrong.append("got through") }
        if let lost = uncounted(job, before) { wrong.append("\(lost) bytes of memory are gone and count to nobody") }
        try driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(60)) else {
            return (wrong + ["did not end"], said)
        }
        let isMemory = object.evidence.isEmpty && exit.reason == .outOfMemory
        if !isMemory, !said.contains(object.evidence.isEmpty ? "FULL" : object.evidence) {
            wrong.append("the flood ended with \(exit.reason) and said \(said.suffix(300))")
        }
        if case .hostFailure(let why) = exit.reason { wrong.append("made the host fail: \(why.shown)") }
        try driver.release(job)
        try driver.wipe(job)
        return (wrong, said.isEmpty ? "ended: \(exit.reason)" : said)
    }

    private func spec(_ script: String, _ id: String) -> JobSpec {
        JobSpec(
            id: id, image: .rootfs(path: host.rootfs), command: ["/bin/sh", "-c", script],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: seconds * 4, logBytesMax: 1 << 20)
    }

    /// What the flood wrote when it has all, or when it has ended or its time is over.
    private func waitForWord(_ job: JobDirectory) throws -> String {
        let deadline = BootClock.now() + seconds * 1_000_000_000
        while BootClock.now() < deadline {
            let said = Self.text(of: job)
            if said.contains("FULL") { return said }
            if case .ended = try driver.recover(job) { return Self.text(of: job) }
            pause(for: .milliseconds(20))
        }
        return Self.text(of: job)
    }

    private func look(_ who: String, _ said: String) throws -> [String] {
        said.contains("CAN") ? [] : ["\(who) cannot any more: \(said.suffix(200))"]
    }

    private func hostCan(_ object: SharedObject) throws -> String {
        try ChildProcess(HostileHost.perl, ["-e", object.hostNeed]).outcome().text
    }

    private func jobCan(_ object: SharedObject, _ number: Int) throws -> String {
        let job = try driver.start(spec("exec perl -e '\(object.jobNeed ?? "")'", "need-\(number)"))
        _ = try driver.wait(job, timeout: .seconds(Int64(seconds)))
        let said = Self.text(of: job)
        try driver.release(job)
        try driver.wipe(job)
        return said
    }

    /// Memory that went and is not the job's; nil when it is no more than it may be.
    private func uncounted(_ job: JobDirectory, _ before: UInt64) -> UInt64? {
        var least = UInt64.max
        for _ in 0..<Self.looks {
            let counted = (try? driver.sample(job))?.memoryCurrentBytes ?? 0
            let now = Self.available()
            let gone = before > now ? before - now : 0
            least = min(least, gone > counted ? gone - counted : 0)
            if least <= Self.uncountedBytesMax { return nil }
            pause(for: .milliseconds(500))
        }
        return least
    }

    private static func text(of job: JobDirectory) -> String {
        var reader = JobLogReader(path: job.log)
        let records = (try? reader.next()) ?? []
        return String(decoding: records.flatMap(\.bytes), as: UTF8.self)
    }

    /// Memory that a new program could have. Source: proc(5), MemAvailable.
    private static func available() -> UInt64 {
        let text = Files.lineIfPresent("/proc/meminfo") ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) << 10
        }
        return 0
    }
}
