import GCXLedger
import GCXLinux
import GCXModel
import Glibc
import Testing

extension WholeLeases {
    /// The agent measures, is stopped meanwhile, and looks again at what it sells.
    @Suite("An agent that measures")
    struct MeasuringTests {
        private static func probe(of parent: pid_t) -> pid_t? {
            let names = (try? Files.names(in: "/proc")) ?? []
            return names.compactMap { pid_t($0) }.first { process in
                let stat = (try? Files.text("/proc/\(process)/stat")) ?? ""
                let words = stat.split(separator: " ")
                let command = (try? Files.text("/proc/\(process)/cmdline")) ?? ""
                return words.count > 3 && words[1] == "(gcx-probe)" && pid_t(words[3]) == parent
                    && command.contains("--axes")
            }
        }

        @Test(
            "ends at once when it is told to stop, with status 0 and without its probe, and says so",
            arguments: [SIGTERM, SIGINT])
        func stopped(signal: Int32) throws {
            let site = try Site(["benchmark.enabled": "true", "benchmark.seconds": "60"])
            try site.start(.ledger)
            try site.grant()
            try site.start(.agent)
            let agent = try #require(site.processes[.agent])
            var probe: pid_t?
            try site.wait("the probe", seconds: 30) {
                probe = Self.probe(of: agent)
                return probe != nil
            }
            // Into the midst of it.
            pause(for: .milliseconds(700))
            let asked = BootClock.now()
            #expect(site.end(.agent, by: signal) == .exited(0))
            // The ledger is told nothing, for nothing was offered: what is left is the probe's end and the services'.
            #expect(BootClock.now() - asked < 1_500_000_000)
            #expect(kill(try #require(probe), 0) != 0, "the probe outlived the agent")
            let log = try Files.text(site.path("agent.log"))
            #expect(log.contains("measurement ended, for the agent stops") && log.contains("agent stopped"), "\(log)")
            #expect(!log.contains("offer not published"), "\(log)")
        }

        @Test(
            "offers fewer cores from the moment that it may use fewer, and says why",
            .enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1, "needs two processors"))
        func fewer() throws {
            let site = try Site()
            try site.open()
            func offers() throws -> [OfferRecord] { try site.json([OfferRecord].self, "offer", "list") }
            let first = try #require(try offers().first)
            #expect(first.document.capacity.cores > 1)
            let agent = try #require(site.processes[.agent])
            _ = try ChildProcess("taskset", ["-a", "-c", "-p", "0", "\(agent)"]).run()
            try site.wait("the smaller offer", seconds: 20) { try offers().map(\.document.capacity.cores) == [1] }
            let facts = try offers().first?.document.facts ?? []
            #expect(facts.first { $0.name == "cpu.cores" }?.value == 1)
            let log = try Files.text(site.path("agent.log"))
            #expect(log.contains("offer taken down") && log.contains("cores are offered and 1 is left"), "\(log)")
        }
    }
}
