import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

/// An operator who writes what the rules refuse, and signs a good head over it.
@Suite("a journal that is read again")
struct ReplayTests {
    /// What a journal begins with: a market with money in it, room for one lease at a time, and a lease that is over.
    private struct Market {
        let world: TestWorld
        let grant: Signed<MachineGrant>
        let offer: Signed<Offer>
        let second: Signed<Offer>
        let demand: Signed<Demand>
        let entries: [Entry]

        init(_ format: LedgerCharter.Format) throws {
            let world = try TestWorld(format: format)
            let grant = world.grant()
            self.world = world
            self.grant = grant
            func sold() -> Signed<Offer> {
                world.offer(grant: grant.digest(in: world.domain)) { $0.capacity = TestWorld.wanted }
            }
            (offer, second, demand) = (sold(), sold(), world.demand())
            entries = [
                .grant(grant), .offer(offer), .offer(second), .demand(demand),
                .faucet(world.faucet(world.buyer.address, 50_000)),
            ]
        }

        func lease(
            _ offer: Signed<Offer>, _ demand: Signed<Demand>, _ edit: (inout LeaseTerms) -> Void = { _ in }
        ) -> Entry {
            .leaseOpened(
                world.countersign(
                    world.terms(
                        offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain), edit)))
        }

        func report(_ more: [Entry]) throws -> VerifyReport {
            let folder = try Folder()
            var journal = try WrittenJournal(folder, world)
            for entry in entries + more { try journal.append(entry) }
            let report = try LedgerVerifier.verify(folder.ledger, expectedOperator: world.operator.address)
            let isOpened = (try? openLedger(folder, world)) != nil
            #expect(isOpened == report.isSound)
            return report
        }
    }

    /// What is refused since a journal of format 2 could hold it, and a word of the refusal.
    private static let breaches: [(name: String, word: String, entries: @Sendable (Market) -> [Entry])] = [
        (
            "a second lease on a demand that is served", "is served by lease",
            {
                [
                    $0.lease($0.offer, $0.demand),
                    $0.lease($0.second, $0.demand) {
                        $0.startsAt += 600; $0.endsAt += 600
                    },
                ]
            }
        ),
        (
            "more of a machine than it has, through two offers", "cores free",
            { market in
                let other = market.world.demand()
                return [
                    market.lease(market.offer, market.demand), .demand(other), market.lease(market.second, other),
                ]
            }
        ),
        (
            "a lease of a machine with itself", "does not lease itself",
            { market in
                let world = market.world
                let demand = world.demand(by: world.machine) { $0.buyer = world.machine.address }
                let terms = world.terms(
                    offer: market.offer.digest(in: world.domain), demand: demand.digest(in: world.domain)
                ) { $0.payer = world.machine.address }
                return [
                    .demand(demand), .faucet(world.faucet(world.machine.address, 50_000)),
                    .leaseOpened(world.countersign(terms, payer: world.machine)),
                ]
            }
        ),
        (
            "a text that a terminal obeys", "label",
            { [.grant($0.world.grant { $0.label = "\u{1B}]0;rack\u{7}" })] }
        ),
        (
            "more text than a label holds", "label",
            { [.grant($0.world.grant { $0.label = Untrusted(String(repeating: "x", count: 500)) })] }
        ),
        (
            "an entry larger than any honest one", "body",
            { [.grant($0.world.grant { $0.label = Untrusted(String(repeating: "x", count: 4_000)) })] }
        ),
    ]

    @Test("keeps to every rule when it is of format 3, and to those of its day when it is older")
    func rules() throws {
        for (name, word, entries) in Self.breaches {
            let today = try Market(.ofLedger)
            let broken = entries(today)
            let report = try today.report(broken)
            let last = UInt64(today.entries.count + broken.count - 1)
            #expect(
                report.problems.contains { $0.index == last && $0.detail.contains(word) },
                "\(name): \(report.problems)")
            let old = try Market(.ofOperator)
            #expect(try old.report(entries(old)).problems == [], "\(name)")
            #expect(try today.report([]).problems == [])
        }
    }
}
