package import GCXModel

/// What a request to close a lease does, by who asks.
package enum CloseStep: Equatable, Sendable {
    /// The side that is paid asks: what it has not claimed goes back to the payer.
    case atOnce
    /// The payer asks: the rate cap stands still, and claims are good before this moment, Unix seconds.
    case window(closesAt: UInt64)
}

extension LeaseTerms {
    /// What follows when `requester` asks at a moment of the ledger's clock; nil when it is nobody's to ask.
    package func close(askedBy requester: Address, at time: UInt64) -> CloseStep? {
        switch requester {
        case payee, machine: .atOnce
        case payer: .window(closesAt: time.saturatingSum(closeWindowSeconds))
        default: nil
        }
    }
}
