import Foundation
import GCXMetering
import GCXModel
import Testing

@Suite("Meter")
struct MeterTests {
    static func sample(_ seconds: UInt64, cpu: UInt64, memory: UInt64? = nil, boot: String = "b", inode: UInt64 = 7)
        -> RawSample
    {
        RawSample(
            bootID: boot, bootNanoseconds: seconds * 1_000_000_000, cgroupInode: inode, cpuNanoseconds: cpu,
            memoryCurrentBytes: memory)
    }

    @Test("CPU is the difference of the counters, and lease time that of the clock")
    func counters() {
        var meter = Meter(beginning: Self.sample(10, cpu: 100))
        #expect(meter.add(Self.sample(11, cpu: 600)).isEmpty)
        #expect(meter.add(Self.sample(13, cpu: 900)).isEmpty)
        #expect(meter.usage.coreNanoseconds == 800)
        #expect(meter.usage.leaseNanoseconds == 3_000_000_000)
    }

    @Test("memory is integrated by the trapezoid rule, and a missing end takes the other's value")
    func memory() {
        var meter = Meter(beginning: Self.sample(0, cpu: 0))
        _ = meter.add(Self.sample(1, cpu: 0, memory: 100))
        #expect(meter.usage.memoryByteSeconds == 100)
        _ = meter.add(Self.sample(2, cpu: 0, memory: 300))
        #expect(meter.usage.memoryByteSeconds == 300)
        _ = meter.add(Self.sample(3, cpu: 0))
        #expect(meter.usage.memoryByteSeconds == 600)
        _ = meter.add(Self.sample(4, cpu: 0))
        #expect(meter.usage.memoryByteSeconds == 600)
    }

    @Test("a hole in the samples loses no CPU time and is said")
    func gap() {
        var meter = Meter(beginning: Self.sample(0, cpu: 0))
        let events = meter.add(Self.sample(100, cpu: 42))
        #expect(events == [.gap(nanoseconds: 100_000_000_000)])
        #expect(meter.usage.coreNanoseconds == 42)
    }

    @Test("what cannot be compared bills nothing, is said, and metering goes on from there")
    func discontinuities() {
        let cases: [(RawSample, MeterEvent)] = [
            (Self.sample(20, cpu: 90, boot: "c"), .rebooted), (Self.sample(20, cpu: 90, inode: 8), .cgroupReplaced),
            (Self.sample(5, cpu: 90), .clockWentBack), (Self.sample(20, cpu: 40), .counterWentBack(from: 50, to: 40)),
        ]
        for (broken, event) in cases {
            var meter = Meter(beginning: Self.sample(10, cpu: 50))
            #expect(meter.add(broken) == [event])
            #expect(meter.usage == .zero)
            var next = broken
            next.bootNanoseconds += 1_000_000_000
            next.cpuNanoseconds += 5
            #expect(meter.add(next).isEmpty)
            #expect(meter.usage.coreNanoseconds == 5)
        }
    }

    @Test("the next job of a lease goes on where the last one stopped, from counters that begin anew")
    func nextJob() {
        var meter = Meter(beginning: Self.sample(10, cpu: 0), gpus: 2)
        _ = meter.add(Self.sample(12, cpu: 900, memory: 1 << 20))
        let first = meter.usage
        #expect(meter.job == 1 && meter.takeBeginning() == nil)
        // A minute later, in another group.
        meter.begin(2, at: Self.sample(72, cpu: 0, inode: 8))
        #expect(meter.usage == first, "the time between two jobs is nobody's")
        #expect(meter.add(Self.sample(73, cpu: 40, inode: 8)).isEmpty)
        #expect(meter.usage.coreNanoseconds == 940 && meter.usage.leaseNanoseconds == 3_000_000_000)
        #expect(meter.usage.gpuNanoseconds == 6_000_000_000)
        // The same again, as after a restart, begins nothing anew.
        meter.begin(2, at: Self.sample(99, cpu: 0, inode: 9))
        #expect(meter.last.bootNanoseconds == 73_000_000_000)
        #expect(meter.takeBeginning() == JobBeginning(job: 2))
        #expect(meter.takeBeginning() == nil, "it is said once")
        // One that never ran leaves the meter as it is.
        let last = meter.last
        meter.begin(3, at: nil)
        #expect(meter.last == last && meter.job == 3 && meter.takeBeginning()?.event == "job 3 of the lease begins")
        #expect(Meter(beginning: Self.sample(1, cpu: 0), job: 4).job == 4)
    }

    @Test("bytes sent are counted over the jobs, with a network and without")
    func nextJobSends() {
        var meter = Meter(beginning: Self.sent(0, 0))
        _ = meter.add(Self.sent(1, 500))
        meter.begin(2, at: Self.sample(2, cpu: 0, inode: 8))
        _ = meter.add(Self.sample(3, cpu: 1, inode: 8))
        var third = Self.sent(4, 0)
        third.cgroupInode = 9
        meter.begin(3, at: third)
        (third.bootNanoseconds, third.egressBytes) = (5_000_000_000, 7)
        #expect(meter.add(third).isEmpty)
        #expect(meter.usage.egressBytes == 507)
    }

    @Test("a stored meter of a time when a lease was one job reads as that of the first")
    func stored() throws {
        var meter = Meter(beginning: Self.sample(10, cpu: 0))
        _ = meter.add(Self.sample(12, cpu: 900))
        var object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(meter)) as? [String: Any])
        object["jobNumber"] = nil
        let old = try JSONDecoder().decode(Meter.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(old.job == 1 && old.usage == meter.usage)
    }

    @Test("a receipt's words for the beginning of a job are read back, and no others")
    func words() {
        #expect(JobBeginning(job: 1) == nil && JobBeginning(event: "job 1 of the lease begins") == nil)
        #expect(JobBeginning(event: "job 12 of the lease begins")?.job == 12)
        for text in ["job 012 of the lease begins", "job 2 of the lease begins ", "job x of the lease begins", ""] {
            #expect(JobBeginning(event: Untrusted(text)) == nil, "\(text)")
        }
    }

    private static func sent(_ seconds: UInt64, _ bytes: UInt64?) -> RawSample {
        var sample = sample(seconds, cpu: seconds)
        sample.egressBytes = bytes
        return sample
    }

    @Test("egress is the difference of the counter, over moments in which nobody could read it")
    func egress() {
        var meter = Meter(beginning: Self.sent(0, 0))
        _ = meter.add(Self.sent(1, 500))
        _ = meter.add(Self.sent(2, nil))
        #expect(meter.usage.egressBytes == 500)
        _ = meter.add(Self.sent(3, 800))
        #expect(meter.usage.egressBytes == 800)
        #expect(meter.add(Self.sent(4, 100)) == [.egressWentBack(from: 800, to: 100)])
        #expect(meter.usage.egressBytes == 800 && meter.usage.coreNanoseconds == 3)
        _ = meter.add(Self.sent(5, 150))
        #expect(meter.usage.egressBytes == 850)
    }

    @Test("a counter that is first seen under way bills nothing of what was before")
    func egressUnderWay() {
        var meter = Meter(beginning: Self.sent(0, nil))
        _ = meter.add(Self.sent(1, 700))
        _ = meter.add(Self.sent(2, 900))
        #expect(meter.usage.egressBytes == 200)
    }

    @Test("usage never falls, whatever the samples say", arguments: [1, 2, UInt64.random(in: 0 ... .max)])
    func monotone(seed: UInt64) {
        var state = seed
        func random(_ most: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % most
        }
        var meter = Meter(beginning: Self.sample(1, cpu: 0))
        var before = meter.usage
        for _ in 0..<500 {
            _ = meter.add(
                Self.sample(
                    random(100), cpu: random(1_000), memory: random(3) == 0 ? nil : random(1_000), inode: random(2)))
            let now = meter.usage
            #expect(now.coreNanoseconds >= before.coreNanoseconds, "seed \(seed)")
            #expect(now.memoryByteSeconds >= before.memoryByteSeconds, "seed \(seed)")
            before = now
        }
    }

    @Test("two samples that differ in one field have different canonical bytes")
    func canonical() {
        let sample = Self.sample(1, cpu: 2, memory: 3)
        var other = sample
        other.memoryCurrentBytes = nil
        #expect(Self.sent(1, 5).canonicalBytes != Self.sent(1, 6).canonicalBytes)
        #expect(Self.sent(1, 0).canonicalBytes != Self.sent(1, nil).canonicalBytes)
        #expect(sample.canonicalBytes == Self.sample(1, cpu: 2, memory: 3).canonicalBytes)
        #expect(sample.canonicalBytes != other.canonicalBytes)
    }

    @Test("credit: the limit pauses, a voucher restores, the end of the deposit pauses before it is reached")
    func credit() {
        let policy = CreditPolicy(creditLimit: 10, deposit: 100, reserve: 5)
        #expect(policy.decide(metered: 10, vouched: 0) == .run)
        #expect(policy.decide(metered: 11, vouched: 0) == .pause)
        #expect(policy.decide(metered: 11, vouched: 1) == .run)
        #expect(policy.decide(metered: 95, vouched: 95) == .run)
        #expect(policy.decide(metered: 96, vouched: 96) == .pause)
        #expect(policy.isSpent(metered: 96))
    }

    @Test("counters that say anything end no meter: a sum stays at the largest number")
    func impossible() {
        let first = RawSample(
            bootID: "b", bootNanoseconds: 0, cgroupInode: 7, cpuNanoseconds: 0, memoryCurrentBytes: .max)
        let last = RawSample(
            bootID: "b", bootNanoseconds: .max, cgroupInode: 7, cpuNanoseconds: .max, memoryCurrentBytes: .max)
        var meter = Meter(beginning: first, gpus: 4)
        _ = meter.add(last)
        #expect(meter.usage.coreNanoseconds == .max && meter.usage.gpuNanoseconds == .max)
        #expect(meter.usage.memoryByteSeconds == ByteSeconds(.max / 1_000_000_000))
        // The counter goes back and begins again.
        #expect(meter.add(first) == [.clockWentBack])
        _ = meter.add(last)
        #expect(meter.usage.coreNanoseconds == .max && meter.usage.leaseNanoseconds == .max)
    }
}
