import Foundation
import GCXBenchmark
import Testing

@Suite("The report on a terminal")
struct TableTests {
    private static let report: Result<BenchmarkReport, BenchmarkError> = Result { () throws(BenchmarkError) in
        try BenchmarkReport(decoding: Data(Fixtures.document.utf8))
    }

    @Test("the table at 80 columns, plain")
    func narrow() throws {
        #expect(
            try Self.report.get().table(width: 80, colour: false) == """
                gcx-kernels/1 avx512, 2 of 2 processors, 1.7 s
                benchmark                          figure   spread    runs  of physical limit
                processor
                  FP64 rate, all cores        118 GFLOP/s   ±0.0 %     5/6  ##############  99 %
                storage
                  disk, write and fsync            175 µs   ±0.0 %     1/1
                    unsteady, no fact: too few undisturbed samples (1 of 1, 11 needed); note:
                        the file system refuses direct I/O, so the page cache took part
                - unsteady: 1 of 2 figures, which are no facts
                ! memory.triad.all: allocate the arrays: 1 bytes of memory are available,
                  805306368 are needed

                """)
    }

    @Test("a wide terminal also shows the samples' course and the names")
    func wide() throws {
        let lines = try Self.report.get().table(width: 160, colour: false, bars: .blocks).split(separator: "\n")
        #expect(lines.contains { $0.contains("█") && $0.contains("▁") && $0.hasSuffix("cpu.fp64.all") })
        #expect(lines.allSatisfy { $0.count <= 160 })
    }

    @Test("every disturbance is told with what was read, in words")
    func words() {
        var disturbance = Fixtures.quiet
        disturbance.otherCores = 0.9
        disturbance.besideCores = 0.5
        disturbance.stealShare = 0.123
        disturbance.throttledPeriods = 7
        disturbance.clockAfterHertz = 3e9
        disturbance.pressureShares = ["cpu": 0.1, "memory": 0.25]
        disturbance.majorFaults = 3
        let axis = Fixtures.axis(values: [50, 100, 150, 80, 10, 200], disturbance: disturbance)
        let verdict = axis.verdict ?? ""
        for reading in [
            "0.90 cores", "0.50 cores", "12.3 % of the time", "7 times", "from 4.00 GHz to 3.00 GHz",
            "memory 25.0 % of the time", "3 pages", "bound 3 %",
        ] { #expect(verdict.contains(reading), "no “\(reading)” in: \(verdict)") }
        #expect(verdict.hasPrefix("unsteady, no fact: "))
        let (voiding, notes) = (verdict.split(separator: "; note: ").first, verdict.split(separator: "; note: ").last)
        #expect(voiding?.contains("quota") == true && notes?.contains("clock fell") == true)
    }

    @Test("a quiet steady axis has nothing to say, and one that is only noted is no fact lost")
    func quiet() {
        #expect(Fixtures.axis().verdict == nil)
        var disturbance = Fixtures.quiet
        disturbance.otherCores = 0.9
        #expect(Fixtures.axis(disturbance: disturbance).verdict?.hasPrefix("note: other processes") == true)
    }

    @Test("a bar is as long as asked, whatever the share", arguments: [-1, 0, 0.5, 1, 7, Double.nan])
    func bars(share: Double) {
        let bar = BarStyle.plain.bar(share, width: 10)
        #expect(bar.count == 10)
        #expect(bar.count { $0 == "#" } == (share.isNaN ? 0 : Int(min(1, max(0, share)) * 10)))
    }

    @Test("an axis of another release is shown under its group by its own name, and its bytes obey no terminal")
    func foreign() {
        var axis = Fixtures.axis()
        axis.name = "network.\u{1B}[2Jfuture"
        let text = Fixtures.report([axis]).table(width: 160, colour: false)
        #expect(text.contains("\nnetwork\n") && text.contains("network.?[2Jfuture") && !text.contains("\u{1B}"))
    }

    @Test("samples that are further apart than a number holds have a trail all the same")
    func farApart() {
        let far = [-Double.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude]
        #expect(BarStyle.blocks.trail(far, width: 8).count == 3)
        #expect(BarStyle.blocks.trail([1, 2, .infinity], width: 8).count == 3)
    }
}
