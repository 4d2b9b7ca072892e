import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("What an offer states")
struct OfferBuilderTests {
    static let gib: UInt64 = 1 << 30

    /// Four cores of one thread, 16 GiB.
    static let inventory: Inventory = {
        var topology = Inventory.Topology(allowedPUs: PUSet([0, 1, 2, 3]))
        topology.pus = [0, 1, 2, 3]
        topology.cores = (0..<4).map { Inventory.Topology.Core(osIndex: $0, pus: PUSet([$0])) }
        let memory = Inventory.Memory(totalBytes: 16 * gib)
        var inventory = Inventory(origin: .liveMachine)
        inventory.topology = topology
        inventory.memory = memory
        return inventory
    }()

    static let facts = [
        Fact(name: "cpu.cores", value: 4, unit: "core", level: .claimed, measuredAt: 1),
        Fact(name: "memory.bytes", value: 16 * gib, unit: "B", level: .claimed, measuredAt: 1),
        Fact(name: "cpu.fp64.all", value: 200_000_000_001, unit: "flop/s", level: .measured, measuredAt: 1),
        Fact(name: "cpu.clock.all", value: 3_700_000_000, unit: "Hz", level: .measured, measuredAt: 1),
        Fact(name: "storage.fsync.p50", value: 200_000_000, unit: "ps", level: .measured, measuredAt: 1),
    ]

    private func builder(_ edit: (inout OfferPolicy) -> Void = { _ in }) async throws -> OfferBuilder {
        let world = try TestWorld()
        var policy = OfferPolicy(
            region: "here", coresReserved: 0, memoryReservedBytes: 0, storageBytes: Self.gib, leaseSeconds: 60...3_600,
            receiptSeconds: 5, graceSeconds: 5, closeWindowSeconds: 5, creditLimit: 1, validSeconds: 3_600,
            rates: TestWorld.rates, allow: [], deny: [])
        edit(&policy)
        let identity = try AgentIdentity(
            machine: MemoryCustody(world.machine), grant: world.grant(), domain: world.domain)
        return OfferBuilder(policy: policy, identity: identity)
    }

    @Test("the whole machine states all of it")
    func whole() async throws {
        let builder = try await builder()
        let capacity = try builder.capacity(of: Self.inventory, storageFreeBytes: .max)
        #expect(capacity == Resources(cores: 4, memoryBytes: 16 * Self.gib, storageBytes: Self.gib, gpus: 0))
        #expect(builder.offered(Self.facts, of: Self.inventory, capacity: capacity) == Self.facts)
    }

    @Test("half the machine states half of what can be halved: rates, cores and memory, but neither clock nor latency")
    func half() async throws {
        let builder = try await builder {
            $0.coresReserved = 2
            $0.memoryReservedBytes = 4 * Self.gib
        }
        let capacity = try builder.capacity(of: Self.inventory, storageFreeBytes: 7)
        #expect(capacity == Resources(cores: 2, memoryBytes: 12 * Self.gib, storageBytes: 7, gpus: 0))
        let stated = builder.offered(Self.facts, of: Self.inventory, capacity: capacity)
        #expect(stated.map(\.value) == [2, 12 * Self.gib, 100_000_000_000, 3_700_000_000, 200_000_000])
    }

    @Test("a machine of which everything is kept sells nothing, and says what to change")
    func nothing() async throws {
        for edit: (inout OfferPolicy) -> Void in [
            { $0.coresReserved = 4 }, { $0.memoryReservedBytes = 16 * Self.gib },
        ] {
            let builder = try await builder(edit)
            let error = #expect(throws: AgentError.self) {
                try builder.capacity(of: Self.inventory, storageFreeBytes: .max)
            }
            #expect(error?.description.contains("nothing is left to sell") == true)
        }
    }

    @Test("an offer never outlives the grant it stands on")
    func expiry() async throws {
        let builder = try await builder { $0.validSeconds = 315_576_000 }
        let now = builder.identity.grant.document.issuedAt
        let offer = builder.offer(
            id: .zero, revision: 1, capacity: TestWorld.capacity, facts: [], attestation: .zero, at: now)
        #expect(offer.expiresAt == builder.identity.grant.document.expiresAt)
    }
}
