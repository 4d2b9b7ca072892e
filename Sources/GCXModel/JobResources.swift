/// What a job may use.
package struct JobResources: Codable, Equatable, Sendable {
    package var cores: UInt32
    package var memoryBytes: UInt64
    package var pids: UInt64
    /// The writable layer with `/tmp` and `/output`, all together.
    package var writableBytes: UInt64
    /// The only processing units the job may run on; nil leaves it all that the agent has.
    package var pus: PUSet?
    /// Bytes a second that it may read from each disk, and as many that it may write; nil sets no limit.
    package var ioBytesPerSecond: UInt64?
    /// Reads a second of each disk, and as many writes; nil sets no limit.
    package var ioOperationsPerSecond: UInt64?

    package init(cores: UInt32, memoryBytes: UInt64, pids: UInt64 = 512, writableBytes: UInt64) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.pids = pids
        self.writableBytes = writableBytes
    }
}
