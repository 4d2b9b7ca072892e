import Foundation
import GCXBenchmark
import GCXModel
import Testing

@Suite("A benchmark report")
struct ReportTests {
    @Test("a stored document reads back to what it says")
    func decodes() throws {
        let report = try BenchmarkReport(decoding: Data(Fixtures.document.utf8))
        #expect(report.kernelVersion == "gcx-kernels/1" && report.instructionSet == "avx512")
        #expect(report.processors.used == [0, 1] && report.processors.quotaProcessors == nil)
        #expect(report.axes.map(\.name) == ["cpu.fp64.all", "storage.fsync.p50"])
        #expect(report.axes[0].keptValues.count == 5)
        #expect(report.axes[1].disturbance.otherCores == nil)
        #expect(report.axes[1].samples[0].processorShare == nil)
    }

    @Test("its verdicts are those that its own samples give")
    func verdictsAgree() throws {
        for axis in try BenchmarkReport(decoding: Data(Fixtures.document.utf8)).axes {
            let benchmark = try #require(BenchmarkRegistry.benchmark(named: axis.name))
            let again = axis.judged(by: benchmark)
            #expect(again.flags == axis.flags && again.steady == axis.steady && again.value == axis.value)
        }
    }

    @Test("a report survives writing and reading")
    func roundTrip() throws {
        let report = Fixtures.report([Fixtures.axis(), Fixtures.axis(.diskWrite, share: nil)], problems: ["p"])
        #expect(try BenchmarkReport(decoding: report.encoded()) == report)
    }

    @Test("rubbish, another schema and a flood are refused by name")
    func refuses() {
        #expect(throws: BenchmarkError.unknownSchema(2)) { try BenchmarkReport(decoding: Data(#"{"schema":2}"#.utf8)) }
        #expect(throws: BenchmarkError.tooLarge(bytes: 5_000_000)) {
            try BenchmarkReport(decoding: Data(count: 5_000_000))
        }
        let error = #expect(throws: BenchmarkError.self) { try BenchmarkReport(decoding: Data("{".utf8)) }
        guard case .malformed = error else {
            return #expect(Bool(false), "a broken document is malformed: \(error as Any)")
        }
    }

    @Test("only steady figures become facts, whole and measured")
    func facts() throws {
        let report = try BenchmarkReport(decoding: Data(Fixtures.document.utf8))
        #expect(
            report.facts(measuredAt: 1_700_000_000) == [
                Fact(
                    name: "cpu.fp64.all", value: 117_500_000_000, unit: "flop/s", level: .measured,
                    measuredAt: 1_700_000_000)
            ])
    }

    @Test("a document that calls an unsteady figure steady states no fact")
    func factsAreJudgedAgain() {
        var lie = Fixtures.axis(values: [50, 100, 150, 80, 10, 200])
        lie.steady = true
        lie.flags = []
        #expect(Fixtures.report([lie]).facts(measuredAt: 1).isEmpty)
        var inflated = Fixtures.axis()
        inflated.value = 1e15
        #expect(Fixtures.report([inflated]).facts(measuredAt: 1).map(\.value) == [101])
    }

    @Test("an axis that this release does not know, or in another unit, states no fact")
    func unknownAxes() {
        var other = Fixtures.axis()
        other.name = "cpu.fp64.some"
        var unit = Fixtures.axis()
        unit.unit = .hertz
        #expect(Fixtures.report([other, unit]).facts(measuredAt: 1).isEmpty)
    }

    @Test("no line of the table is wider than the terminal, and an unsteady figure says so", arguments: [40, 80, 160])
    func table(width: Int) throws {
        let report = try BenchmarkReport(decoding: Data(Fixtures.document.utf8))
        let plain = report.table(width: width, colour: false)
        #expect(plain.split(separator: "\n").allSatisfy { $0.count <= width })
        #expect(plain.contains("unsteady"))
        #expect(!plain.contains("\u{1B}"))
        #expect(report.table(width: width, colour: true).contains("\u{1B}[33m"))
    }
}
