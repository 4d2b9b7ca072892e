package import GCXModel

// dictionaries: kin

/// One lease as reputation sees it: who paid whom, how much, for how long, and what they said.
package struct Trade: Equatable, Sendable {
    package var payer: Address
    package var payee: Address
    package var machine: Address
    /// The key that signed the payments.
    package var session: Address
    /// What was paid so far, base units.
    package var settled: Amount
    /// Where the lease was opened in the journal.
    package var index: UInt64
    /// The ledger's seconds in which the lease could be used: open, and between the times it was for.
    package var from: UInt64
    package var until: UInt64
    /// Whether the money has come to rest.
    package var isClosed: Bool
    /// 1 to 5, or nil where that side said nothing.
    package var starsByPayer: UInt8?
    package var starsByPayee: UInt8?

    package init(
        payer: Address, payee: Address, machine: Address, session: Address, settled: Amount, index: UInt64,
        from: UInt64, until: UInt64, isClosed: Bool = true, starsByPayer: UInt8? = nil, starsByPayee: UInt8? = nil
    ) {
        self.payer = payer
        self.payee = payee
        self.machine = machine
        self.session = session
        self.settled = settled
        self.index = index
        self.from = from
        self.until = max(from, until)
        self.isClosed = isClosed
        self.starsByPayer = starsByPayer
        self.starsByPayee = starsByPayee
    }

    /// The side that is not `account`.
    func other(than account: Address) -> Address { payer == account ? payee : payer }

    /// What the other side said about `account`.
    func stars(about account: Address) -> UInt8? { payer == account ? starsByPayee : starsByPayer }

    /// The same with the money and the words the other way round, so that one rule serves both directions.
    var reversed: Trade {
        Trade(
            payer: payee, payee: payer, machine: machine, session: session, settled: settled, index: index, from: from,
            until: until, isClosed: isClosed, starsByPayer: starsByPayee, starsByPayee: starsByPayer)
    }
}

/// Everything that the reputation of one account is computed from: public facts of one ledger at one time of its own.
package struct StandingFacts: Equatable, Sendable {
    /// Whose reputation it is.
    package var account: Address
    /// The ledger's Unix seconds.
    package var time: UInt64
    /// Every lease in which the account is payer, payee or machine.
    package var trades: [Trade]
    /// The machines for which the account signed a grant, with the place of the first in the journal.
    package var machines: [Address: UInt64]
    /// Leases between others, as far as the account's payments were followed, or were traced back.
    package var beyond: [Trade]
    /// Accounts that money of the account may have reached, or come from, and that were not read.
    package var unread: Set<Address>

    package init(
        account: Address, time: UInt64, trades: [Trade] = [], machines: [Address: UInt64] = [:], beyond: [Trade] = [],
        unread: Set<Address> = []
    ) {
        self.account = account
        self.time = time
        self.trades = trades
        self.machines = machines
        self.beyond = beyond
        self.unread = unread
    }
}

extension StandingFacts {
    /// The account's own keys, with the place of the first document that says so: its machines, the keys that signed its
    /// payments, and the owners whom it served as a machine.
    ///
    /// Only what the account signed itself is here: what others say about it never counts.
    var kin: [Address: UInt64] {
        var kin = machines
        func add(_ key: Address, _ index: UInt64) { kin[key] = min(kin[key] ?? index, index) }
        for trade in trades {
            if trade.payee == account { add(trade.machine, 0) }
            if trade.machine == account { add(trade.payee, 0) }
            if trade.payer == account { add(trade.session, trade.index) }
        }
        kin[account] = nil
        return kin
    }

    /// Whether both sides of a trade are visibly one.
    ///
    /// What the account says after the trade does not count, or it would wipe out a bad word by calling the speaker its
    /// machine.
    func isWithItself(_ trade: Trade, kin: [Address: UInt64]) -> Bool {
        let paid = [trade.payee, trade.machine]
        if paid.contains(trade.payer) || paid.contains(trade.session) { return true }
        let others = trade.payee == account ? [trade.payer, trade.session] : paid
        return others.contains { key in kin[key].map { $0 < trade.index } ?? false }
    }
}
