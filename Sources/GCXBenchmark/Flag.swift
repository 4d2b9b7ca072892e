/// Something to know about how a figure was taken. Whether it voids the figure is the benchmark's ``ValidityRule``.
package enum Flag: String, Codable, CaseIterable, Comparable, Sendable {
    // What else ran.

    /// Other processes used more than ``BenchmarkLimits/otherCoresMax``. The samples they interrupted were dropped one by one.
    case contended
    /// Processors that the benchmark did not use were busy: they share caches, memory and power with it.
    case neighboured
    /// The hypervisor gave this machine's processors to others.
    case stolen
    /// The cgroup's CPU quota stopped the benchmark.
    case throttled
    /// The clock fell while the benchmark ran: heat or power.
    case clockSag
    /// Some task waited for memory or a disk.
    case pressure
    /// Pages came back from a disk.
    case majorFaults

    // What could not be done as defined.

    /// The caches hold a good part of the working set, because memory is short.
    case smallWorkingSet
    /// Less than nine tenths of the memory came as huge pages.
    case smallPages
    /// The file system refused direct I/O: the page cache took part.
    case buffered
    /// The directory lies in memory, not on a disk.
    case memoryBacked
    /// What the directory lies on is out of sight: it may be memory.
    case groundUnknown
    /// More threads than processors that the CPU quota is worth: what they do until they are stopped, nobody can rely on.
    case beyondQuota
    /// A processor stood in for an accelerator.
    case notAccelerator

    // What came out.

    /// Too few samples were left undisturbed.
    case tooFewSamples
    /// The undisturbed samples differ by more than the bound.
    case spread

    package static func < (left: Flag, right: Flag) -> Bool { left.rawValue < right.rawValue }

    /// What a person is told.
    package var explanation: String {
        switch self {
        case .contended: "other processes used the processors; samples they interrupted were repeated"
        case .neighboured: "processors beside those measured were busy"
        case .stolen: "the hypervisor ran somebody else on these processors"
        case .throttled: "the CPU quota of this cgroup stopped the run"
        case .clockSag: "the clock fell during the run"
        case .pressure: "tasks waited for memory or disk"
        case .majorFaults: "pages were read back from disk during the run"
        case .smallWorkingSet: "memory is too short for a working set beyond the caches"
        case .smallPages: "huge pages were not to be had"
        case .buffered: "the file system refuses direct I/O, so the page cache took part"
        case .memoryBacked: "the directory lies in memory, not on a disk"
        case .groundUnknown: "what the directory lies on cannot be told, and it may be memory"
        case .beyondQuota:
            "the CPU quota is worth fewer processors than the figure has threads (raise it, or use fewer with --threads)"
        case .notAccelerator: "the OpenCL device is a processor: no accelerator"
        case .tooFewSamples: "too few undisturbed samples"
        case .spread: "the samples differ by more than the bound"
        }
    }
}
