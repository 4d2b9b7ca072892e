import Foundation
import Support
import Testing

@Suite("Buyers who may do anything") struct SimulationTests {
    /// `GCX_SEEDS` and `GCX_SEED` ask for more runs, or for one again.
    private static let count = ProcessInfo.processInfo.environment["GCX_SEEDS"].flatMap { UInt64($0) } ?? 40
    private static let first = ProcessInfo.processInfo.environment["GCX_SEED"].flatMap { UInt64($0) } ?? 1
    private static let steps = 500

    /// What is broken first, and where; nil when all holds to the end.
    private static func run(_ seed: UInt64, without lapses: Lapses = []) async throws -> String? {
        var simulation = try Simulation(seed: seed, without: lapses)
        for step in 0..<steps {
            // The threads are those of all tests.
            if step % 20 == 0 { await Task.yield() }
            try simulation.step()
            if let broken = simulation.broken().first { return "GCX_SEED=\(seed), step \(step): \(broken)" }
        }
        return nil
    }

    @Test("gain nothing, and cost an honest provider no more than the credit")
    func honest() async throws {
        for seed in Self.first..<Self.first + Self.count {
            let broken = try await Self.run(seed)
            #expect(broken == nil, "\(broken ?? "")")
        }
    }

    @Test("find what each rule is for when it is left out", arguments: Lapses.names.map(\.0))
    func mutation(_ lapses: Lapses) async throws {
        for seed in UInt64(1)...12 {
            if let broken = try await Self.run(seed, without: lapses) { return print("without \(lapses): \(broken)") }
        }
        Issue.record("nobody notices that \(lapses) is left out")
    }

    @Test("the same seed makes the same choices")
    func replay() throws {
        func amounts() throws -> [String] {
            var simulation = try Simulation(seed: 7)
            for _ in 0..<200 { try simulation.step() }
            return simulation.order.compactMap { simulation.runs[$0] }.map {
                "\($0.used) \($0.vouched) \($0.phase.name)"
            }
        }
        #expect(try amounts() == amounts())
    }
}
