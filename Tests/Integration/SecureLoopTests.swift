import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Testing

extension WholeLeases {
    /// Buyer, agent and ledger that know of each other nothing but `https://HOST:PORT` and a key.
    @Suite("A whole lease over TLS")
    struct SecureLoopTests {
        @Test("the lease, its job, its log, its output and its money are what they are on one machine")
        func loop() throws {
            let site = try Site(far: try .onLoopback())
            try site.open()
            let lease = try lease(of: site)
            try run(lease, at: site)
            try site.expectPaid(lease)
        }

        private func lease(of site: Site) throws -> String {
            let demand = try site.demand()
            let opened = try site.outcomeAfar(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            #expect(opened.status == .exited(0), "\(opened.errorLine)")
            return String(try #require(opened.text.split(separator: "\n").first))
        }

        private func run(_ lease: String, at site: Site) throws {
            let program = "for n in 1 2 3 4 5 6; do echo line $n; sleep 0.5; done; echo word > /output/word"
            let buyer = try site.spawn(site.running(program, on: lease), log: "buyer.out", afar: true)
            // The agent's key is renewed in the middle of it.
            try site.wait("the job", seconds: 30) { try Files.text(site.path("buyer.out")).contains("line 1") }
            #expect(kill(try #require(site.processes[.agent]), SIGHUP) == 0)
            #expect(site.finish(buyer) == .exited(0))
            let said = try Files.text(site.path("buyer.out"))
            #expect((1...6).allSatisfy { said.contains("line \($0)\n") }, "\(said)")
            let log = try Files.text(site.path("agent.log"))
            #expect(log.contains("configuration read again"))
        }

        @Test("whoever is named by another key is not spoken to, and the machine's owner is nobody from afar")
        func others() throws {
            let site = try Site(far: try .onLoopback())
            try site.open()
            let (agent, ledger) = (try #require(site.farAgent), try #require(site.farLedger))
            let buyer = site.addresses["buyer", default: ""]
            func other(_ place: String) -> String { "\(place.prefix { $0 != "#" })#\(buyer)" }
            for outcome in [
                try site.outcomeAfar(["ledger", "head"], ledger: other(ledger)),
                try site.outcomeAfar(["agent", "status"], agent: other(agent)),
            ] {
                #expect(outcome.status == .exited(78), "\(outcome.text)")
                #expect(outcome.complaint.contains("not for \(buyer)"), "\(outcome.complaint)")
                #expect(outcome.complaint.contains("do not send anything"), "\(outcome.complaint)")
            }
            let unnamed = try site.outcomeAfar(["ledger", "head"], ledger: String(ledger.prefix { $0 != "#" }))
            #expect(unnamed.complaint.contains("#"), "\(unnamed.complaint)")
            let list = try site.outcomeAfar(["job", "list"])
            #expect(list.status != .exited(0) && list.complaint.contains("owner"), "\(list.complaint)")
            #expect(try site.outcomeAfar(["job", "list"] + site.signing("buyer")).status == .exited(0))
        }
    }
}

extension ChildProcess.Outcome {
    /// All of standard error.
    fileprivate var complaint: String { String(decoding: error, as: UTF8.self) }
}
