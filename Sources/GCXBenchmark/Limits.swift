/// The bounds of the benchmark, each with its reason. Named after the module, for it is used beside GCXModel's.
package enum BenchmarkLimits {
    /// Least share of a sample's wall time that every thread must have had its processor. A neighbour's time slice of 3 ms
    /// shows in samples of up to 150 ms; the tick and its softirqs take under 1 %.
    package static let processorShareMin = 0.98
    /// Other processes' CPU beyond which a figure is called contended (reference run: spread 32 % over it, 0.8 % under).
    package static let otherCoresMax = 0.05
    /// Share of wall time stolen by the hypervisor that is called so.
    package static let stealShareMax = 0.01
    /// Pressure (some task stalled) as a share of wall time that is called so.
    package static let pressureShareMax = 0.02
    /// Share by which the clock may sag from before to after before it is called throttling.
    package static let clockSagMax = 0.03
    /// Two ticks of a 100 Hz `/proc/stat`, in seconds: a difference of two readings is not known better than that.
    package static let statResolutionSeconds = 0.02
    /// Undisturbed samples that differ too much are taken up to this many times the number wanted before the figure is called
    /// unsteady. Disturbed ones are repeated while there is time.
    package static let repeatsMax = 3
    /// Samples that one axis may keep, so that a document stays readable and bounded.
    package static let samplesMax = 1_000
    /// Bytes of a report that is decoded: 64 axes of 1,000 samples of about 60 bytes.
    package static let reportBytesMax = 4_194_304
    /// Most time a run may be given, seconds: two minutes is the default of a full run, ten is patience.
    package static let secondsMax = 600.0
    /// Beyond the time asked for: starting, allocating and touching memory, and one sample under way on a slow disk.
    package static let graceSeconds = 30.0
    /// Least room a run may use on a disk: seven sequential samples of 1 MiB and what the other axes need.
    package static let storageBytesMin: UInt64 = 16_777_216
    /// Bytes of one transfer between two machines: 50 ms of 160 Gbit/s.
    package static let peerTransferBytesMax: UInt64 = 1 << 30
    /// Transfers of one session in each direction: the samples of an axis, their repeats, and those that find the size.
    package static let peerTransfersMax = 256
    /// Seconds without a byte after which either end gives the other up.
    package static let peerPatienceSeconds: UInt32 = 10
    /// Longest session with one client, seconds; the next one waits that long.
    package static let peerSessionSeconds = 60.0
    /// Bytes of what a peer may say at the end.
    package static let peerWitnessBytesMax = 16_384
    /// Cores in one team.
    package static let threadsMax = 4_096
}
