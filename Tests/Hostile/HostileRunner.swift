import GCXJobLog
import GCXLinux
import GCXModel
package import GCXSandbox
import Glibc

/// Runs attacks, each as a job of its own with an input, little memory and a small disk, and looks what it reached.
package struct HostileRunner {
    package let driver: OCIRuntimeDriver
    package let host: HostileHost
    /// The job's time; an emulated machine needs more.
    package let seconds: UInt64
    private static let logBytesMax: UInt64 = 1 << 20

    package init(_ driver: OCIRuntimeDriver, _ host: HostileHost, seconds: UInt64 = 30) {
        (self.driver, self.host, self.seconds) = (driver, host, seconds)
    }

    /// What is wrong after the attack; nothing when it was stopped by what should stop it.
    package func run(_ attack: Attack, number: Int) throws -> [String] {
        let (before, runtime) = (try HostState.now(), try Self.sum(driver.runtime.path))
        let job: JobDirectory
        do throws(SandboxError) { job = try driver.start(spec(attack, number)) } catch {
            // A program that is no program may end before it begins.
            return attack.program == nil ? ["did not start: \(error)"] : []
        }
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(Int64(seconds) + 60)) else {
            return ["did not end"]
        }
        var wrong = try look(at: job, exit, attack)
        try driver.release(job)
        try driver.wipe(job)
        if try HostState.now() != before { wrong.append("changed the host") }
        if try Self.sum(driver.runtime.path) != runtime { wrong.append("changed the runtime") }
        if try Files.text("\(host.input)/data") != "data\n" { wrong.append("changed its input") }
        return wrong
    }

    private func spec(_ attack: Attack, _ number: Int) -> JobSpec {
        JobSpec(
            id: "attack-\(number)", image: .rootfs(path: host.rootfs),
            command: attack.program ?? ["/bin/sh", "-c", attack.script],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            inputDirectory: host.input, wallSecondsMax: seconds, logBytesMax: Self.logBytesMax)
    }

    private func look(at job: JobDirectory, _ exit: JobExit, _ attack: Attack) throws -> [String] {
        var reader = JobLogReader(path: job.log)
        var said = ""
        while case let records = try reader.next(), !records.isEmpty {
            for record in records { said += String(decoding: record.bytes, as: UTF8.self) }
        }
        var wrong: [String] = []
        if !attack.evidence.isEmpty, !said.contains(attack.evidence) {
            wrong.append("not stopped by \(attack.stoppedBy): \(said.suffix(400))")
        }
        if said.contains("ESCAPED") { wrong.append("got through") }
        if said.contains("secret") { wrong.append("read what is not its own") }
        if exit.reason == .timeLimit { wrong.append("took longer than \(seconds) s") }
        if case .hostFailure(let why) = exit.reason { wrong.append("made the host fail: \(why.shown)") }
        if (exit.outputBytes ?? 0) >= 64 << 20 { wrong.append("left an output of \(exit.outputBytes ?? 0) bytes") }
        if JobLogFolder(path: job.log).bytes > 4 * Self.logBytesMax { wrong.append("filled the log") }
        return wrong + (try unpack(job))
    }

    /// What its buyer does with an output: nothing may be written or read outside the directory.
    private func unpack(_ job: JobDirectory) throws -> [String] {
        guard Files.exists(job.output) else { return [] }
        let folder = "\(host.root)/fetched"
        let limits = ArchiveLimits(entriesMax: 100_000, bytesMax: 256 << 20)
        // Refusing it is fine too, as long as nothing was followed.
        _ = try? Unpacker.located(beside: driver.supervisorPath).unpack(
            file: job.output, into: folder, rules: .output, limits: limits, owner: .caller)
        guard Files.exists(folder) else { return [] }
        let found = try ChildProcess("find", [folder, "-type", "f", "-size", "-1000000k"]).run()
        for path in found.split(separator: "\n") where Files.lineIfPresent(String(path))?.contains("secret") == true {
            return ["its output led to \(path)"]
        }
        try Files.removeTree(folder)
        return []
    }

    private static func sum(_ path: String) throws -> String { try ChildProcess("sha256sum", [path]).run() }
}

/// What a job could change of a machine besides leaving traces.
struct HostState: Equatable {
    let name: String
    let settings: [String?]
    let ipc: [Int]
    let link: String?
    /// Owner and mode of what every program of the machine opens.
    let devices: [[UInt32]]

    static func now() throws(LinuxError) -> HostState {
        let settings = [
            "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/panic",
            "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run",
        ].map { Files.lineIfPresent($0) }
        let ipc = ["shm", "sem", "msg"].map {
            (Files.lineIfPresent("/proc/sysvipc/\($0)") ?? "").split(separator: "\n").count
        }
        return HostState(
            name: try Files.text("/proc/sys/kernel/hostname"), settings: settings, ipc: ipc,
            link: Files.lineIfPresent(HostileHost.link),
            devices: ["null", "zero", "full", "random", "urandom", "tty"].map { name in
                var status = stat()
                stat("/dev/\(name)", &status)
                return [status.st_uid, status.st_gid, status.st_mode]
            })
    }
}
