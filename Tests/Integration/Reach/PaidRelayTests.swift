import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

extension WaitingLeases {
    /// A relay of somebody else, who asks to be paid for what passes.
    @Suite("A relay that asks for money", .timeLimit(.minutes(3)))
    struct PaidRelayTests {
        @Test("one that is stopped has been paid for what passed, however little and however short ago")
        func paid() throws {
            let stage = try Stage(most: Stage.price)
            let site = stage.site
            try site.wait("the lease of the relay", seconds: 30) { try stage.relayLease() != nil }
            let before = try site.account("operator").balance
            let opened = try site.outcomeAfar(
                ["lease", "open"] + site.signing("buyer") + ["--demand", try site.demand()])
            let lease = String(try #require(opened.text.split(separator: "\n").first, "\(opened.errorLine)"))
            let program = "dd if=/dev/zero of=/output/zeros bs=1048576 count=4; echo word > /output/word"
            let job = try site.outcomeAfar(site.running(program, on: lease), agent: stage.agent)
            #expect(job.status == .exited(0), "\(job.errorLine)")
            try site.expectPaid(lease, agent: stage.agent)
            #expect(stage.relay.stop() == .exited(0))
            let paid = try #require(try stage.relayLease())
            // A base unit is about a byte, and the output alone is four MiB.
            #expect(paid.settled > Amount(3_000_000), "\(paid.settled): \(stage.relay.log)")
            #expect(paid.settled == (try stage.vouched(paid.id)))
            #expect(try site.account("operator").balance == before.adding(paid.settled))
            #expect(!stage.relay.log.contains("not paid"), "\(stage.relay.log)")
        }

        @Test("one that asks more than the machine's owner pays carries nothing, and the agent says why")
        func tooDear() throws {
            let stage = try Stage(most: Stage.price - 1)
            let site = stage.site
            try site.wait("the reason", seconds: 30) {
                let log = try Files.text(site.path("agent.log"))
                return log.contains(
                    "the relay asks 1,000,000,000 base units for each GiB, and this machine pays no more than 999,999,999"
                )
            }
            #expect(try stage.relayLease() == nil)
            let asked = try site.outcomeAfar(["agent", "status"], agent: stage.agent)
            #expect(asked.status != .exited(0), "\(asked.text)")
        }
    }
}

/// A provider that only a relay with a price makes reachable. The operator owns the relay; the machine's own account pays.
private struct Stage {
    /// What the relay asks for a GiB.
    static let price: UInt64 = 1_000_000_000

    let relay: RelayHost
    let site: Site

    /// - Parameter most: what the machine's owner pays for a GiB.
    init(most: UInt64) throws {
        let host = "127.0.0.5"
        relay = try RelayHost(at: "\(host):\(try FarPlaces.freePort(of: host))")
        site = try Site(
            ["agent.relays": "[\"\(relay.named)\"]", "agent.relay_max_price_gib_base_units": "\(most)"],
            far: FarPlaces(agent: nil, ledger: try FarPlaces.onLoopback().ledger))
        try site.start(.ledger)
        let (key, grant) = (site.signing("operator"), site.path("relay-grant.json"))
        try expect(["ledger", "faucet"] + key + [site.addresses["machine", default: ""], "100000000base-units"])
        try expect(["key", "grant"] + key + ["--machine", relay.key, "--days", "1", "--out", grant])
        try relay.charge(Self.price, on: site.farLedger ?? "", grant)
        try relay.start()
        try site.grant()
        try site.fund("100000000")
        try site.start(.agent)
        let site = site
        try site.wait("an offer", seconds: 30) { try site.gcx("offer", "list").contains("0x") }
    }

    private func expect(_ command: [String]) throws {
        let outcome = try site.outcome(command)
        #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
    }

    /// The agent by the relay.
    var agent: String { "relay://\(relay.place)#\(site.addresses["machine", default: ""])" }

    /// What the machine has with the relay on the ledger.
    func relayLease() throws -> LeaseRecord? {
        try site.json([LeaseRecord].self, "lease", "list", site.addresses["machine", default: ""]).first {
            $0.terms.payer == $0.terms.session && $0.terms.machine.checksummed == relay.key
        }
    }

    /// What the machine has promised the relay, by its own file.
    func vouched(_ lease: LeaseID) throws -> Amount {
        let file = try Files.text(site.path("agent/relays/\(lease).json"))
        return try JSONDecoder().decode(Promise.self, from: Data(file.utf8)).voucher.document.cumulative
    }

    private struct Promise: Decodable { let voucher: Signed<Voucher> }
}
