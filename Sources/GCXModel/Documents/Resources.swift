/// What is sold or asked for, in whole parts.
package struct Resources: Codable, Equatable, Hashable, Sendable {
    /// Processor cores (PUs where SMT is sold as such).
    package var cores: UInt32
    /// Main memory, bytes.
    package var memoryBytes: UInt64
    /// Writable storage, bytes.
    package var storageBytes: UInt64
    /// Whole graphics processors.
    package var gpus: UInt32

    package init(cores: UInt32, memoryBytes: UInt64, storageBytes: UInt64, gpus: UInt32) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.storageBytes = storageBytes
        self.gpus = gpus
    }
}
