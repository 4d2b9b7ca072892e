import GCXModel

@testable import GCXAgent

/// What each side can lose at most, whatever the other does.
enum Bounds {
    /// From what happens to the agent's next look at it, seconds: it looks at its jobs and at the ledger every second, at the one
    /// and then at the other.
    static let lookSeconds: UInt64 = 2
    /// The longest that a job of the simulation takes to end when it is told to.
    static let stopSeconds: UInt64 = 12

    /// What a provider works for and is not paid, on one lease.
    ///
    /// - The credit of the lease, and what full use costs from one look to the next.
    /// - What it costs to stand still for the grace, and until the next look.
    /// - What full use costs while the job is being ended, and until the next look.
    /// - What full use costs for as long as the provider is blind: its agent does not work, or does not reach the ledger.
    /// - If it was blind for a whole close window: what was not claimed before, which is thirty receipts at most, or a tenth of
    ///   the deposit where that is less.
    static func loss(on deal: Deal, missedWindow: Bool) -> UInt128 {
        let (terms, price) = (deal.terms, deal.contract.price)
        let credit = terms.creditLimit.value + price.of(lookSeconds)
        let grace = deal.contract.standing.of(terms.graceSeconds + lookSeconds)
        let end = price.of(deal.stopSeconds + lookSeconds)
        return credit + grace + end + price.of(deal.blind) + (missedWindow ? deal.risk : 0)
    }

    /// What a buyer vouches for who looks at its receipts, by `seconds` after its lease began: full use for that long, and what
    /// its clock and the provider's may differ by. Core time may be older than the lease, for its image is read before.
    static func bill(_ fraud: Fraud, at now: UInt64) -> UInt128 {
        let terms = fraud.contract.terms
        func since(_ time: UInt64) -> UInt64 { now > time ? now - time : 0 }
        func tolerant(_ seconds: UInt64) -> UInt64 { seconds + seconds / 1_000 + 7 }
        let began = max(fraud.openedAt, terms.startsAt)
        let reading =
            fraud.contract.price.of(since(fraud.openedAt) - since(began))
            - fraud.contract.standing.of(since(fraud.openedAt) - since(began))
        return fraud.contract.price.of(tolerant(since(began))) + reading
    }

    /// What a stolen session key pays away: the burst, and the hourly cap for as long as the lease runs.
    static func theft(_ contract: Contract, seconds: UInt64) -> UInt128 {
        contract.terms.burst.value + contract.terms.hourlyCap.value * UInt128(seconds) / 3_600
    }

    /// What a lease costs that was open for so long and that nobody vouched for: the part of full use that its offer states.
    ///
    /// - Parameter deposit: with what was put in later.
    static func reserved(_ contract: Contract, deposit: Amount, seconds: UInt64) -> UInt128 {
        let percent = UInt128(Market.conduct.reservationPercent)
        return min(contract.price.hourly * percent * UInt128(seconds) / 360_000, deposit.value)
    }

    /// A machine is held for a lease without a job so long at most, seconds, while its agent works.
    static let idleSeconds = Market.conduct.idleSeconds

    /// A machine is held for somebody who does not open the lease so long at most, seconds; for one payer
    /// ``AgentLimits/proposalsPerPayerMax`` times at once, and only against a balance that covers all their deposits.
    static let reservationSeconds = AgentLimits.proposalSeconds
    /// What is opened after it lapsed is held on the ledger so long at most, seconds, while its owner's agent works.
    static let orphanSeconds = AgentLimits.cleanSeconds
    /// What a last voucher is waited for, seconds.
    static let settlingSeconds = AgentLimits.finalVoucherSeconds
}
