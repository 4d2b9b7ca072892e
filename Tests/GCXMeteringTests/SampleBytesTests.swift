import GCXMetering
import GCXModel
import Testing

@Suite("The bytes of a sample")
struct SampleBytesTests {
    private static let sample = RawSample(
        bootID: "b", bootNanoseconds: 1, cgroupInode: 2, cpuNanoseconds: 3, memoryCurrentBytes: 4, memoryPeakBytes: 5,
        pids: 6, ioReadBytes: 7, ioWriteBytes: 8, throttledNanoseconds: 9, storageBytes: 10, oomKills: 11,
        egressBytes: 12,
        ingressBytes: 13)

    @Test("they are fixed for good: the digests in every receipt are made over them")
    func fixed() {
        #expect(
            String(decoding: Self.sample.canonicalBytes, as: UTF8.self)
                == "bootID=b;bootNanoseconds=1;cgroupInode=2;cpuNanoseconds=3;memoryCurrentBytes=4;memoryPeakBytes=5;pids=6;"
                + "ioReadBytes=7;ioWriteBytes=8;throttledNanoseconds=9;storageBytes=10;oomKills=11;egressBytes=12;ingressBytes=13;"
        )
        #expect(
            String(
                decoding: RawSample(bootID: "b", bootNanoseconds: .max, cgroupInode: 0, cpuNanoseconds: 0)
                    .canonicalBytes, as: UTF8.self)
                == "bootID=b;bootNanoseconds=18446744073709551615;cgroupInode=0;cpuNanoseconds=0;memoryCurrentBytes=-;"
                + "memoryPeakBytes=-;pids=-;ioReadBytes=-;ioWriteBytes=-;throttledNanoseconds=-;storageBytes=-;oomKills=-;"
                + "egressBytes=-;ingressBytes=-;")
    }

    @Test("each field changes them, also when it is zero in place of nothing")
    func fields() {
        let edits: [(inout RawSample) -> Void] = [
            { $0.bootID = "c" }, { $0.bootNanoseconds += 1 }, { $0.cgroupInode += 1 }, { $0.cpuNanoseconds += 1 },
            { $0.memoryCurrentBytes = 0 }, { $0.memoryPeakBytes = 0 }, { $0.pids = 0 }, { $0.ioReadBytes = 0 },
            { $0.ioWriteBytes = 0 }, { $0.throttledNanoseconds = 0 }, { $0.storageBytes = 0 }, { $0.oomKills = 0 },
            { $0.egressBytes = 0 }, { $0.ingressBytes = 0 }, { $0.memoryCurrentBytes = nil },
            { $0.memoryPeakBytes = nil },
            { $0.pids = nil }, { $0.ioReadBytes = nil }, { $0.ioWriteBytes = nil }, { $0.throttledNanoseconds = nil },
            { $0.storageBytes = nil }, { $0.oomKills = nil }, { $0.egressBytes = nil }, { $0.ingressBytes = nil },
        ]
        var seen = Set([Self.sample.canonicalBytes])
        for edit in edits {
            var other = Self.sample
            edit(&other)
            #expect(seen.insert(other.canonicalBytes).inserted)
        }
    }

    @Test("what happened to a meter is said in words of its own")
    func events() {
        let events: [MeterEvent] = [
            .gap(nanoseconds: 6_000_000_000), .rebooted, .cgroupReplaced, .clockWentBack,
            .counterWentBack(from: 2, to: 1),
            .egressWentBack(from: 2, to: 1),
        ]
        #expect(Set(events.map(\.description)).count == events.count)
        for event in events.dropFirst() {
            #expect(event.description.hasPrefix("discontinuity: ") && event.description.contains("nothing is billed"))
        }
        #expect(events[0].description.hasPrefix("gap: no sample for 6.000 s"))
    }
}
