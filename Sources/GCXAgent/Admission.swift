import GCXMarket
package import GCXModel
import GCXSandbox
import GCXSigning
package import GCXWire

/// Whether the machine can sign the terms of a lease: a pure function over the offer, the demand, the terms and what is taken.
package struct Admission: Sendable {
    package let offer: Offer
    package let offerDigest: Digest
    /// What the terms name as the demand, as the ledger has it.
    package let demand: Demand
    package let machine: Address
    /// Unix seconds.
    package let now: UInt64

    /// - Parameter holders: terms of the leases that hold capacity already.
    package func check(_ terms: LeaseTerms, beside holders: [LeaseTerms]) throws(AgentError) {
        guard terms.offer == offerDigest else {
            throw refused(
                "they name offer \(terms.offer.short), and this machine's is \(offerDigest.short)",
                "Read the current offer with `gcx offer list` and make new terms.")
        }
        guard offer.machine == machine else {
            throw refused("machine or payee is not the offer's", "Make the terms from the offer.")
        }
        try checkTime(terms)
        try checkCapacity(terms.resources, beside: holders)
        // Whatever the ledger would refuse is refused before it holds anything.
        guard let breach = Agreement(terms: terms, offer: offer, demand: demand).breaches.first else { return }
        throw refused(breach.description, breach.remedy)
    }

    /// Capacity is reserved for somebody who could pay for all that he has reserved, and only for a few proposals of one payer at
    /// once.
    ///
    /// - Parameter proposals: terms of the leases that are signed and not open on the ledger yet.
    package func checkProposals(
        _ terms: LeaseTerms, balance: Amount, beside proposals: [LeaseTerms]
    ) throws(AgentError) {
        let own = proposals.filter { $0.payer == terms.payer }
        guard own.count < AgentLimits.proposalsPerPayerMax else {
            throw refused(
                "of this payer \(NumberText.count(own.count, "lease", one: "is", many: "are")) signed and not opened",
                "Open them, or wait \(AgentLimits.proposalSeconds) s until they lapse.")
        }
        let needed = own.reduce(Optional(terms.deposit)) { sum, other in sum.flatMap { $0.adding(other.deposit) } }
        guard let needed, balance >= needed else {
            throw refused(
                "the deposit is \(terms.deposit)\(own.isEmpty ? "" : ", with those of the leases not opened yet")"
                    + ", and \(terms.payer.checksummed) has \(balance) on the ledger",
                "Put money into the account, or ask for less.")
        }
    }

    private func checkTime(_ terms: LeaseTerms) throws(AgentError) {
        guard now < offer.expiresAt else {
            throw refused(
                "the offer expired at \(RFC3339.moment(offer.expiresAt))", "Wait for the next revision of the offer.")
        }
        guard terms.endsAt > terms.startsAt, terms.endsAt > now else {
            throw refused("the lease is over before it begins", "Give it a time in the future.")
        }
    }

    private func checkCapacity(_ wanted: Resources, beside holders: [LeaseTerms]) throws(AgentError) {
        guard holders.count < AgentLimits.leasesMax else {
            throw refused(
                "the agent has \(NumberText.count(AgentLimits.leasesMax, "lease")) already",
                "Try again when one has ended.")
        }
        guard wanted.cores > 0, wanted.memoryBytes > 0 else {
            throw refused("they ask for no cores or no memory", "Ask for at least one core and some memory.")
        }
        for (name, asked, least) in [
            ("memory", wanted.memoryBytes, SandboxLimits.memoryBytesMin),
            ("storage", wanted.storageBytes, SandboxLimits.writableBytesMin),
        ] where asked < least {
            throw refused(
                "they ask for \(NumberText.count(asked, "byte")) of \(name), and no job starts with less than \(NumberText.size(least))",
                "Ask for at least \(least >> 20) MiB of \(name).")
        }
        let free = offer.capacity.less(holders.map(\.resources))
        guard let shortage = wanted.shortages(in: free).first else { return }
        throw refused(
            "they ask for \(ResourcePart.text(shortage.wanted, of: shortage.part.rawValue)), and "
                + "\(NumberText.count(shortage.free)) of \(NumberText.count(shortage.part.amount(of: offer.capacity))) are free",
            "Ask for less, or wait until a lease ends.")
    }

    /// What the lease has for itself.
    ///
    /// - Parameter placements: those of the leases that hold capacity already; of one without a placement nobody knows
    ///   where it runs, so beside it nobody gets cores for himself.
    package func place(
        _ terms: LeaseTerms, on machine: MachineMap, beside placements: [LeasePlacement?]
    ) throws(AgentError) -> LeasePlacement {
        let known = placements.compactMap(\.self)
        guard let devices = machine.devices(terms.resources.gpus, beside: known) else {
            throw refused(
                "they ask for \(NumberText.count(terms.resources.gpus, "GPU")), and fewer are free",
                "Ask for less, or wait until a lease ends.")
        }
        let taken = known.compactMap(\.cores)
        guard let cores = machine.cores, taken.count == placements.count else {
            return LeasePlacement(cores: nil, devices: devices)
        }
        guard let placement = cores.place(terms.resources.cores, beside: taken) else {
            throw refused(
                "they ask for \(NumberText.count(terms.resources.cores, "core")), and fewer are free of other leases",
                "Ask for less, or wait until a lease ends.")
        }
        return LeasePlacement(cores: placement, devices: devices)
    }

    private func refused(_ why: String, _ remedy: String) -> AgentError {
        .termsRefused(Untrusted(why), remedy: Untrusted(remedy))
    }
}
