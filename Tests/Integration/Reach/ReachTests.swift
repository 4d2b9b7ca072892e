import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Testing

extension WholeLeases {
    /// A buyer behind a router and a bad line (200 ms, 5 % of the packets lost, some late), and a provider behind two routers, who
    /// reach each other through relays alone and know nothing but the ledger.
    @Suite(
        "Across machines", .timeLimit(.minutes(15)), .enabled(if: getuid() == 0, "needs root, to make namespaces"))
    struct ReachTests {
        @Test(
            "with relays killed, an address changed and a buyer asleep, job, receipts and money are what they would have been"
        )
        func storm() throws {
            let stage = try Stage()
            let site = stage.site
            let lease = try lease(of: site)
            let program = "for n in $(seq 60); do echo line $n; sleep 1; done; echo word > /output/word"
            let buyer = try site.spawn(site.running(program, on: lease, limit: "300"), log: "buyer.out", afar: true)
            func line(_ number: Int) throws {
                try site.wait("line \(number)", seconds: 120) {
                    try Files.text(site.path("buyer.out")).contains("line \(number)\n")
                }
            }
            try line(2)
            stage.relays[0].kill()
            try line(10)
            try stage.internet.move()
            try stage.relays[0].start()
            try line(20)
            // The lid of the buyer's laptop is closed for a while.
            kill(buyer, SIGSTOP)
            pause(for: .seconds(8))
            kill(buyer, SIGCONT)
            try line(35)
            for relay in stage.relays { relay.kill() }
            pause(for: stage.blackout)
            let connections = stage.connections
            for relay in stage.relays { try relay.start() }
            #expect(site.finish(buyer) == .exited(0))
            try site.wait("both relays", seconds: 90) { stage.connections >= connections + 2 }
            try site.expectPaid(lease, agent: stage.agent)
            let said = try Files.text(site.path("buyer.out"))
            #expect((1...60).allSatisfy { said.contains("line \($0)\n") }, "\(said)")
        }

        private func lease(of site: Site) throws -> String {
            let demand = try site.demand(seconds: "600", budget: "30000000")
            let opened = try site.outcomeAfar(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            #expect(opened.status == .exited(0), "\(opened.errorLine)")
            return String(try #require(opened.text.split(separator: "\n").first))
        }
    }
}

/// A provider that nobody can dial, at two relays, with an offer.
private struct Stage {
    let internet: Internet
    let site: Site
    let relays: [RelayHost]
    /// How long no relay is there.
    let blackout = Duration.seconds(20)

    init() throws {
        let internet = try Internet()
        let relays = try [Internet.Host.relay1, .relay2].map { try RelayHost($0, of: internet) }
        for relay in relays { try relay.start() }
        let names = relays.map { "\"\($0.named)\"" }.joined(separator: ", ")
        (self.internet, self.relays) = (internet, relays)
        site = try Site(
            ["agent.relays": "[\(names)]", "offer.grace_seconds": "120", "offer.credit_limit_base_units": "10000000"],
            far: FarPlaces(agent: nil, ledger: "https://198.51.100.13:443"), on: internet)
        try site.open()
        try site.wait("two relays", seconds: 30) { connections >= 2 }
    }

    /// How often the agent has connected to a relay.
    var connections: Int {
        ((try? Files.text(site.path("agent.log"))) ?? "").split(separator: "\n").filter {
            $0.contains("relay connected")
        }
        .count
    }

    /// The agent by the relay that is there all along, for commands that look for no agent themselves.
    var agent: String { "relay://\(relays[1].place)#\(site.addresses["machine", default: ""])" }
}
