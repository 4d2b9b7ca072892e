import GCXModel

/// What the owner's policy makes of a measurement.
package struct OfferBuilder: Sendable {
    package let policy: OfferPolicy
    package let identity: AgentIdentity

    package init(policy: OfferPolicy, identity: AgentIdentity) {
        self.policy = policy
        self.identity = identity
    }

    /// What is for sale: what the machine has, less what the owner keeps.
    ///
    /// - Parameter storageFreeBytes: room on the disk of the state directory.
    /// - Throws: ``AgentError/termsRefused(_:remedy:)`` when nothing is left to sell.
    package func capacity(of inventory: Inventory, storageFreeBytes: UInt64) throws(AgentError) -> Resources {
        let cores = UInt64(inventory.allowedCores.isEmpty ? inventory.puCount ?? 0 : inventory.allowedCores.count)
        let quota = (inventory.cpuMillicoresMax ?? .max) / 1_000
        let usable = min(cores, quota)
        let memory = inventory.memoryBytes ?? 0
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
            // No runtime here hands a GPU to a job yet, so none is sold; the facts still list them.
            gpus: 0)
    }

    /// The signed word on what was measured.
    package func attestation(_ measurement: Measurement, at now: UInt64) -> AttestationRecord {
        AttestationRecord(
            machine: identity.machine.address, inventory: measurement.inventoryDigest, measuredAt: now,
            kernelVersion: measurement.kernelVersion, facts: measurement.facts,
            contradictions: measurement.contradictions, referenceTable: .zero, samples: measurement.samplesDigest)
    }

    /// The offer, good from now for as long as the policy says, and never longer than the grant.
    package func offer(
        id: Digest, revision: UInt64, capacity: Resources, facts: [Fact], attestation: Digest, at now: UInt64
    ) -> Offer {
        let expires = min(now + policy.validSeconds, identity.grant.document.expiresAt)
        return Offer(
            offerID: id, revision: revision, owner: identity.owner, machine: identity.machine.address,
            grant: identity.grant.digest(in: identity.domain), issuedAt: now, expiresAt: expires, availableFrom: now,
            availableUntil: now + policy.validSeconds + policy.leaseSeconds.upperBound,
            leaseSecondsMin: policy.leaseSeconds.lowerBound, leaseSecondsMax: policy.leaseSeconds.upperBound,
            receiptSeconds: policy.receiptSeconds, graceSeconds: policy.graceSeconds,
            closeWindowSeconds: policy.closeWindowSeconds, creditLimit: policy.creditLimit, region: policy.region,
            isolation: .container, capacity: capacity, rates: policy.rates, facts: facts, attestation: attestation,
            referenceTable: .zero, allow: policy.allow, deny: policy.deny)
    }
}
