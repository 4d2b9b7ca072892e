package import GCXModel
package import GCXSigning

/// Something that happened to a lease or its job.
package struct JobEvent: Codable, Equatable, Sendable {
    /// Grows over all leases of the agent; what a follower asks to go on from.
    package var sequence: UInt64
    package var lease: LeaseID
    /// A label for people, Unix nanoseconds.
    package var wallNanoseconds: UInt64
    /// CLOCK_BOOTTIME, ns.
    package var bootNanoseconds: UInt64
    package var kind: Kind
    /// For people.
    package var text: Untrusted

    /// What kind of thing happened. Closed: programs may switch over it.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The machine signed the terms and reserved the capacity.
        case proposed
        case opened
        /// The buyer handed the job in.
        case submitted
        case started
        case paused, resumed
        /// The job wanted more CPU time than it has.
        case throttled
        /// The kernel ended a process for want of memory.
        case outOfMemory
        /// A gap or a break in the meter.
        case meter
        case receipt, voucher
        case stopping, ended
        /// Files in or out, with their digests.
        case data
        /// The agent went away or came back, or put something right.
        case agent
        case settling, closed
        /// What was removed from the machine, and that it is gone.
        case wiped
    }

    package init(
        sequence: UInt64, lease: LeaseID, wallNanoseconds: UInt64, bootNanoseconds: UInt64, kind: Kind, text: Untrusted
    ) {
        self.sequence = sequence
        self.lease = lease
        self.wallNanoseconds = wallNanoseconds
        self.bootNanoseconds = bootNanoseconds
        self.kind = kind
        self.text = text
    }
}

/// What a job does now: the difference of its last two samples.
package struct LiveUsage: Codable, Equatable, Sendable {
    /// Thousandths of a core.
    package var millicores: UInt64
    package var memoryBytes: UInt64?
    package var pids: UInt64?
    /// Bytes a second.
    package var ioReadRate: UInt64?
    /// Bytes a second.
    package var ioWriteRate: UInt64?
    package var storageBytes: UInt64?

    package init?(from first: RawSample, to second: RawSample) {
        guard first.bootID == second.bootID, first.cgroupInode == second.cgroupInode,
            second.bootNanoseconds > first.bootNanoseconds, second.cpuNanoseconds >= first.cpuNanoseconds
        else { return nil }
        // bounded here: the smaller from the larger, which were compared first; 64 bits and 30 in 128
        let elapsed = second.bootNanoseconds - first.bootNanoseconds
        func rate(_ from: UInt64?, _ to: UInt64?) -> UInt64? {
            guard let from, let to, to >= from else { return nil }
            return UInt64(clamping: UInt128(to - from) * UInt128(Nanoseconds.inSecond) / UInt128(elapsed))
        }
        let cpu = UInt128(second.cpuNanoseconds - first.cpuNanoseconds)
        millicores = UInt64(clamping: cpu * 1_000 / UInt128(elapsed))
        memoryBytes = second.memoryCurrentBytes
        pids = second.pids
        ioReadRate = rate(first.ioReadBytes, second.ioReadBytes)
        ioWriteRate = rate(first.ioWriteBytes, second.ioWriteBytes)
        storageBytes = second.storageBytes
    }
}

/// What is known of a job once it was started, kept after the job's directory is gone.
package struct JobFacts: Codable, Equatable, Sendable {
    /// SHA-256 of the image's manifest; nil for a plain root filesystem.
    package var imageDigest: Untrusted?
    /// The OCI runtime and why that one.
    package var runtime: Untrusted
    /// First host id of the 65,536 that were the job's own.
    package var firstHostID: UInt32
    package var resources: JobResources
    package var wallSecondsMax: UInt64
    package var logBytesMax: UInt64
    package var openFilesMax: UInt64
    /// The AppArmor profile it ran under; nil where the machine has none for jobs.
    package var appArmorProfile: Untrusted?
    /// CPU time that reading its image and input took, ns, which is part of its bill; nil when nobody noted it.
    package var readingNanoseconds: UInt64?
    /// How it ended; nil while it has not.
    package var exit: JobExit?

    package init(
        imageDigest: Untrusted?, runtime: Untrusted, firstHostID: UInt32, resources: JobResources,
        wallSecondsMax: UInt64,
        logBytesMax: UInt64, openFilesMax: UInt64, appArmorProfile: Untrusted?
    ) {
        self.imageDigest = imageDigest
        self.runtime = runtime
        self.firstHostID = firstHostID
        self.resources = resources
        self.wallSecondsMax = wallSecondsMax
        self.logBytesMax = logBytesMax
        self.openFilesMax = openFilesMax
        self.appArmorProfile = appArmorProfile
    }
}

/// Everything about one lease and its job, from the signing to the wipe.
package struct JobReport: Codable, Equatable, Sendable {
    package var status: JobStatus
    package var terms: LeaseTerms
    /// What it has for itself.
    package var placement: LeasePlacement?
    package var request: JobRequest?
    /// Nil before the job was started.
    package var facts: JobFacts?
    /// In order; at most ``WireLimits/eventsPerLeaseMax``.
    package var events: [JobEvent]
    package var usage: UsageGraph
    /// The newest receipts, in order; at most ``WireLimits/receiptPageMax``.
    package var receipts: [Signed<Receipt>]
    /// True once nothing of the job is left on the machine but what retention keeps.
    package var isWiped: Bool

    package init(
        status: JobStatus, terms: LeaseTerms, placement: LeasePlacement?, request: JobRequest?, facts: JobFacts?,
        events: [JobEvent], usage: UsageGraph, receipts: [Signed<Receipt>], isWiped: Bool
    ) {
        self.status = status
        self.terms = terms
        self.placement = placement
        self.request = request
        self.facts = facts
        self.events = events
        self.usage = usage
        self.receipts = receipts
        self.isWiped = isWiped
    }
}
