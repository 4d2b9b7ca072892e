package import GCXModel

/// The money of one lease: `open -> closing -> closed`, or `open -> closed` when the payee asks; never back.
package enum Escrow: Codable, Equatable, Sendable {
    /// Claims and top-ups are good.
    case open(deposit: Amount, settled: Amount)
    /// The payer asked to close: claims are good before `closesAt`, top-ups no more, and the rate cap stands still.
    case closing(deposit: Amount, settled: Amount, requestedAt: UInt64, closesAt: UInt64)
    /// Over for good: `refunded` went back to the payer.
    case closed(settled: Amount, refunded: Amount, closedAt: UInt64)

    /// What the payer put in, in all.
    package var deposit: Amount {
        switch self {
        case .open(let deposit, _), .closing(let deposit, _, _, _): deposit
        // Both came out of one deposit, so their sum fits, unless a ledger elsewhere says so.
        case .closed(let settled, let refunded, _): settled.adding(refunded) ?? Amount(.max)
        }
    }

    /// What the payee got so far.
    package var settled: Amount {
        switch self {
        case .open(_, let settled), .closing(_, let settled, _, _), .closed(let settled, _, _): settled
        }
    }

    /// What is still inside.
    package var held: Amount {
        switch self {
        case .open(let deposit, let settled), .closing(let deposit, let settled, _, _):
            deposit.subtracting(settled) ?? .zero
        case .closed: .zero
        }
    }

    package var isClosed: Bool {
        if case .closed = self { true } else { false }
    }

    /// The same escrow with `settled` paid out so far; a closed one stays as it is.
    func paying(_ settled: Amount) -> Escrow {
        switch self {
        case .open(let deposit, _): .open(deposit: deposit, settled: settled)
        case .closing(let deposit, _, let requestedAt, let closesAt):
            .closing(deposit: deposit, settled: settled, requestedAt: requestedAt, closesAt: closesAt)
        case .closed: self
        }
    }
}
