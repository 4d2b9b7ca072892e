import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox
import Support
import Testing

/// A scripted driver as the facts of all drivers see it.
struct ScriptedBench: DriverBench {
    let scripted: ScriptedDriver
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        scripted = ScriptedDriver(jobs: "\(folder.path)/jobs", clock: TestClock())
    }

    var driver: any RuntimeDriver { scripted }
    func restarted() -> any RuntimeDriver { scripted }
    func pass(_ time: Duration) { scripted.clock.advance(nanoseconds: time.wholeNanoseconds) }

    func spec(_ act: JobAct) -> JobSpec {
        scripted.next(script(act))
        return JobSpec(
            id: "t-\(UInt64.random(in: 0 ... .max))", image: .rootfs(path: "/"), command: ["/bin/true"],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: 60)
    }

    private func script(_ act: JobAct) -> JobScript {
        switch act {
        case .waits, .works: .runs
        case .staysOn: JobScript { $0.obedience = .afterGrace }
        case .exits(let code): .exits(code, after: 0)
        case .dies: JobScript(end: (.signalled(signal: 9), 0))
        case .eatsMemory: JobScript(end: (.outOfMemory, 0)) { $0.oomKills = 1 }
        case .leavesOutput: .exits(after: 0) { $0.output = Array("what it made".utf8) }
        case .cannotStart: .fails()
        }
    }
}

@Suite("The scripted driver")
struct ScriptedDriverTests {
    @Test("it conforms", arguments: DriverConformance.scenarios)
    func conforms(_ scenario: DriverScenario) throws { try scenario.run(try ScriptedBench()) }

    @Test("a restart of the machine ends its jobs and their meters, and the boot clock begins anew")
    func restart() throws {
        let bench = try ScriptedBench()
        let job = try bench.driver.start(bench.spec(.waits))
        let before = try bench.driver.sample(job)
        bench.scripted.restart()
        #expect(bench.scripted.clock.boot < before.bootNanoseconds)
        guard case .ended(let exit) = try bench.driver.recover(job) else { return #expect(Bool(false), "it runs") }
        #expect(exit.reason == .hostFailure(description: "the machine was restarted while the job ran"))
        #expect(throws: SandboxError.self) { try bench.driver.sample(job) }
        #expect(exit.bootID == before.bootID)
    }

    @Test("its log is one that a real reader reads, and its head is in the end")
    func log() throws {
        let bench = try ScriptedBench()
        bench.scripted.next(.exits(after: 0) { $0.says = "hello\n" })
        let spec = bench.spec(.waits)
        let job = try bench.driver.start(spec)
        guard case .ended(let exit) = try bench.driver.recover(job) else { return #expect(Bool(false), "it runs") }
        #expect(try JobLogFolder(path: job.log).end()?.head == exit.logDigest && exit.logDigest != .zero)
    }
}
