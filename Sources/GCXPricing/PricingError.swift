import GCXModel

/// Why a price could not be computed. Nothing was charged.
package enum PricingError: RemediedError, Equatable {
    /// The product of a usage and a rate is beyond 128 bits of base units.
    case overflow(usage: String, rate: Amount)

    package var description: String {
        switch self {
        case .overflow(let usage, let rate): "the price of \(usage) at \(rate) base units does not fit in 128 bits"
        }
    }

    package var remedy: Remedy { .fix("Lower the rates of the offer; no real token has amounts this large.") }
}
