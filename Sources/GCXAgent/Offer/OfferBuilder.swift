import GCXBenchmark
package import GCXModel
import GCXPricing
import GCXSigning
package import GCXWire

/// What the owner's policy makes of a measurement.
package struct OfferBuilder: Sendable {
    package let policy: OfferPolicy
    package let identity: AgentIdentity
    /// What stands between a job and the machine.
    package let isolation: IsolationLevel

    package init(policy: OfferPolicy, identity: AgentIdentity, isolation: IsolationLevel = .container) {
        self.policy = policy
        self.identity = identity
        self.isolation = isolation
    }

    /// What is for sale: what the machine has, less what the owner keeps.
    ///
    /// - Parameters:
    ///   - storageFreeBytes: room on the disk of the state directory.
    ///   - gpus: devices that a runtime can hand to a job.
    /// - Throws: `AgentError.termsRefused` when nothing is left to sell.
    package func capacity(of inventory: Inventory, storageFreeBytes: UInt64, gpus: Int = 0) throws(AgentError)
        -> Resources
    {
        try capacity(of: inventory, storage: StorageForSale(bytes: storageFreeBytes, isMemory: false), gpus: gpus)
    }

    /// The same where the disk may lie in memory: what is sold of it is then taken off the memory.
    func capacity(of inventory: Inventory, storage: StorageForSale, gpus: Int) throws(AgentError) -> Resources {
        let usable = inventory.usableCores
        let memory = inventory.memoryBytes ?? 0
        let storageBytes = min(policy.storageBytes, storage.bytes)
        let kept = policy.memoryReservedBytes.saturatingSum(storage.isMemory ? storageBytes : 0)
        // bounded here: 32 bits in 64; the smaller from the larger, asked first
        guard usable > UInt64(policy.coresReserved), memory > kept else {
            throw .termsRefused(
                "nothing is left to sell: \(NumberText.count(usable, "core")) less \(policy.coresReserved), \(NumberText.size(memory)) of memory less "
                    + "\(NumberText.size(kept))\(storage.isMemory ? " (the state directory lies in memory)" : "")",
                remedy: "Lower offer.cores_reserved and offer.memory_reserved_bytes.")
        }
        return Resources(
            cores: UInt32(clamping: usable - UInt64(policy.coresReserved)),
            memoryBytes: memory - kept,
            storageBytes: storageBytes,
            gpus: UInt32(clamping: gpus))
    }

    /// The signed word on what was measured.
    package func attestation(_ measurement: Measurement, at now: UInt64) -> AttestationRecord {
        measurement.attestation(of: identity.machine.address, at: now)
    }

    /// The offer, good from now for as long as the policy says, and never longer than the grant.
    package func offer(
        id: Digest, revision: UInt64, capacity: Resources, facts: [Fact], attestation: Digest, at now: UInt64
    ) -> Offer {
        let valid = now.saturatingSum(policy.validSeconds)
        let expires = min(valid, identity.grant.document.expiresAt)
        return Offer(
            offerID: id, revision: revision, owner: identity.owner, machine: identity.machine.address,
            grant: identity.grant.digest(in: identity.domain), issuedAt: now, expiresAt: expires, availableFrom: now,
            availableUntil: valid.saturatingSum(policy.leaseSeconds.upperBound),
            leaseSecondsMin: policy.leaseSeconds.lowerBound, leaseSecondsMax: policy.leaseSeconds.upperBound,
            receiptSeconds: policy.receiptSeconds, graceSeconds: policy.graceSeconds,
            closeWindowSeconds: policy.closeWindowSeconds, creditLimit: policy.creditLimit,
            region: Untrusted(policy.region),
            isolation: isolation, capacity: capacity, rates: policy.rates, facts: facts, attestation: attestation,
            referenceTable: ReferenceTable.v1Digest, allow: policy.allow, deny: policy.deny,
            conduct: policy.conduct)
    }

    /// What the offer states, of what was found of the machine: **an offer states what it sells**.
    ///
    /// - Counts and sizes are those of the capacity: cores, their hardware threads, memory, GPUs.
    /// - A figure of all cores was taken on all that the agent may use (affinity, cpuset, whole processors of the quota), and a
    ///   part of them states its share.
    /// - A figure of one core, a clock or a latency is the same in every part. What a part cannot have at all is left out: a
    ///   handover between two cores where one is sold, a disk's or a GPU's figure where none of it is sold, and what only the
    ///   whole machine has.
    ///
    /// The attestation has the whole machine's.
    package func offered(_ facts: [Fact], of inventory: Inventory, capacity: Resources) -> [Fact] {
        let whole = UInt64(max(inventory.usableCores, 1))  // bounded: of 64 bits already
        let part = min(UInt64(capacity.cores), whole)  // bounded: 32 bits in 64
        return facts.compactMap { fact in
            guard Self.isSold(fact.name, in: capacity) else { return nil }
            var fact = fact
            if let amount = Self.amount(of: fact, in: capacity, inventory) {
                fact.value = amount
            } else {
                let rule = BenchmarkRegistry.all.first { $0.name == fact.name }?.splitting ?? .minimum
                guard let share = rule.share(of: fact.value, part: part, whole: whole) else { return nil }
                fact.value = share
            }
            return fact
        }
    }

    /// Whether the part has what the fact is about.
    private static func isSold(_ fact: Untrusted, in capacity: Resources) -> Bool {
        switch fact {
        case "cpu.handover.pair": capacity.cores > 1
        case "gpu.count": true
        case _ where fact.shown.hasPrefix("gpu."): capacity.gpus > 0
        case _ where fact.shown.hasPrefix("storage."): capacity.storageBytes > 0
        default: true
        }
    }

    /// Counts and sizes, which are what is sold; nil for figures.
    private static func amount(of fact: Fact, in capacity: Resources, _ inventory: Inventory) -> UInt64? {
        switch fact.name {
        // bounded here: 32 bits in 64
        case "cpu.cores": UInt64(capacity.cores)
        case "cpu.pus": UInt64(capacity.cores).saturatingProduct(hardwareThreads(of: inventory))
        case "gpu.count": UInt64(capacity.gpus)
        case "memory.bytes": capacity.memoryBytes
        // What held its marks, or what is sold where that is less.
        case "memory.touched.all": min(fact.value, capacity.memoryBytes)
        default: nil
        }
    }

    /// Those of one core that the agent may use; of unequal cores the fewest, which every one of them has.
    private static func hardwareThreads(of inventory: Inventory) -> UInt64 {
        guard let allowed = inventory.allowedPUs else { return 1 }
        let counts = inventory.allowedCores.map { $0.pus.intersection(allowed).count }
        return UInt64(max(counts.min() ?? 1, 1))  // bounded: of 64 bits already
    }
}
