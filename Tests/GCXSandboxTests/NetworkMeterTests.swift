import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs.Network {
    @Test("what it sent is metered, with its headers, and can be read after the end")
    func metered() throws {
        try onMachine { world, sandbox in
            let count: UInt64 = 1_000_000
            let ended = try sandbox.run(
                "head -c \(count) /dev/zero | nc -w 5 \(NetworkWorld.server) \(NetworkWorld.sinkPort)"
            ) {
                $0.network = Self.egress
            }
            let sent = try #require(ended.exit.egressBytes)
            // The last of it may lie in the receiver's buffer for a moment.
            for _ in 0..<500 where Disk.size(of: world.received) != count { GCXLinux.pause(for: .milliseconds(10)) }
            #expect(Disk.size(of: world.received) == count)
            #expect(sent > count && sent < count + count / 10, "\(sent)")
            #expect(try sandbox.driver.sample(ended.job).egressBytes == sent)
            #expect(try sandbox.driver.sample(ended.job).ingressBytes == ended.exit.ingressBytes)
            #expect((ended.exit.ingressBytes ?? 0) > 0)
        }
    }

    @Test("its counters grow while it runs")
    func sampled() throws {
        try onMachine { _, sandbox in
            let (job, _, pid) = try waiting(sandbox)
            let first = try #require(try sandbox.driver.sample(job).egressBytes)
            try NetworkWorld.inside(NetworkNamespace(of: pid)) { _ = try NetworkWorld.ask(NetworkWorld.server) }
            let second = try #require(try sandbox.driver.sample(job).egressBytes)
            #expect(second > first)
        }
    }

    @Test("it sends and gets no faster than the owner lets it")
    func limited() throws {
        var policy = NetworkWorld.policy
        policy.bytesPerSecond = 500_000
        // Runs until its time is over; what counts is bytes against time, however busy the machine is.
        for script in [
            "nc \(NetworkWorld.server) \(NetworkWorld.sinkPort) < /dev/zero",
            "nc \(NetworkWorld.server) \(NetworkWorld.floodPort) > /dev/null",
        ] {
            try onMachine(policy) { _, sandbox in
                let ended = try sandbox.run(script) {
                    $0.network = Self.egress
                    $0.wallSecondsMax = 2
                }
                #expect(ended.exit.reason == .timeLimit)
                let began = try #require(ended.exit.startedBootNanoseconds)
                let milliseconds = (ended.exit.endedBootNanoseconds - began) / 1_000_000
                let most = policy.bytesPerSecond * (milliseconds + 500) / 1000 + (256 << 10)
                let moved = max(ended.exit.egressBytes ?? 0, ended.exit.ingressBytes ?? 0)
                #expect(moved > 128 << 10 && moved < most, "\(moved) bytes in \(milliseconds) ms by \(script)")
            }
        }
    }

    @Test("a supervisor that is killed leaves no interface and no rule")
    func supervisorKilled() throws {
        try onMachine { _, sandbox in
            let (job, plan, pid) = try waiting(sandbox, publish: [8080])
            try NetworkWorld.inside(NetworkNamespace(of: pid)) { _ = try NetworkWorld.ask(NetworkWorld.server) }
            let record = try #require(try job.read(SupervisorRecord.self, job.supervisor))
            #expect(NetworkTables.hasInterface(plan.interface))
            kill(record.pid, SIGKILL)
            guard case .ended(let exit) = try sandbox.driver.wait(job, timeout: .seconds(30)) else {
                Issue.record("still running")
                return
            }
            #expect((exit.egressBytes ?? 0) > 0)
            #expect(!NetworkTables.hasInterface(plan.interface))
            let rules = try ChildProcess("nft", ["list", "ruleset"]).run()
            #expect(!rules.contains("gcx"))
        }
    }

    @Test("rules of jobs that are no more are swept, and those of a job that runs stay")
    func swept() throws {
        try onMachine { _, sandbox in
            let (_, running, pid) = try waiting(sandbox)
            var gone = running
            gone.interface = NetworkPlan.interface(of: IPv4Address("10.213.9.2")!)
            gone.address = IPv4Address("10.213.9.2")!
            gone.published = [PublishedPort(address: NetworkWorld.uplink, port: 20_003, jobPort: 80)]
            try ChildProcess("nft", [NetworkRules.adding(gone)]).run()
            let added = try ChildProcess("nft", ["list", "ruleset"]).run()
            #expect(added.contains("10.213.9.2"))
            try sandbox.driver.sweepNetwork()
            let rules = try ChildProcess("nft", ["list", "ruleset"]).run()
            #expect(!rules.contains("10.213.9.2") && !rules.contains(gone.interface))
            #expect(rules.contains(running.interface))
            try NetworkWorld.inside(NetworkNamespace(of: pid)) {
                let heard = try NetworkWorld.ask(NetworkWorld.server)
                #expect(heard == "reached outside\n")
            }
        }
    }

    @Test("it is refused where the owner gives none, and where the machine does not forward, before anything starts")
    func refused() throws {
        try onMachine(nil) { _, sandbox in
            let spec = sandbox.spec("true") { $0.network = Self.egress }
            #expect(throws: SandboxError.self) { try sandbox.driver.start(spec) }
            let jobs = try sandbox.driver.jobs()
            #expect(jobs.isEmpty)
        }
        try onMachine { world, sandbox in
            try world.setForwarding(false)
            let spec = sandbox.spec("true") { $0.network = Self.egress }
            let error = #expect(throws: SandboxError.self) { try sandbox.driver.start(spec) }
            guard case .noNetwork(let reason, let fix)? = error else { return }
            #expect(reason.contains("up0") && fix.contains("net.ipv4.conf.up0.forwarding=1"))
            let jobs = try sandbox.driver.jobs()
            #expect(jobs.isEmpty)
        }
    }

    @Test("a program that is not there is still the buyer's mistake")
    func noProgram() throws {
        try onMachine { _, sandbox in
            let ended = try sandbox.run(
                sandbox.spec("") { spec in
                    spec.command = ["/bin/nothing"]
                    spec.network = Self.egress
                })
            #expect(ended.exit.reason == .exited(code: 127))
        }
    }
}
