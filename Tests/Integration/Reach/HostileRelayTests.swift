import Crypto
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc
import Support
import Testing

@testable import GCXTransport

extension WaitingLeases {
    /// A real agent, which is reached through a relay that wants to read, to answer in its place, or to spoil what passes.
    @Suite("A relay of an enemy", .timeLimit(.minutes(5)))
    struct HostileRelayTests {
        @Test("one that ends the encryption itself is told nothing, whatever certificate and binding it shows")
        func swaps() async throws {
            let stage = try await Stage()
            let machine = try stage.machine
            let now = WallClock.seconds()
            let own = PrivateKey.generate()
            // Its own, in its own name; the machine's own word, stolen from it, with another key; and the machine's key of yesterday.
            let stolen = try ServerCertificate(
                P256.Signing.PrivateKey(), try await Self.identity(machine, at: now).binding)
            let enemies = [
                (try await Self.identity(MemoryCustody(own), at: now), "speaks for \(own.address.checksummed)"),
                (try ServerIdentity(showing: stolen, protocols: ["http/1.1"]), "binding is for the TLS key"),
                (try await Self.identity(machine, at: now - 90_000), "binding ended"),
            ]
            for (identity, words) in enemies {
                stage.front.plan.turn(to: .answers(identity))
                let outcome = try stage.site.outcomeAfar(["agent", "status"], agent: stage.agent)
                let said = String(decoding: outcome.error, as: UTF8.self)
                #expect(outcome.status == .exited(78) && said.contains(words), "\(said)")
                let loot = stage.front.plan.loot
                #expect(loot.handshakes > 0 && loot.heard == 0, "\(loot)")
            }
            stage.front.plan.turn(to: .none)
            #expect(try stage.site.outcomeAfar(["agent", "status"], agent: stage.agent).status == .exited(0))
            try await stage.stop()
        }

        @Test("one that leaves out every tenth record breaks a connection, and neither the job nor its money")
        func drops() async throws {
            let stage = try await Stage()
            let site = stage.site
            let demand = try site.demand()
            let opened = try site.outcomeAfar(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            #expect(opened.status == .exited(0), "\(opened.errorLine)")
            let lease = String(try #require(opened.text.split(separator: "\n").first))
            stage.front.plan.turn(to: .dropsRecords)
            let program = "for n in $(seq 8); do echo line $n; sleep 0.5; done; echo word > /output/word"
            let outcome = try site.outcomeAfar(site.running(program, on: lease), timeout: .seconds(120))
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            #expect(outcome.text.split(separator: "\n") == (1...8).map { "line \($0)" })
            // It came first in the offer, and the image alone takes more records than it lets through.
            #expect(stage.front.plan.loot.dropped > 0)
            stage.front.plan.turn(to: .none)
            try site.expectPaid(lease, agent: stage.agent)
            try await stage.stop()
        }

        private static func identity(_ custody: some KeyCustody, at now: UInt64) async throws -> ServerIdentity {
            try await ServerIdentity(
                for: ServerPlaces(endpoints: []), by: custody, protocols: ["http/1.1"], at: now)
        }
    }
}

/// A provider that is reached through the enemy's relay, which its offer names first, and through an honest one.
private struct Stage {
    let front: HostileRelay
    /// What the enemy stands before, and the honest one.
    let relay, honest: RelayHost
    let site: Site

    init() async throws {
        let host = "127.0.0.4"
        let ports = try (0..<3).map { _ in try #require(Int(FarPlaces.freePort(of: host))) }
        relay = try RelayHost(at: "\(host):\(ports[0])", listen: "\(host):\(ports[1])")
        honest = try RelayHost(at: "\(host):\(ports[2])")
        for relay in [relay, honest] { try relay.start() }
        front = try await HostileRelay(host: host, port: ports[0], before: ports[1])
        let places = FarPlaces(agent: nil, ledger: try FarPlaces.onLoopback().ledger)
        site = try Site(["agent.relays": "[\"\(relay.named)\", \"\(honest.named)\"]"], far: places)
        try site.open()
        let site = site
        try site.wait("the relays", seconds: 30) {
            try Files.text(site.path("agent.log")).split(separator: "\n").count { $0.contains("relay connected") } > 1
        }
    }

    var machine: KeystoreCustody {
        get throws { try KeystoreCustody(path: site.path("machine.json"), password: "a word for a test") }
    }

    /// The agent by the enemy's relay.
    var agent: String { "relay://\(relay.place)#\(site.addresses["machine", default: ""])" }

    func stop() async throws { try await front.stop() }
}
