/// One reading of a job's meter: the kernel's own cumulative counters, untouched.
///
/// Counters grow from the birth of the cgroup and are never reset, so any two samples with the same `bootID` and
/// `cgroupInode` can be subtracted, however long the agent was away in between. What a kernel does not offer is nil,
/// never zero.
///
/// Source: cgroup v2 `cpu.stat`, `memory.current`, `memory.peak`, `memory.events`, `pids.current`, `io.stat`;
/// cgroup v1 `cpuacct.usage`, `memory.usage_in_bytes`, `memory.oom_control` and so on; `/proc/net/dev`.
package struct RawSample: Codable, Equatable, Hashable, Sendable {
    /// The kernel's boot id; boot clocks of different boots are never compared.
    package var bootID: String
    /// CLOCK_BOOTTIME of the reading, in nanoseconds; it runs on while the machine sleeps.
    package var bootNanoseconds: UInt64
    /// Inode of the metered cgroup's directory; a new inode is a new meter that starts again at zero.
    package var cgroupInode: UInt64
    /// CPU time used by every process that ever was in the cgroup or below it, in nanoseconds.
    package var cpuNanoseconds: UInt64
    /// Memory charged to the cgroup now, page cache included.
    package var memoryCurrentBytes: UInt64?
    /// The highest memory charge since the cgroup was made.
    package var memoryPeakBytes: UInt64?
    /// Tasks (processes and threads) alive now.
    package var pids: UInt64?
    /// Bytes read from block devices, cumulative.
    package var ioReadBytes: UInt64?
    /// Bytes written to block devices, cumulative.
    package var ioWriteBytes: UInt64?
    /// Time the job wanted to run but had used up its quota, cumulative nanoseconds.
    package var throttledNanoseconds: UInt64?
    /// Room taken by the job's writable layer and its output, in bytes.
    package var storageBytes: UInt64?
    /// Processes ended by the kernel for want of memory, cumulative.
    package var oomKills: UInt64?
    /// Bytes that the job sent and received by its network interface, cumulative; nil when it has none.
    package var egressBytes: UInt64?
    package var ingressBytes: UInt64?

    package init(
        bootID: String, bootNanoseconds: UInt64, cgroupInode: UInt64, cpuNanoseconds: UInt64,
        memoryCurrentBytes: UInt64? = nil, memoryPeakBytes: UInt64? = nil, pids: UInt64? = nil,
        ioReadBytes: UInt64? = nil, ioWriteBytes: UInt64? = nil, throttledNanoseconds: UInt64? = nil,
        storageBytes: UInt64? = nil, oomKills: UInt64? = nil, egressBytes: UInt64? = nil, ingressBytes: UInt64? = nil
    ) {
        self.bootID = bootID
        self.bootNanoseconds = bootNanoseconds
        self.cgroupInode = cgroupInode
        self.cpuNanoseconds = cpuNanoseconds
        self.memoryCurrentBytes = memoryCurrentBytes
        self.memoryPeakBytes = memoryPeakBytes
        self.pids = pids
        self.ioReadBytes = ioReadBytes
        self.ioWriteBytes = ioWriteBytes
        self.throttledNanoseconds = throttledNanoseconds
        self.storageBytes = storageBytes
        self.oomKills = oomKills
        self.egressBytes = egressBytes
        self.ingressBytes = ingressBytes
    }
}
