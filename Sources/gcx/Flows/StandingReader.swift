import GCXLedger
import GCXMarket
import GCXModel
import GCXSigning

/// Gathers from a ledger what the reputation of an account is computed from.
///
/// One call for most accounts: only where an account paid others on are those asked whom they paid, and so on, up to
/// `MarketLimits.accountsFollowedMax` of them in each direction. The rest is named, and judged as if it had come back.
struct StandingReader {
    let ledger: any Ledger

    func facts(of account: Address) async throws -> StandingFacts {
        var facts = StandingFacts(account: account, time: try await ledger.identity().ledgerTime)
        facts.trades = try await trades(of: account, at: facts.time)
        for grant in try await ledger.grants(of: account) {
            let machine = grant.document.machine
            // bounded: a dictionary
            facts.machines[machine] = min(facts.machines[machine] ?? .max, grant.index)
        }
        if facts.trades.contains(where: { $0.payee == account && $0.starsByPayer != nil }) {
            try await follow(from: \.payer, to: \.payee, in: &facts)
        }
        if facts.trades.contains(where: { $0.payer == account && $0.starsByPayee != nil }) {
            try await follow(from: \.payee, to: \.payer, in: &facts)
        }
        return facts
    }

    /// Adds the trades of all whom the account's money reached, or from whom it came.
    private func follow(
        from near: KeyPath<Trade, Address>, to far: KeyPath<Trade, Address>, in facts: inout StandingFacts
    ) async throws {
        var reached = Self.ends(of: facts.trades, of: facts.account, from: near, to: far)
        var seen: Set<Address> = [facts.account]
        var read = 0
        while let account = reached.popLast() {
            guard seen.insert(account).inserted else { continue }
            guard read < MarketLimits.accountsFollowedMax else {
                facts.unread.insert(account)
                continue
            }
            read += 1  // bounded: accounts that were read one by one
            let trades = try await trades(of: account, at: facts.time).filter {
                $0[keyPath: near] == account && $0.settled > .zero
            }
            // What was seen from one end is not seen again from the other.
            let known = Set(facts.beyond.map(\.index))
            // bounded here: joins lists
            facts.beyond += trades.filter { !known.contains($0.index) }
            reached = Self.ends(of: trades, of: account, from: near, to: far) + reached
        }
    }

    /// The other ends of an account's payments, in order and once, so that the same accounts are read everywhere.
    private static func ends(
        of trades: [Trade], of account: Address, from near: KeyPath<Trade, Address>, to far: KeyPath<Trade, Address>
    ) -> [Address] {
        let ends = trades.filter { $0[keyPath: near] == account && $0.settled > .zero }.map { $0[keyPath: far] }
        return Set(ends).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    private func trades(of account: Address, at time: UInt64) async throws -> [Trade] {
        try await ledger.leases(of: account).map { Trade($0, at: time) }
    }
}

extension Trade {
    fileprivate init(_ lease: LeaseRecord, at time: UInt64) {
        let terms = lease.terms
        let from = max(lease.openedAt, terms.startsAt)
        func stars(by rater: Address) -> UInt8? {
            lease.ratings.first { $0.document.rater == rater }?.document.stars
        }
        self.init(
            payer: terms.payer, payee: terms.payee, machine: terms.machine, session: terms.session,
            settled: lease.settled, index: lease.index, from: from,
            until: min(lease.escrow.closedAt ?? time, terms.endsAt), isClosed: lease.escrow.isClosed,
            starsByPayer: stars(by: terms.payer), starsByPayee: stars(by: terms.payee))
    }
}

extension Escrow {
    fileprivate var closedAt: UInt64? {
        if case .closed(_, _, let closedAt) = self { closedAt } else { nil }
    }
}
