package import GCXLedger
package import GCXModel
import GCXSigning

/// A ledger of the world's operator in memory alone: the rules and the journal that follows from them, without a file.
///
/// ```swift
/// var book = StateBook(world)
/// let market = try book.openMarket()
/// #expect(book.refusal(of: .finalize(.zero)) == .leaseUnknown(.zero))
/// ```
package struct StateBook: Sendable {
    package let world: TestWorld
    package private(set) var state: LedgerState
    package private(set) var journal: [PostedEntry] = []

    package init(_ world: TestWorld) {
        self.world = world
        state = LedgerState(world.charter)
    }

    /// Writes an entry at the world's clock.
    @discardableResult
    package mutating func post(_ entry: Entry) throws(LedgerError) -> PostedEntry {
        let posting = state.posting(of: entry, at: world.clock.now)
        let change = try state.check(entry, in: posting)
        let posted = try next(entry)
        state.commit(change, of: posted)
        journal.append(posted)
        return posted
    }

    /// Why an entry would not be written now; nil when it would.
    package func refusal(of entry: Entry) -> LedgerError? {
        do throws(LedgerError) {
            _ = try state.check(entry, in: state.posting(of: entry, at: world.clock.now))
            return nil
        } catch {
            return error
        }
    }

    /// The entry as the next row of the journal, whether the rules take it or not.
    package func next(_ entry: Entry) throws(LedgerError) -> PostedEntry {
        let posting = state.posting(of: entry, at: world.clock.now)
        return try PostedEntry(index: posting.index, postedAt: posting.time, previous: state.chain, entry: entry)
    }

    /// The journal as its rows are stored, and one more.
    package func rows(and more: PostedEntry? = nil) throws(LedgerError) -> [JournalRow] {
        var rows: [JournalRow] = []
        for posted in journal + [more].compactMap(\.self) {
            rows.append(
                JournalRow(
                    posted, key: posted.entry.key(in: world.domain), json: try PostedEntry.canonicalJSON(posted.entry)))
        }
        return rows
    }

    /// What ``LedgerBench/openMarket(offer:demand:)`` posts, and `money` in the buyer's account.
    package mutating func openMarket(
        money: Amount = 50_000, grant editGrant: (inout MachineGrant) -> Void = { _ in },
        offer editOffer: (inout Offer) -> Void = { _ in },
        demand editDemand: (inout Demand) -> Void = { _ in }
    ) throws(LedgerError) -> LedgerBench.Market {
        let grant = world.grant(editGrant)
        let offer = world.offer(grant: grant.digest(in: world.domain), editOffer)
        let demand = world.demand(editDemand)
        for entry: Entry in [
            .grant(grant), .offer(offer), .demand(demand), .faucet(world.faucet(world.buyer.address, money)),
        ] { try post(entry) }
        return LedgerBench.Market(
            grant: grant.digest(in: world.domain), offer: offer.digest(in: world.domain),
            demand: demand.digest(in: world.domain))
    }

    /// Opens a lease of the market's offer on its demand.
    package mutating func openLease(
        _ market: LedgerBench.Market, _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) throws(LedgerError) -> LeaseID {
        let lease = world.countersign(world.terms(offer: market.offer, demand: market.demand, edit))
        try post(.leaseOpened(lease))
        return lease.lease(in: world.domain)
    }
}
