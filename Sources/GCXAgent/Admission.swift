import GCXMarket
import GCXModel
import GCXSandbox
import GCXSigning

/// Whether the machine can sign the terms of a lease: a pure function over the offer, the terms and what is taken.
package struct Admission: Sendable {
    package let offer: Offer
    package let offerDigest: Digest
    package let machine: Address
    /// Unix seconds.
    package let now: UInt64

    /// - Parameter holders: terms of the leases that hold capacity already.
    package func check(_ terms: LeaseTerms, beside holders: [LeaseTerms]) throws(AgentError) {
        try checkParties(terms)
        try checkConditions(terms)
        try checkTime(terms)
        try checkCapacity(terms.resources, beside: holders)
        try checkMoney(terms)
    }

    private func checkParties(_ terms: LeaseTerms) throws(AgentError) {
        guard terms.offer == offerDigest else {
            throw refused(
                "they name offer \(terms.offer.short), and this machine's is \(offerDigest.short)",
                "Read the current offer with `gcx offer list` and make new terms.")
        }
        guard terms.machine == machine, terms.payee == offer.owner else {
            throw refused("machine or payee is not the offer's", "Make the terms from the offer.")
        }
        let isAllowed = offer.allow.isEmpty || offer.allow.contains(terms.payer)
        guard isAllowed, !offer.deny.contains(terms.payer) else {
            throw refused("the offer's lists leave out the buyer \(terms.payer.checksummed)", "Choose another offer.")
        }
    }

    private func checkConditions(_ terms: LeaseTerms) throws(AgentError) {
        for (name, asked, offered) in [
            ("rates", terms.rates == offer.rates, "the offer's rates"),
            ("receipt interval", terms.receiptSeconds == offer.receiptSeconds, "\(offer.receiptSeconds) s"),
            ("grace", terms.graceSeconds == offer.graceSeconds, "\(offer.graceSeconds) s"),
            ("close window", terms.closeWindowSeconds == offer.closeWindowSeconds, "\(offer.closeWindowSeconds) s"),
        ] where !asked {
            throw refused("their \(name) is not \(offered)", "Make the terms from the offer.")
        }
    }

    private func checkMoney(_ terms: LeaseTerms) throws(AgentError) {
        let money: LeaseMoney
        do { money = try LeaseMoney(terms) } catch {
            throw refused(error.description, "Use an offer with lower rates.")
        }
        guard let fault = money.faults(creditMax: offer.creditLimit).first else { return }
        throw refused(fault.description, fault.remedy)
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
                "\(own.count) leases of this payer are signed and not opened",
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
            throw refused("the offer expired at \(offer.expiresAt)", "Wait for the next revision of the offer.")
        }
        guard terms.endsAt > terms.startsAt, terms.endsAt > now else {
            throw refused("the lease is over before it begins", "Give it a time in the future.")
        }
        let seconds = terms.endsAt - terms.startsAt  // bounded: it ends after it starts, asked first
        guard seconds >= offer.leaseSecondsMin, seconds <= offer.leaseSecondsMax else {
            throw refused(
                "a lease of \(seconds) s is outside \(offer.leaseSecondsMin) to \(offer.leaseSecondsMax) s",
                "Choose a length in that range.")
        }
        guard terms.startsAt >= offer.availableFrom, terms.endsAt <= offer.availableUntil else {
            throw refused("the lease leaves the offer's window", "Choose a time inside the window.")
        }
    }

    private static func sum(_ held: [Resources], _ part: (Resources) -> UInt64) -> UInt64 {
        held.reduce(0) { $0.saturatingSum(part($1)) }
    }

    private func checkCapacity(_ wanted: Resources, beside holders: [LeaseTerms]) throws(AgentError) {
        guard holders.count < AgentLimits.leasesMax else {
            throw refused("the agent has \(AgentLimits.leasesMax) leases already", "Try again when one has ended.")
        }
        guard wanted.cores > 0, wanted.memoryBytes > 0 else {
            throw refused("they ask for no cores or no memory", "Ask for at least one core and some memory.")
        }
        for (name, asked, least) in [
            ("memory", wanted.memoryBytes, SandboxLimits.memoryBytesMin),
            ("storage", wanted.storageBytes, SandboxLimits.writableBytesMin),
        ] where asked < least {
            throw refused(
                "they ask for \(asked) bytes of \(name), and no job starts with less than \(least)",
                "Ask for at least \(least >> 20) MiB of \(name).")
        }
        let taken = holders.map(\.resources)
        // bounded here: 32 bits in 64; less is held than there is, asked in the same line
        for (name, asked, all, held) in [
            ("cores", UInt64(wanted.cores), UInt64(offer.capacity.cores), Self.sum(taken) { UInt64($0.cores) }),
            (
                "bytes of memory", wanted.memoryBytes, offer.capacity.memoryBytes,
                Self.sum(taken, \.memoryBytes)
            ),
            (
                "bytes of storage", wanted.storageBytes, offer.capacity.storageBytes,
                Self.sum(taken, \.storageBytes)
            ),
            ("GPUs", UInt64(wanted.gpus), UInt64(offer.capacity.gpus), Self.sum(taken) { UInt64($0.gpus) }),
        ] where asked > (all > held ? all - held : 0) {
            throw refused(
                "they ask for \(asked) \(name), and \(all > held ? all - held : 0) of \(all) are free",
                "Ask for less, or wait until a lease ends.")
        }
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
                "they ask for \(terms.resources.gpus) GPUs, and fewer are free",
                "Ask for less, or wait until a lease ends.")
        }
        let taken = known.compactMap(\.cores)
        guard let cores = machine.cores, taken.count == placements.count else {
            return LeasePlacement(cores: nil, devices: devices)
        }
        guard let placement = cores.place(terms.resources.cores, beside: taken) else {
            throw refused(
                "they ask for \(terms.resources.cores) cores, and fewer are free of other leases",
                "Ask for less, or wait until a lease ends.")
        }
        return LeasePlacement(cores: placement, devices: devices)
    }

    private func refused(_ why: String, _ remedy: String) -> AgentError {
        .termsRefused(Untrusted(why), remedy: Untrusted(remedy))
    }
}
