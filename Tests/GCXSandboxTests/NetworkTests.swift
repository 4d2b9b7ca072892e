import GCXJobLog
import GCXModel
import Glibc
import Testing

@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    /// Jobs with a network, in a world of three namespaces: see ``NetworkWorld``.
    @Suite(
        "A job with a network",
        .enabled(if: Machine.hasNetwork, "needs root, crun, iproute2, nftables and a kernel with veth, NAT and tbf"))
    struct Network {
        static let egress = JobNetwork(mode: .egress)

        /// Runs `body` on the machine of a new world, and looks that it is as before.
        func onMachine(
            _ policy: NetworkPolicy? = NetworkWorld.policy, kind: RuntimeChoice.Kind = .crun,
            _ body: (NetworkWorld, Sandbox) throws -> Void
        ) throws {
            let world = try NetworkWorld()
            try world.machine {
                let before = try Traces.now()
                do { try body(world, try Sandbox(kind, network: policy)) }
                let isClean = try Traces.settle(to: before)
                let now = try Traces.now()
                #expect(isClean, "\(now), and before \(before)")
            }
        }

        /// Starts a job that waits, and answers it with its network and a handle of its namespace.
        func waiting(_ sandbox: Sandbox, publish: [UInt16] = [], _ script: String = "echo up; sleep 60") throws
            -> (JobDirectory, NetworkPlan, pid_t)
        {
            let spec = sandbox.spec(script) { $0.network = JobNetwork(mode: .egress, publish: publish) }
            let job = try sandbox.driver.start(spec)
            try sandbox.waitForOutput(of: job)
            let record = try #require(try job.read(SupervisorRecord.self, job.supervisor))
            return (job, try #require(try job.readPlan().network), try #require(record.initPID))
        }

        @Test("it reaches the world outside, with an address that is not its own", arguments: Machine.runtimes)
        func reachesOutside(_ kind: RuntimeChoice.Kind) throws {
            try onMachine(kind: kind) { _, sandbox in
                let ended = try sandbox.run("nc -w 5 \(NetworkWorld.server) 7000; cat /etc/resolv.conf /etc/hosts") {
                    $0.network = Self.egress
                }
                #expect(
                    ended.text().hasPrefix("reached outside\n"), "\(ended.text()) \(ended.text(.error)) \(ended.exit)")
                #expect(ended.text().contains("names no resolver"))
                #expect(ended.text().contains("10.213.0.2 job"))
            }
        }

        @Test("without one it has nothing but loopback")
        func none() throws {
            try onMachine { _, sandbox in
                let ended = try sandbox.run("ls /sys/class/net; ip route; nc -w 2 \(NetworkWorld.server) 7000")
                #expect(ended.text() == "lo\n")
                #expect(ended.text(.error).contains("unreachable"))
                #expect(ended.exit.egressBytes == nil)
            }
        }

        @Test(
            "a resolver is reached on port 53 although it lies in a network that is out of reach, and nothing else of it"
        )
        func resolver() throws {
            var policy = NetworkWorld.policy
            policy.dnsServers = [IPv4Address(NetworkWorld.resolver)!]
            let script = "cat /etc/resolv.conf; for p in 53 7000; do nc -w 2 \(NetworkWorld.resolver) $p; done"
            try onMachine(policy) { _, sandbox in
                let ended = try sandbox.run(script) { $0.network = Self.egress }
                #expect(ended.text() == "nameserver \(NetworkWorld.resolver)\nreached resolver\n")
            }
            try onMachine { _, sandbox in
                let ended = try sandbox.run(script) { $0.network = Self.egress }
                #expect(!ended.text().contains("reached"))
            }
        }

        @Test("what the owner denies is out of reach, and what the owner allows is not")
        func ownersLists() throws {
            var policy = NetworkWorld.policy
            policy.deny = [IPv4Network("198.51.100.0/24")!]
            policy.allow = [IPv4Network(NetworkWorld.privateFar)!]
            try onMachine(policy) { _, sandbox in
                let script = "nc -w 2 \(NetworkWorld.server) 7000; nc -w 2 \(NetworkWorld.privateFar) 7000; echo over"
                let ended = try sandbox.run(script) { $0.network = Self.egress }
                #expect(ended.text() == "reached outside\nover\n", "\(ended.text(.error))")
            }
        }

        @Test("each of the two filters alone holds what is out of reach")
        func twoWalls() throws {
            try onMachine { world, sandbox in
                let (_, plan, pid) = try waiting(sandbox)
                let namespace = try NetworkNamespace(of: pid)
                let forbidden = [
                    "203.0.113.1", "203.0.113.2", "192.168.77.1", "192.168.77.2", "\(plan.gateway)",
                    NetworkWorld.metadata, NetworkWorld.privateFar, NetworkWorld.resolver,
                ]
                func look(_ filter: String) throws {
                    try NetworkWorld.inside(namespace) {
                        for address in forbidden {
                            let heard = try NetworkWorld.ask(address)
                            #expect(heard.isEmpty, "\(address), held by \(filter) alone")
                        }
                    }
                }
                // As if the job had become root over its own network.
                try NetworkWorld.inside(namespace) { try ChildProcess("nft", ["flush", "ruleset"]).run() }
                try look("the machine's filter")
                try NetworkWorld.inside(namespace) {
                    let heard = try NetworkWorld.ask(NetworkWorld.server)
                    #expect(heard == "reached outside\n")
                    try ChildProcess("nft", [NetworkRules.inside(plan)]).run()
                }
                // As if the owner had emptied the machine's tables.
                try ChildProcess("nft", ["flush", "ruleset"]).run()
                try look("the job's filter")
            }
        }

        @Test("a source that is not its own does not leave its interface")
        func spoofed() throws {
            try onMachine { world, sandbox in
                let (_, plan, pid) = try waiting(sandbox)
                let namespace = try NetworkNamespace(of: pid)
                let other = "10.213.77.77"
                // Whoever is outside would answer it.
                try world.at("outside") {
                    try ChildProcess("ip", ["route", "add", "10.213.0.0/16", "via", "203.0.113.1"]).run()
                }
                try ChildProcess("ip", ["route", "add", "\(other)/32", "dev", plan.interface]).run()
                try NetworkWorld.inside(namespace) {
                    try ChildProcess("nft", ["flush", "ruleset"]).run()
                    try ChildProcess("ip", ["address", "add", "\(other)/32", "dev", "eth0"]).run()
                    for (source, heard) in [("\(plan.address)", "reached outside\n"), (other, "")] {
                        let route = ["route", "replace", "default", "via", "\(plan.gateway)", "src", source]
                        try ChildProcess("ip", route).run()
                        let answer = try NetworkWorld.ask(NetworkWorld.server)
                        #expect(answer == heard, "from \(source)")
                    }
                }
            }
        }

        @Test("two at once have addresses of their own and do not reach each other")
        func twoJobs() throws {
            try onMachine { _, sandbox in
                let (_, first, _) = try waiting(sandbox, publish: [8080], "echo up; nc -ll -p 8080 -e echo reached job")
                let targets = ["\(first.address) 8080", "203.0.113.1 \(first.published[0].port)"]
                let script = targets.map { "nc -w 2 \($0)" }.joined(separator: "; ") + "; ip -4 address show eth0"
                let ended = try sandbox.run(script) { $0.network = Self.egress }
                #expect(!ended.text().contains("reached"), "\(ended.text())")
                let second = try #require(try ended.job.readPlan().network)
                #expect(first.address != second.address && first.interface != second.interface)
                #expect(ended.text().contains("\(second.address)/30"))
            }
        }

        @Test("a published port is reached from outside, and no other")
        func published() throws {
            try onMachine { world, sandbox in
                let (job, plan, _) = try waiting(
                    sandbox, publish: [8080],
                    "nc -ll -p 8081 -e echo other & nc -ll -p 8080 -e echo reached job & echo up; wait")
                #expect(job.published == plan.published)
                #expect(plan.published == [PublishedPort(address: NetworkWorld.uplink, port: 20_000, jobPort: 8080)])
                #expect(try world.ask("outside", "203.0.113.1", 20_000) == "reached job\n")
                #expect(try world.ask("lan", "203.0.113.1", 20_000) == "reached job\n")
                #expect(try world.ask("outside", "203.0.113.1", 20_001).isEmpty)
                // Somebody next door who routes to the job directly.
                #expect(try world.ask("lan", "\(plan.address)", 8080).isEmpty)
                #expect(try world.ask("lan", "\(plan.address)", 8081).isEmpty)
            }
        }
    }
}
