import GCXModel
import GCXPricing

/// What a relay sells: a place, which is a core that costs nothing, and what passes, at a rate for each GiB.
enum TollOffer {
    static func rates(_ price: Amount) -> Rates {
        Rates(
            leaseHour: .zero, coreHour: .zero, memoryGiBHour: .zero, gpuHour: .zero, storageGiBHour: .zero,
            egressGiB: price)
    }

    /// No sign of life is ever sent, so no list shows the offer: it is for machines that know the relay, and runs no job.
    private static let conduct = OfferConduct(endpoints: [], signSeconds: 1, idleSeconds: 0, reservationPercent: 0)

    static let place = Resources(cores: 1, memoryBytes: 0, storageBytes: 0, gpus: 0)

    /// What so many bytes cost.
    static func price(ofBytes count: UInt64, at rates: Rates) -> Amount {
        var usage = Usage.zero
        usage.egressBytes = count
        return (try? Pricing.amountOwed(usage, rates: rates)) ?? Amount(.max)
    }

    static func price(ofGiB count: UInt64, at rates: Rates) -> Amount {
        price(ofBytes: count.saturatingProduct(1 << 30), at: rates)
    }

    /// - Parameters:
    ///   - id: the series, kept over all revisions.
    ///   - digest: the grant's.
    static func offer(
        _ id: Digest, revision: UInt64, by grant: MachineGrant, _ digest: Digest, _ settings: TollHouse.Settings,
        at now: UInt64
    ) -> Offer {
        let rates = rates(settings.price)
        return Offer(
            offerID: id, revision: revision, owner: grant.owner, machine: grant.machine, grant: digest, issuedAt: now,
            expiresAt: min(now.saturatingSum(TollLimits.offerSeconds), grant.expiresAt), availableFrom: now,
            availableUntil: now.saturatingSum(TollLimits.offerSeconds).saturatingSum(
                TollLimits.leaseSeconds.upperBound),
            leaseSecondsMin: TollLimits.leaseSeconds.lowerBound, leaseSecondsMax: TollLimits.leaseSeconds.upperBound,
            receiptSeconds: TollLimits.receiptSeconds, graceSeconds: TollLimits.closeWindowSeconds,
            closeWindowSeconds: TollLimits.closeWindowSeconds,
            creditLimit: price(ofBytes: settings.creditBytes, at: rates), region: "", isolation: .container,
            capacity: Resources(cores: UInt32(clamping: settings.places), memoryBytes: 0, storageBytes: 0, gpus: 0),
            rates: rates,
            facts: [], attestation: .zero, referenceTable: .zero, allow: [], deny: [], conduct: conduct)
    }

    /// What a machine wants of it.
    static func demand(of machine: Address, deposit: Amount, at now: UInt64) -> Demand {
        let soon = now.saturatingSum(TollLimits.leaseSeconds.lowerBound)
        return Demand(
            demandID: .random(), revision: 1, buyer: machine, issuedAt: now, expiresAt: soon, startsFrom: now,
            startsUntil: soon, durationSeconds: TollLimits.leaseSeconds.upperBound, resources: place, constraints: [],
            hourlyMax: .zero, budget: deposit, regions: [], isolationMin: .container, allow: [], deny: [])
    }

    /// The terms of both. The machine pays and signs the vouchers itself, so no cap guards one of its keys against the other.
    static func terms(_ offer: Offer, _ digest: Digest, _ demand: Demand, _ demandDigest: Digest, at now: UInt64)
        -> LeaseTerms
    {
        LeaseTerms(
            offer: digest, demand: demandDigest, payer: demand.buyer, payee: offer.owner, machine: offer.machine,
            session: demand.buyer, resources: place, rates: offer.rates, startsAt: now,
            endsAt: now.saturatingSum(demand.durationSeconds), deposit: demand.budget,
            burst: Amount(UInt128(UInt64.max)), hourlyCap: Amount(UInt128(UInt64.max)),
            closeWindowSeconds: offer.closeWindowSeconds, receiptSeconds: offer.receiptSeconds,
            creditLimit: offer.creditLimit, graceSeconds: offer.graceSeconds, salt: .random())
    }
}
