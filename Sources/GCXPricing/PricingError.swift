package import GCXModel

/// Why a price could not be computed. Nothing was charged.
package enum PricingError: RemediedError, Equatable {
    /// The product of a usage and a rate is beyond 128 bits of base units.
    case overflow(usage: String, rate: Amount)
    /// Unix seconds and seconds.
    case endsTooLate(startsAt: UInt64, seconds: UInt64)

    package var description: String {
        switch self {
        case .overflow(let usage, let rate):
            "the price of \(usage) at \(NumberText.count(rate, "base unit")) does not fit in 128 bits"
        case .endsTooLate(let start, let seconds):
            "a lease of \(seconds) s from \(RFC3339.moment(start)) has an end beyond 64 bits"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .overflow: .fix("Lower the rates of the offer; no real token has amounts this large.")
        case .endsTooLate: .fix("Choose another offer, or demand less time.")
        }
    }
}
