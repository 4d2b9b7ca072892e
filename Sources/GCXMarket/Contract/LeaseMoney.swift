package import GCXModel
package import GCXPricing

/// What the money of a lease has to be so that neither side can lose more than the contract says: a part of ``Agreement``, by
/// which agent, ledger and buyer judge terms.
///
/// - A voucher for honest use is always payable: the hourly cap is at least what an hour in full use costs, and the burst what
///   may have been used before the first voucher, which is a receipt's time and the credit.
/// - The deposit covers some receipts, or the whole lease where that costs less: capacity is not held for nothing.
/// - The credit is no more than the offer gives.
package struct LeaseMoney: Equatable, Sendable {
    package let terms: LeaseTerms
    /// What the time between two receipts costs in full use.
    package let period: Amount
    /// What an hour costs in full use.
    package let hourly: Amount
    /// What all of it costs in full use, or ``MarketLimits/depositReceiptsMin`` receipts of it where that is less.
    package let depositMin: Amount

    /// - Throws: `PricingError` when the rates are too large to multiply.
    package init(_ terms: LeaseTerms) throws(PricingError) {
        self.terms = terms
        func ceiling(_ seconds: UInt64) throws(PricingError) -> Amount {
            try Pricing.ceiling(terms.resources, rates: terms.rates, seconds: seconds)
        }
        period = try ceiling(terms.receiptSeconds)
        hourly = try Pricing.hourlyCeiling(terms.resources, rates: terms.rates)
        // bounded: the form of terms begins before it ends; what does not is no time
        let whole = terms.endsAt > terms.startsAt ? terms.endsAt - terms.startsAt : 0
        let some = terms.receiptSeconds.saturatingProduct(MarketLimits.depositReceiptsMin)
        depositMin = max(try ceiling(min(whole, some)), 1)
    }

    package var burstMin: Amount { period.adding(terms.creditLimit) ?? Amount(.max) }

    /// What is wrong with the terms; none when all is well.
    package func faults(creditMax: Amount) -> [TermsFault] {
        var faults: [TermsFault] = []
        if terms.hourlyCap < hourly { faults.append(.hourlyCap(terms.hourlyCap, least: hourly)) }
        if terms.creditLimit > creditMax { faults.append(.credit(terms.creditLimit, most: creditMax)) }
        if terms.burst < burstMin { faults.append(.burst(terms.burst, least: burstMin)) }
        if terms.deposit < depositMin { faults.append(.deposit(terms.deposit, least: depositMin)) }
        return faults
    }

    /// The credit that a lease is given unless the parties say otherwise: a few receipts of it, and no more than the offer
    /// gives. A buyer who never vouches has used that much, and a little, when the job stands still.
    package static func credit(
        _ resources: Resources, rates: Rates, receiptSeconds: UInt64, most: Amount
    ) throws(PricingError) -> Amount {
        let seconds = receiptSeconds.saturatingProduct(MarketLimits.creditReceipts)
        return min(most, try Pricing.ceiling(resources, rates: rates, seconds: seconds))
    }
}

/// One thing that is wrong with the money of a lease.
package enum TermsFault: Equatable, Sendable, CustomStringConvertible {
    case hourlyCap(Amount, least: Amount)
    case burst(Amount, least: Amount)
    case credit(Amount, most: Amount)
    case deposit(Amount, least: Amount)

    /// The member of the terms.
    package var field: String {
        switch self {
        case .hourlyCap: "hourlyCap"
        case .burst: "burst"
        case .credit: "creditLimit"
        case .deposit: "deposit"
        }
    }

    package var value: Amount {
        switch self {
        case .hourlyCap(let value, _), .burst(let value, _), .credit(let value, _), .deposit(let value, _): value
        }
    }

    /// What the value has to be.
    package var bound: String {
        switch self {
        case .hourlyCap(_, let least), .burst(_, let least), .deposit(_, let least): "\(least) or more"
        case .credit(_, let most): "\(most) or less"
        }
    }

    package var description: String {
        switch self {
        case .hourlyCap(let cap, let least):
            "the hourly cap of \(NumberText.amount(cap)) is below the \(NumberText.amount(least)) that full use costs"
        case .burst(let burst, let least):
            "the burst of \(NumberText.amount(burst)) is below the \(NumberText.amount(least)) "
                + "that may be used before the first voucher"
        case .credit(let credit, let most):
            "the credit of \(NumberText.amount(credit)) is above the \(NumberText.amount(most)) of the offer"
        case .deposit(let deposit, let least):
            "the deposit of \(NumberText.amount(deposit)) is below the \(NumberText.amount(least)) of a few receipts"
        }
    }

    package var remedy: String {
        switch self {
        case .hourlyCap(_, let least): "Raise the cap to at least \(NumberText.amount(least))."
        case .burst(_, let least): "Raise the burst to at least \(NumberText.amount(least))."
        case .credit(_, let most): "Lower the credit to at most \(NumberText.amount(most))."
        case .deposit(_, let least): "Put at least \(NumberText.amount(least)) into escrow."
        }
    }
}
