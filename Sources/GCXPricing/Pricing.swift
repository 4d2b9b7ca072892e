import GCXModel
package enum PricingError: Error { case overflow }
package enum Pricing {
    package static func accrued(hourly: Amount, seconds: UInt64) throws(PricingError) -> Amount {
        let (p, o) = hourly.value.multipliedReportingOverflow(by: UInt128(seconds))
        if o { throw .overflow }
        return Amount(p / 3600)
    }
}
