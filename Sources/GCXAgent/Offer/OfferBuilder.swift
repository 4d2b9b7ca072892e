import GCXBenchmark
import GCXModel
import GCXPricing
import GCXWire

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
    /// - Throws: ``AgentError/termsRefused(_:remedy:)`` when nothing is left to sell.
    package func capacity(of inventory: Inventory, storageFreeBytes: UInt64, gpus: Int = 0) throws(AgentError)
        -> Resources
    {
        let usable = usableCores(inventory)
        let memory = inventory.memoryBytes ?? 0
        // bounded here: 32 bits in 64; the smaller from the larger, asked first
        guard usable > UInt64(policy.coresReserved), memory > policy.memoryReservedBytes else {
            throw .termsRefused(
                "nothing is left to sell: \(usable) cores less \(policy.coresReserved), \(memory) bytes of memory less "
                    + "\(policy.memoryReservedBytes)",
                remedy: "Lower offer.cores_reserved and offer.memory_reserved_bytes.")
        }
        return Resources(
            cores: UInt32(clamping: usable - UInt64(policy.coresReserved)),
            memoryBytes: memory - policy.memoryReservedBytes,
            storageBytes: min(policy.storageBytes, storageFreeBytes),
            gpus: UInt32(clamping: gpus))
    }

    /// Cores that the agent may use: what affinity and cpuset leave, no more than the quota feeds.
    private func usableCores(_ inventory: Inventory) -> UInt64 {
        // bounded: a count is not below 0
        let cores = UInt64(inventory.allowedCores.isEmpty ? inventory.puCount ?? 0 : inventory.allowedCores.count)
        return min(cores, (inventory.cpuMillicoresMax ?? .max) / 1_000)
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

    /// What the part for sale states of the whole machine's facts: half a machine states half of what can be halved.
    ///
    /// The attestation has the whole machine's. A figure that only the whole has is left out of an offer of a part.
    package func offered(_ facts: [Fact], of inventory: Inventory, capacity: Resources) -> [Fact] {
        let whole = UInt64(max(usableCores(inventory), 1))  // bounded: of 64 bits already
        let part = min(UInt64(capacity.cores), whole)  // bounded: 32 bits in 64
        return facts.compactMap { fact in
            var fact = fact
            switch fact.name {
            case "memory.bytes": fact.value = capacity.memoryBytes
            default:
                guard let share = Self.rule(of: fact.name).share(of: fact.value, part: part, whole: whole) else {
                    return nil
                }
                fact.value = share
            }
            return fact
        }
    }

    private static func rule(of fact: Untrusted) -> SplittingRule {
        switch fact {
        case "cpu.cores", "cpu.pus": .proportional
        default: BenchmarkRegistry.all.first { $0.name == fact }?.splitting ?? .minimum
        }
    }
}
