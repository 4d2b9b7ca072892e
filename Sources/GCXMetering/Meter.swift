package import GCXModel

/// Turns a job's raw samples into cumulative usage. A pure reducer: no clock, no I/O.
///
/// Lease time runs from a job's first sample to its last, frozen or not: a paused job still holds its cores and memory.
/// Over the jobs of a lease it goes on, and the time between two of them is nobody's.
/// CPU time is the difference of the kernel's own cumulative counters, so an agent that was away loses none of it.
/// Memory and storage are integrals over time, by the trapezoid rule. Egress is a difference of counters, as CPU time is.
package struct Meter: Codable, Equatable, Sendable {
    /// Billed so far. Integrals are kept in byte-nanoseconds here and cut to byte-seconds only in ``usage``.
    private var leaseNanoseconds: UInt64 = 0
    private var coreNanoseconds: UInt64 = 0
    private var memoryByteNanoseconds: ByteSeconds = .zero
    private var storageByteNanoseconds: ByteSeconds = .zero
    /// Nil until the job has sent anything; so a meter that was stored before there were networks still reads.
    private var sentBytes: UInt64?
    /// The counter of sent bytes when it was last readable.
    private var sentCounter: UInt64?
    /// The sample that the next one is compared with.
    package private(set) var last: RawSample

    /// GPUs that the lease has to itself, used or not; nil in a meter of a time before GPUs were sold.
    private var gpus: UInt32?
    /// The job of the lease that the samples are of; nil in a meter of a time when a lease was one job.
    private var jobNumber: UInt64?
    /// The job whose beginning no receipt has said yet; nil when none waits.
    private var unsaid: UInt64?

    /// Begins at a sample taken before the job's first process exists.
    ///
    /// - Parameters:
    ///   - gpus: devices that nobody else can have meanwhile; each is billed for the time of the lease.
    ///   - job: which of the lease's jobs, from 1; those before it left nothing to bill.
    package init(beginning sample: RawSample, gpus: UInt32 = 0, job: UInt64 = 1) {
        last = sample
        self.gpus = gpus
        sentCounter = sample.egressBytes
        jobNumber = job
        unsaid = job > 1 ? job : nil
    }

    /// The job of the lease that the samples are of, from 1.
    package var job: UInt64 { jobNumber ?? 1 }

    /// Goes on with another job of the lease: what was used stays, nothing is billed for the time between two jobs, and the
    /// counters of the next begin where this sample says. The same job again begins nothing anew.
    ///
    /// - Parameter sample: taken before the job's first process exists; nil when the job never came so far, so that there is
    ///   nothing of it to measure.
    package mutating func begin(_ job: UInt64, at sample: RawSample?) {
        guard job > self.job else { return }
        (jobNumber, unsaid) = (job, job)
        guard let sample else { return }
        last = sample
        sentCounter = sample.egressBytes
    }

    /// The beginning that the next receipt has to say, once.
    package mutating func takeBeginning() -> JobBeginning? {
        defer { unsaid = nil }
        return unsaid.flatMap { JobBeginning(job: $0) }
    }

    /// Everything used since the beginning.
    package var usage: Usage {
        // bounded here: by a constant that is not 0
        let second = UInt128(Nanoseconds.inSecond)
        return Usage(
            leaseNanoseconds: leaseNanoseconds, coreNanoseconds: coreNanoseconds,
            memoryByteSeconds: ByteSeconds(memoryByteNanoseconds.value / second),
            gpuNanoseconds: leaseNanoseconds.saturatingProduct(UInt64(gpus ?? 0)),  // bounded: from 32 bits to 64
            storageByteSeconds: ByteSeconds(storageByteNanoseconds.value / second),
            egressBytes: sentBytes ?? 0)
    }

    /// Takes the next sample and says what a reader of the receipt must know about it.
    ///
    /// A sample that cannot be compared with the one before (another boot, another cgroup, a clock or counter that went
    /// back) bills nothing for the time between, and becomes the one to compare with.
    package mutating func add(_ sample: RawSample) -> [MeterEvent] {
        defer {
            last = sample
            sentCounter = sample.egressBytes ?? sentCounter
        }
        if let broken = discontinuity(to: sample) { return [broken] }
        // bounded here: `discontinuity` has held every number against the one before, and none is smaller
        let elapsed = sample.bootNanoseconds - last.bootNanoseconds
        leaseNanoseconds = leaseNanoseconds.saturatingSum(elapsed)
        coreNanoseconds = coreNanoseconds.saturatingSum(sample.cpuNanoseconds - last.cpuNanoseconds)
        memoryByteNanoseconds = Self.integral(
            memoryByteNanoseconds, from: last.memoryCurrentBytes, to: sample.memoryCurrentBytes, over: elapsed)
        storageByteNanoseconds = Self.integral(
            storageByteNanoseconds, from: last.storageBytes, to: sample.storageBytes, over: elapsed)
        // A counter that could not be read for a while has gone on counting.
        if let now = sample.egressBytes, let sentCounter {
            sentBytes = (sentBytes ?? 0).saturatingSum(now - sentCounter)
        }
        return elapsed > MeteringLimits.gapNanosecondsMax ? [.gap(nanoseconds: elapsed)] : []
    }

    private func discontinuity(to sample: RawSample) -> MeterEvent? {
        if sample.bootID != last.bootID { return .rebooted }
        if sample.cgroupInode != last.cgroupInode { return .cgroupReplaced }
        if sample.bootNanoseconds < last.bootNanoseconds { return .clockWentBack }
        if sample.cpuNanoseconds < last.cpuNanoseconds {
            return .counterWentBack(from: last.cpuNanoseconds, to: sample.cpuNanoseconds)
        }
        if let now = sample.egressBytes, let sentCounter, now < sentCounter {
            return .egressWentBack(from: sentCounter, to: now)
        }
        return nil
    }

    /// Half the sum of both ends times the time; a missing end takes the other's value, and two missing ends bill nothing.
    private static func integral(
        _ sum: ByteSeconds, from start: UInt64?, to end: UInt64?, over elapsed: UInt64
    ) -> ByteSeconds {
        guard let known = start ?? end else { return sum }
        let ends = UInt128(start ?? known) + UInt128(end ?? known)  // bounded: of two numbers of 64 bits in 128
        let (product, isOver) = ends.multipliedReportingOverflow(by: UInt128(elapsed))
        let (total, isTotalOver) = sum.value.addingReportingOverflow(product / 2)
        return isOver || isTotalOver ? ByteSeconds(.max) : ByteSeconds(total)
    }
}

/// Something in the samples that a reader of the receipts must know.
package enum MeterEvent: Equatable, Sendable, CustomStringConvertible {
    /// Nobody looked for this long; the counters cover it all the same, the integrals by a straight line.
    case gap(nanoseconds: UInt64)
    /// The machine was started again: the job ended with the old boot.
    case rebooted
    /// Another cgroup stands where the job's was.
    case cgroupReplaced
    /// The boot clock ran backwards.
    case clockWentBack
    /// The CPU counter ran backwards.
    case counterWentBack(from: UInt64, to: UInt64)
    /// The counter of sent bytes ran backwards.
    case egressWentBack(from: UInt64, to: UInt64)

    package var description: String {
        switch self {
        case .gap(let nanoseconds):
            "gap: no sample for \(NumberText.span(nanoseconds: nanoseconds)); CPU time is exact, memory and storage follow a straight line"
        case .rebooted: "discontinuity: another boot id; nothing is billed since the last sample"
        case .cgroupReplaced: "discontinuity: another cgroup; nothing is billed since the last sample"
        case .clockWentBack: "discontinuity: the boot clock went back; nothing is billed since the last sample"
        case .counterWentBack(let from, let to):
            "discontinuity: the CPU counter went back from \(from) to \(to) ns; nothing is billed since the last sample"
        case .egressWentBack(let from, let to):
            "discontinuity: the counter of sent bytes went back from \(from) to \(to); nothing is billed since the last sample"
        }
    }
}

/// The meter's bounds.
package enum MeteringLimits {
    /// Samples further apart are noted in the receipt: five times the usual second, so that a busy machine is not news.
    package static let gapNanosecondsMax: UInt64 = 5_000_000_000
    /// How far the provider's clock may run ahead of the buyer's over a whole lease, in parts per million, and ...
    package static let clockDriftPartsPerMillion: UInt64 = 1_000
    /// ... by how much at least: the time between two readings on the provider's side and their arrival, ns.
    package static let clockToleranceNanoseconds: UInt64 = 5_000_000_000
    /// CPU time beyond cores × elapsed that is still physical: quota periods and per-CPU counters are not read in one
    /// instant, ns for each core.
    package static let coreSlackNanoseconds: UInt64 = 250_000_000
    /// Bytes that a job can send in a second of its lease: 800 Gbit/s, the fastest port of a single machine that is sold.
    /// The terms name no bandwidth, so this bound only refuses what no machine can do.
    package static let egressBytesPerSecondMax: UInt64 = 100_000_000_000
}
