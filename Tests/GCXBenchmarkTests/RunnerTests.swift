import Foundation
import GCXBenchmark
import GCXModel
import Testing

/// A probe that answers with what it was given.
private struct ScriptedProcess: BenchmarkProcess {
    struct Died: Error {}
    var answer: String?

    func run(arguments: [String], timeout: Duration) async throws -> Data {
        guard let answer else { throw Died() }
        return Data(answer.utf8)
    }
}

@Suite("The benchmark runner")
struct RunnerTests {
    static func plan() throws -> BenchmarkPlan { try BenchmarkPlan(seconds: 5, directory: "/d", bytesMax: 64 << 20) }

    @Test("a probe's report comes back as the probe wrote it")
    func runs() async throws {
        let runner = BenchmarkRunner(process: ScriptedProcess(answer: Fixtures.document))
        #expect(try await runner.run(Self.plan()) == BenchmarkReport(decoding: Data(Fixtures.document.utf8)))
    }

    @Test("a probe that dies or prints rubbish is an error with a remedy")
    func fails() async throws {
        let plan = try Self.plan()
        for answer in [nil, "", "Segmentation fault"] {
            let error = await #expect(throws: BenchmarkError.self) {
                try await BenchmarkRunner(process: ScriptedProcess(answer: answer)).run(plan)
            }
            #expect(error?.remedy != .refuse)
        }
    }

    @Test("a plan keeps the registry's order and says it in the probe's arguments")
    func arguments() throws {
        let plan = try BenchmarkPlan(
            axes: ["storage.fsync.p50", "cpu.fp64.all"], seconds: 2.5, directory: "/d e", bytesMax: 16_777_216)
        #expect(plan.axes == ["cpu.fp64.all", "storage.fsync.p50"])
        #expect(
            plan.arguments == [
                "bench", "--axes", "cpu.fp64.all,storage.fsync.p50", "--seconds", "2.5", "--directory", "/d e",
                "--bytes-max", "16777216",
            ])
        #expect(plan.timeout == .seconds(32.5))
    }

    @Test("a plan that cannot be carried out is refused before anything runs")
    func refuses() throws {
        #expect(throws: BenchmarkError.unknownAxis("cpu.magic")) {
            try BenchmarkPlan(axes: ["cpu.magic"], seconds: 1, directory: "/", bytesMax: 1 << 30)
        }
        for seconds in [0, -1, 601, .nan, .infinity] {
            #expect(throws: BenchmarkError.self) {
                try BenchmarkPlan(seconds: seconds, directory: "/", bytesMax: 1 << 30)
            }
        }
        #expect(throws: BenchmarkError.bytesTooFew(1000)) {
            try BenchmarkPlan(seconds: 1, directory: "/", bytesMax: 1000)
        }
        _ = try BenchmarkPlan(axes: ["cpu.fp64.all"], seconds: 1, directory: "/", bytesMax: 0)
    }
}
