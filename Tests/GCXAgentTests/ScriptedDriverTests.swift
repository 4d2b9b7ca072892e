import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox
import Support
import Testing

@Suite("The scripted driver")
struct ScriptedDriverTests {
    @Test("it conforms", arguments: DriverConformance.scenarios)
    func conforms(_ scenario: DriverScenario) throws { try scenario.run(try ScriptedBench()) }

    @Test("a restart of the machine ends its jobs and their meters, and the boot clock begins anew")
    func restart() throws {
        let bench = try ScriptedBench()
        let job = try bench.start(.waits)
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
        let job = try bench.start(.waits)
        guard case .ended(let exit) = try bench.driver.recover(job) else { return #expect(Bool(false), "it runs") }
        #expect(
            try JobLogFolder(path: bench.directory(job).log).end()?.head == exit.logDigest && exit.logDigest != .zero)
    }
}
