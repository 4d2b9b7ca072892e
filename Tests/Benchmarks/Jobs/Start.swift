import FoundationEssentials
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// From the start of a job that does nothing to the word that it has ended, beside the runtime alone on the same bundle.
struct StartBench {
    let bench: Bench
    let pairs: Int
    /// The first move of a process between control groups waits for the kernel's readers (an RCU grace period), those
    /// that follow it closely do not. So every run begins on a machine that has been idle.
    let idle: Duration = .milliseconds(100)

    func run() throws {
        // Its mounts are the bundle's; the runtime alone is run in its supervisor's mount namespace.
        let keeper = try bench.driver.start(bench.spec(["/bin/sleep", "3600"]))
        let bare = try BareRuntime(bench, keeper)
        var (ours, theirs, began) = ([UInt64](), [UInt64](), [UInt64]())
        for index in 0..<(pairs + 3) {
            // Who goes first changes, so that neither always meets warm caches.
            pause(for: idle)
            if index % 2 == 0 {
                theirs.append(try bare.once())
                pause(for: idle)
            }
            let (start, end) = try once()
            began.append(start)
            ours.append(end)
            if index % 2 == 1 {
                pause(for: idle)
                theirs.append(try bare.once())
            }
        }
        bare.end()
        try bench.end(keeper)
        let (gcx, runtime) = (Samples(Array(ours.dropFirst(3))), Samples(Array(theirs.dropFirst(3))))
        print("(a) start to exit of /bin/true, \(pairs) pairs, alternating")
        print("    gcx (start to end seen)   \(gcx.text)")
        print("    of it until start returns \(Samples(Array(began.dropFirst(3))).text)")
        print("    \(bench.driver.runtime.kind.rawValue) run alone            \(runtime.text)")
        print("    gcx / runtime             \(ratio(gcx.median, runtime.median)) (median)")
    }

    private func once() throws -> (start: UInt64, end: UInt64) {
        let before = BootClock.now()
        let job = try bench.driver.start(bench.spec(["/bin/true"]))
        let started = BootClock.now()
        let exit = try bench.wait(job)
        let ended = BootClock.now()
        guard exit.reason == .exited(code: 0) else {
            throw BenchError(description: "/bin/true ended as \(exit.reason)")
        }
        try bench.driver.release(job)
        try bench.driver.wipe(job)
        return (started - before, ended - before)
    }
}

/// The OCI runtime alone, again and again, in a process that has entered the mounts of a job.
final class BareRuntime {
    private var child: Child?
    private let ask: FileDescriptor
    private let answer: FileDescriptor
    private let place: CgroupPlace

    init(_ bench: Bench, _ keeper: JobDirectory) throws {
        guard case .running(let running) = try bench.driver.recover(keeper), let supervisor = running.supervisor else {
            throw BenchError(description: "the job that keeps the mounts does not run")
        }
        place = CgroupPlace(layout: running.plan.place.layout, group: running.plan.place.group + "-bare")
        try place.cgroup.create(running.plan.spec.resources.cgroupLimits)
        let folder = "\(bench.root)/bare"
        try Files.makeDirectories(folder, mode: 0o700)
        try Self.writeBundle(from: keeper.bundle, to: "\(folder)/config.json", group: place.cgroup.runtimePath)
        let questions = try Pipe()
        let answers = try Pipe()
        let runtime = bench.driver.runtime
        child = try ChildProcess(
            "nsenter",
            [
                "--mount=/proc/\(supervisor.pid)/ns/mnt", "\(bench.programs)/job-bench", "bare", runtime.kind.rawValue,
                runtime.path, folder,
            ],
            descriptors: [(questions.read.number, 3), (answers.write.number, 4)]
        ).startDetached(logPath: "\(folder)/log")
        ask = FileDescriptor(owning: dup(questions.write.number))
        answer = answers.closeWriter()
    }

    /// The job's bundle with another program and another group.
    private static func writeBundle(from source: String, to target: String, group: String) throws {
        var bundle = try JSONDecoder().decode(OCIBundle.self, from: Data(try Files.text(source).utf8))
        bundle.process.args = ["/bin/true"]
        bundle.linux.cgroupsPath = group
        try DurableFile.write(Array(try JSONEncoder().encode(bundle)), to: target)
    }

    /// Nanoseconds from its start to its end.
    func once() throws -> UInt64 {
        try ask.write([1], object: "the bare runtime")
        var nanoseconds: UInt64 = 0
        let count = withUnsafeMutableBytes(of: &nanoseconds) { read(answer.number, $0.baseAddress, $0.count) }
        guard count == 8, nanoseconds > 0 else { throw BenchError(description: "the runtime alone did not run") }
        return nanoseconds
    }

    func end() {
        child = nil
        try? place.cgroup.remove()
    }

    /// The other side: one run for every byte on descriptor 3, its nanoseconds to descriptor 4.
    static func serve(_ kind: String, _ path: String, _ folder: String) throws {
        let common = ["--root", "\(folder)/state"] + (kind == "crun" ? ["--cgroup-manager=cgroupfs"] : [])
        let tool = ChildProcess(path, common + ["run", "--bundle", folder, "bare"])
        var byte: UInt8 = 0
        while read(3, &byte, 1) == 1 {
            let before = BootClock.now()
            let outcome = try tool.outcome()
            var nanoseconds = outcome.status == .exited(0) ? BootClock.now() - before : 0
            if nanoseconds == 0 { _ = "\(outcome.errorLine)\n".withCString { write(2, $0, strlen($0)) } }
            _ = write(4, &nanoseconds, 8)
        }
    }
}
