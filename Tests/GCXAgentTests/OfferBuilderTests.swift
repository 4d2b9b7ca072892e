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

    /// The machine above with two hardware threads a core, of which the agent may use `cores`, under a quota of so many thousandths.
    private func limited(cores: Int, millicores: UInt64?) -> Inventory {
        var inventory = Self.inventory
        var topology = Inventory.Topology(allowedPUs: PUSet(0..<8))
        topology.pus = Array(0..<8)
        topology.cores = (0..<4).map { Inventory.Topology.Core(osIndex: $0, pus: PUSet([$0, $0 + 4])) }
        inventory.topology = topology
        var group = Inventory.AgentLimits.Group(hierarchy: "unified", path: "/a")
        group.cpuQuotaMicroseconds = millicores.map { $0 * 100 }
        group.cpuPeriodMicroseconds = 100_000
        inventory.agentLimits = Inventory.AgentLimits(
            layout: .v2, groups: [group], affinity: PUSet((0..<cores).flatMap { [$0, $0 + 4] }))
        return inventory
    }

    private static let counts = [("cpu.cores", 4, "core"), ("cpu.pus", 8, "PU"), ("gpu.count", 2, "GPU")].map {
        Fact(name: Untrusted($0.0), value: UInt64($0.1), unit: Untrusted($0.2), level: .claimed, measuredAt: 1)
    }

    @Test(
        "an offer of fewer cores than the machine has states those, whatever took the others: quota, affinity or the owner",
        arguments: [
            (4, 1_500, 0, 1), (4, 3_999, 0, 3), (1, nil, 0, 1), (2, nil, 1, 1), (4, nil, 3, 1), (4, 2_500, 1, 1),
        ] as [(Int, UInt64?, UInt32, UInt64)])
    func parts(cores: Int, millicores: UInt64?, kept: UInt32, sold: UInt64) async throws {
        let builder = try await builder { $0.coresReserved = kept }
        let inventory = limited(cores: cores, millicores: millicores)
        let capacity = try builder.capacity(of: inventory, storageFreeBytes: .max)
        #expect(UInt64(capacity.cores) == sold)
        let stated = builder.offered(Self.counts, of: inventory, capacity: capacity)
        #expect(stated.map(\.value) == [sold, 2 * sold, 0], "no GPU is sold")
    }

    @Test("a figure of all cores that a quota feeds is stated whole where they are all sold, otherwise by its share")
    func quotaShare() async throws {
        let figure = Fact(name: "cpu.fp64.all", value: 300, unit: "flop/s", level: .measured, measuredAt: 1)
        let inventory = limited(cores: 4, millicores: 3_500)
        for (kept, value) in [(0, 300), (1, 200), (2, 100)] as [(UInt32, UInt64)] {
            let builder = try await builder { $0.coresReserved = kept }
            let capacity = try builder.capacity(of: inventory, storageFreeBytes: .max)
            #expect(builder.offered([figure], of: inventory, capacity: capacity).map(\.value) == [value])
        }
    }

    @Test(
        "what the part sold has nothing of is not stated: a disk, a GPU, a pair of cores, a node, memory that is kept")
    func absent() async throws {
        let names = [
            "storage.fsync.p50", "gpu.fp32.one", "cpu.handover.pair", "memory.triad.node", "memory.touched.all",
        ]
        let facts = names.map { Fact(name: Untrusted($0), value: 9, unit: "x", level: .measured, measuredAt: 1) }
        let builder = try await builder { $0.coresReserved = 3 }
        func stated(_ capacity: Resources) -> [Untrusted: UInt64] {
            let facts = builder.offered(facts, of: Self.inventory, capacity: capacity)
            return Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
        }
        #expect(stated(Resources(cores: 1, memoryBytes: 5, storageBytes: 0, gpus: 0)) == ["memory.touched.all": 5])
        let whole = stated(Resources(cores: 4, memoryBytes: 100, storageBytes: 1, gpus: 1))
        #expect(whole.count == 5 && whole.values.allSatisfy { $0 == 9 })
    }

    @Test("storage that lies in memory is memory that is not sold again")
    func storageInMemory() async throws {
        let builder = try await builder()
        for (isMemory, gib) in [(false, 16), (true, 15)] as [(Bool, UInt64)] {
            let storage = StorageForSale(bytes: 8 * Self.gib, isMemory: isMemory)
            let capacity = try builder.capacity(of: Self.inventory, storage: storage, gpus: 0)
            #expect(capacity.memoryBytes == gib * Self.gib && capacity.storageBytes == Self.gib)
        }
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
