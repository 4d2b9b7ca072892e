import Foundation
import GCXAgent
import Support
import Testing

@Suite("People who may do anything") struct SimulationTests {
    /// `GCX_SEEDS` and `GCX_SEED` ask for more runs, or for one again.
    private static let count = ProcessInfo.processInfo.environment["GCX_SEEDS"].flatMap { UInt64($0) } ?? 200
    private static let first = ProcessInfo.processInfo.environment["GCX_SEED"].flatMap { UInt64($0) } ?? 1
    private static let steps = 500
    /// Within so many seeds a rule is missed.
    private static let seedsMax: UInt64 = 40

    private let world: TestWorld

    init() throws { world = try TestWorld() }

    /// What is broken first, and where; nil when all holds to the end.
    private func run(_ seed: UInt64, without lapse: Lapse? = nil) async throws -> String? {
        var simulation = try Simulation(seed: seed, world: world, without: lapse)
        for step in 0..<Self.steps {
            // The threads are those of all tests.
            if step % 20 == 0 { await Task.yield() }
            simulation.step()
            if let broken = simulation.broken().first { return "GCX_SEED=\(seed), step \(step): \(broken)" }
        }
        return simulation.brokenInAll().first.map { "GCX_SEED=\(seed), at the end: \($0)" }
    }

    @Test("gain nothing, and cost nobody more than the contract says")
    func honest() async throws {
        for seed in Self.first..<Self.first + Self.count {
            let broken = try await run(seed)
            #expect(broken == nil, "\(broken ?? "")")
        }
    }

    @Test("find what each rule is for when it is left out", arguments: Lapse.allCases)
    func mutation(_ lapse: Lapse) async throws {
        for seed in 1...Self.seedsMax {
            if let broken = try await run(seed, without: lapse) { return print("\(lapse): \(broken)") }
        }
        Issue.record("nobody notices that \(lapse)")
    }

    @Test("get as far as the rules let them: every plan to a lease, every trick to a receipt")
    func reach() async throws {
        var (opened, played): (Set<BuyerPlan>, Set<Fraud.Trick>) = ([], [])
        for seed in UInt64(1)...12 {
            var simulation = try Simulation(seed: seed, world: world)
            for _ in 0..<Self.steps { simulation.step() }
            opened.formUnion(simulation.deals.filter { $0.contract.openedAt != nil }.map(\.plan))
            played.formUnion(simulation.frauds.map(\.trick))
            await Task.yield()
        }
        // The agent signs for no crumb, and the ledger opens nothing larger than the demand and no lease within one pocket.
        #expect(Set(BuyerPlan.allCases).subtracting(opened) == [.crumb, .larger])
        #expect(Set(Fraud.Trick.allCases).subtracting(played) == [.pocket])
    }

    @Test("the same seed makes the same choices")
    func replay() throws {
        func amounts() throws -> [String] {
            var simulation = try Simulation(seed: 7, world: world)
            for _ in 0..<200 { simulation.step() }
            return simulation.deals.map { "\($0.running) \($0.vouched) \($0.phase.name)" }
                + simulation.frauds.map { "\($0.trick) \($0.vouched)" }
        }
        #expect(try amounts() == amounts())
    }
}
