import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import Testing

extension WholeLeases {
    /// What an operator types, with the built programs.
    @Suite("An operator's ledger")
    struct PrivateLedgerTests {
        private func expectRefused(
            _ arguments: [String], at site: Site, says words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try site.outcome(arguments)
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(outcome.status == .exited(78), "\(said)", sourceLocation: sourceLocation)
            for word in words { #expect(said.contains(word), "\(said)", sourceLocation: sourceLocation) }
        }

        private func expect(
            _ arguments: [String], at site: Site, says words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try site.outcome(arguments)
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)", sourceLocation: sourceLocation)
            for word in words {
                #expect(outcome.text.contains(word), "\(outcome.text)", sourceLocation: sourceLocation)
            }
        }

        @Test(
            "that is no test network: credit is issued, pays for a lease and is redeemed, and each view says whose promise it is"
        )
        func credit() throws {
            let site = try Site(["ledger.test_network": "false"])
            let buyer = site.addresses["buyer", default: ""]
            let promise = "the promise of the operator \(site.addresses["operator", default: ""])"
            try site.start(.ledger)
            try expectRefused(
                ["ledger", "faucet"] + site.signing("operator") + [buyer, "5base-units"], at: site,
                says: "not a test network", "gcx ledger credit issue")
            let issue = ["ledger", "credit", "issue", buyer, "0.02CREDIT", "--reference", "transfer 1"]
            try expectRefused(issue + site.signing("buyer"), at: site, says: "creditIssued", "signed by")
            try expect(issue + site.signing("operator"), at: site, says: "0.02 CREDIT")
            try expect(
                ["ledger", "account", buyer], at: site,
                says: promise, "0.02 CREDIT issued", "0.02 CREDIT outstanding")
            try expect(["ledger", "identity"], at: site, says: "no test network", promise)

            try site.grant()
            try site.start(.agent)
            try site.wait("an offer", seconds: 30) { try site.gcx("offer", "list").contains("0x") }
            _ = try site.lease()
            let account = try site.account("buyer")
            #expect(account.escrowed > .zero && account.balance > .zero)

            let ask = [
                "ledger", "credit", "ask", "\(account.balance)base-units", "--reference", "iban", "--out",
                site.path("ask"),
            ]
            try expect(ask + site.signing("buyer"), at: site, says: "asked for")
            let redeem = ["ledger", "credit", "redeem", site.path("ask")]
            try expectRefused(redeem + site.signing("buyer"), at: site, says: "creditRedeemed", "signed by")
            #expect(try site.account("buyer").balance == account.balance)
            for _ in 0..<2 { try expect(redeem + site.signing("operator"), at: site, says: "redeemed") }
            #expect(try site.account("buyer").balance == .zero)
            try expectRefused(
                ["ledger", "credit", "ask", "1base-units", "--reference", "x", "--out", site.path("no/ask")]
                    + site.signing("buyer"), at: site, says: "no/ask")
            site.stop(.agent)
            site.stop(.ledger)
            try expect(
                ["ledger", "verify", "--database", site.path("ledger.sqlite")], at: site,
                says: promise, "0.02 CREDIT issued", "redeemed", "ledger verify: ok")
        }

        @Test("has an address, for which a grant is signed where nobody can ask it, and no other ledger's")
        func address() throws {
            let site = try Site()
            try site.start(.ledger)
            let domain = try site.domain()
            let address = try #require(try site.gcx("ledger", "identity").split(separator: "\n").first.map(String.init))
            #expect(address == domain.verifyingContract.checksummed)
            #expect(address != site.addresses["operator"])
            site.stop(.ledger)
            let grant =
                ["key", "grant", "--machine", site.addresses["machine", default: ""], "--out", site.path("grant.json")]
                + site.signing("owner")
            #expect(try site.outcome(grant).status != .exited(0), "it cannot be asked")
            try expect(grant + ["--ledger-address", address], at: site, says: "granted until")
            let bytes = try Files.bytes(site.path("grant.json"))
            let signed = try StrictJSON.decode(Signed<MachineGrant>.self, from: bytes)
            #expect(try signed.signer(in: domain) == signed.document.owner)
            for name in try Files.names(in: site.directory) where name.hasPrefix("ledger.sqlite") {
                try Files.remove(site.path(name))
            }
            try site.start(.ledger)
            #expect(try site.domain() != domain, "another ledger of the same operator")
        }

        @Test("that is a test network takes no credit, and names the faucet")
        func testNetwork() throws {
            let site = try Site()
            try site.start(.ledger)
            try expectRefused(
                ["ledger", "credit", "issue", site.addresses["buyer", default: ""], "5base-units", "--reference", "x"]
                    + site.signing("operator"), at: site, says: "is a test network", "gcx ledger faucet")
        }

        @Test("whose entries are 400 days ahead is brought back by its operator, and by nobody else")
        func clock() throws {
            let site = try Site()
            let now = WallClock.now() / 1_000_000_000
            let key = try KeystoreFile.unlock(site.path("operator.json"), password: "a word for a test")
            var ledger = try ForgedLedger(
                at: site.path("ledger.sqlite"), operator: key, format: .current, time: now + 400 * 86_400)
            let grant = FaucetGrant(account: .random(), amount: 1, nonce: .random())
            try ledger.append(.faucet(Signed(grant, by: key, in: ledger.domain)))
            try ledger.close()
            try site.start(.ledger)
            func time() throws -> UInt64 { try site.json(LedgerIdentity.self, "ledger", "identity").ledgerTime }
            #expect(try time() == now + 400 * 86_400)
            #expect(try Files.text(site.path("ledger.log")).contains("gcx ledger clock"))
            let order = ["ledger", "clock", "--reason", "it was ahead"]
            try expectRefused(order + site.signing("buyer"), at: site, says: "clock", "signed by")
            try expect(order + site.signing("operator"), at: site, says: "from entry 1 on")
            #expect(try time() >= now && time() < now + 600)
            try site.grant()
            try site.fund("20000000")
            #expect(try !site.demand().isEmpty)
            site.stop(.ledger)
            try expect(
                ["ledger", "verify", "--database", site.path("ledger.sqlite")], at: site, says: "ledger verify: ok")
        }
    }
}
