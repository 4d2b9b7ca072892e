/// What a lease has used since it began: every figure is cumulative, so it grows or stays.
///
/// Source: the job's own cgroup and the boot clock; the reducer in `GCXMetering` is the only producer.
package struct Usage: Codable, Equatable, Hashable, Sendable {
    /// Elapsed time on the boot clock, ns.
    package var leaseNanoseconds: UInt64
    /// CPU time, user and system together, ns.
    package var coreNanoseconds: UInt64
    /// Integral of memory in use over time.
    package var memoryByteSeconds: ByteSeconds
    /// GPU time, ns.
    package var gpuNanoseconds: UInt64
    /// Integral of storage in use over time.
    package var storageByteSeconds: ByteSeconds
    /// Bytes sent out.
    package var egressBytes: UInt64

    package init(
        leaseNanoseconds: UInt64, coreNanoseconds: UInt64, memoryByteSeconds: ByteSeconds, gpuNanoseconds: UInt64,
        storageByteSeconds: ByteSeconds, egressBytes: UInt64
    ) {
        self.leaseNanoseconds = leaseNanoseconds
        self.coreNanoseconds = coreNanoseconds
        self.memoryByteSeconds = memoryByteSeconds
        self.gpuNanoseconds = gpuNanoseconds
        self.storageByteSeconds = storageByteSeconds
        self.egressBytes = egressBytes
    }

    /// Nothing used yet.
    package static let zero = Usage(
        leaseNanoseconds: 0, coreNanoseconds: 0, memoryByteSeconds: .zero, gpuNanoseconds: 0,
        storageByteSeconds: .zero, egressBytes: 0)
}
