/// What was measured on a machine, when and by which kernels. Signed by the machine.
package struct AttestationRecord: Codable, Equatable, Hashable, Sendable {
    /// The machine's key.
    package var machine: Address
    /// SHA-256 of the inventory document.
    package var inventory: Digest
    /// Unix seconds.
    package var measuredAt: UInt64
    /// Version of the benchmark kernels.
    package var kernelVersion: Untrusted
    /// The figures.
    package var facts: [Fact]
    /// Sources that disagreed, each as one line.
    package var contradictions: [Untrusted]
    /// Digest of the Compute Hour reference table; zero when none was used.
    package var referenceTable: Digest
    /// SHA-256 of the raw samples document.
    package var samples: Digest

    package init(
        machine: Address, inventory: Digest, measuredAt: UInt64, kernelVersion: Untrusted, facts: [Fact],
        contradictions: [Untrusted], referenceTable: Digest, samples: Digest
    ) {
        self.machine = machine
        self.inventory = inventory
        self.measuredAt = measuredAt
        self.kernelVersion = kernelVersion
        self.facts = facts
        self.contradictions = contradictions
        self.referenceTable = referenceTable
        self.samples = samples
    }
}
