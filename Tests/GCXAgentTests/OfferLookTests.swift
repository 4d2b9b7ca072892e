import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

/// A machine of four cores, whose memory and cores a test changes.
final class ChangingMachine: MachineMeasurer {
    struct State: Sendable {
        var cores = 4
        var totalBytes: UInt64 = 64 << 30
        var hugeBytes: UInt64 = 0
        var isGone = false
    }

    let state = Mutex(State())
    /// How often it was measured.
    let measured = Mutex(0)
    /// A measurement that goes on until its task is cancelled, while this is set.
    let isSlow = Mutex(false)

    func look() async throws(AgentError) -> Inventory {
        let state = state.withLock { $0 }
        guard !state.isGone else { throw .sandbox("no probe", remedy: "none") }
        var topology = Inventory.Topology(allowedPUs: PUSet(0..<state.cores))
        topology.pus = Array(0..<state.cores)
        topology.cores = (0..<state.cores).map { Inventory.Topology.Core(osIndex: $0, pus: PUSet([$0])) }
        var memory = Inventory.Memory(totalBytes: state.totalBytes)
        memory.hugeBytes = state.hugeBytes
        var inventory = Inventory(origin: .liveMachine)
        (inventory.topology, inventory.memory) = (topology, memory)
        return inventory
    }

    func measure(at now: UInt64) async throws(AgentError) -> Measurement {
        measured.withLock { $0 += 1 }
        while isSlow.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
        return Measurement(try await look(), at: now)
    }

    func glance() -> MachineGlance? {
        let state = state.withLock { $0 }
        return MachineGlance(memoryBytes: state.totalBytes - state.hugeBytes, online: PUSet(0..<state.cores))
    }
}

@Suite("What is sold is looked at again while it is offered", .timeLimit(.minutes(1)))
struct OfferLookTests {
    let bench: AgentBench
    let core: AgentCore
    let machine = ChangingMachine()
    let service: OfferService

    init() async throws {
        bench = try AgentBench()
        core = try bench.core(try bench.store())
        service = OfferService(context: await core.context, core: core, measurer: machine)
    }

    /// So many GiB, less what is sold as storage where the tests' directory lies in memory.
    private func forSale(_ gib: UInt64) async throws -> UInt64 {
        let storage = try StorageForSale.read(await core.context)
        return gib << 30 - (storage.isMemory ? bench.settings.offer.storageBytes : 0)
    }

    private var offered: Resources? {
        get async { await core.offer?.signed.document.capacity }
    }

    private var problems: [String] {
        get async { await core.context.problems.lines }
    }

    @Test("an offer that still holds is used again, and nothing is measured")
    func unchanged() async throws {
        #expect(await service.refresh())
        let first = await core.offer?.digest
        #expect(await service.refresh())
        #expect(await core.offer?.digest == first && first != nil)
        #expect(machine.measured.withLock { $0 } == 1)
        #expect(await problems.isEmpty)
    }

    @Test("memory that was set aside as huge pages is not for sale any more, nor are cores that are gone")
    func less() async throws {
        #expect(await service.refresh())
        machine.state.withLock {
            $0.hugeBytes = 48 << 30
            $0.cores = 3
        }
        #expect(await service.refresh())
        #expect(await offered?.memoryBytes == (try forSale(16)))
        #expect(await offered?.cores == 3)
        let facts = await core.offer?.signed.document.facts ?? []
        #expect(facts.first { $0.name == "memory.bytes" }?.value == (try await forSale(16)))
        #expect(facts.first { $0.name == "cpu.cores" }?.value == 3)
        #expect(await problems.isEmpty)
    }

    @Test("while what is left is measured nothing is sold, and the status says why")
    func meanwhile() async throws {
        #expect(await service.refresh())
        machine.state.withLock { $0.hugeBytes = 48 << 30 }
        machine.isSlow.withLock { $0 = true }
        let refresh = Task { await service.refresh() }
        while machine.measured.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await offered == nil)
        #expect(
            await problems == [
                "offer: the machine has less than it offered: \(try forSale(64) >> 20) MiB of memory are offered and "
                    + "\(try forSale(16) >> 20) MiB are left, for 49152 MiB are set aside as huge pages; it is measured again"
            ])
        machine.isSlow.withLock { $0 = false }
        #expect(await refresh.value)
        #expect(await offered?.memoryBytes == (try forSale(16)))
    }

    @Test("a machine that has nothing left to sell takes its offer down and says so")
    func nothing() async throws {
        #expect(await service.refresh())
        machine.state.withLock { $0.hugeBytes = 64 << 30 }
        #expect(await !service.refresh())
        #expect(await offered == nil)
        #expect(await problems.first?.contains("nothing is left to sell") == true)
        machine.state.withLock { $0.hugeBytes = 0 }
        #expect(await service.refresh())
        #expect(await offered?.memoryBytes == (try forSale(64)))
        #expect(await problems.isEmpty)
    }

    @Test("an offer stands while the machine has more than it sells, and is made anew for it")
    func more() async throws {
        machine.state.withLock { $0.hugeBytes = 32 << 30 }
        #expect(await service.refresh())
        machine.state.withLock { $0.hugeBytes = 0 }
        machine.isSlow.withLock { $0 = true }
        let refresh = Task { await service.refresh() }
        while machine.measured.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await offered?.memoryBytes == (try forSale(32)))
        machine.isSlow.withLock { $0 = false }
        #expect(await refresh.value)
        #expect(await offered?.memoryBytes == (try forSale(64)))
    }

    @Test("a machine that cannot be looked at keeps its offer, and says so")
    func blind() async throws {
        #expect(await service.refresh())
        machine.state.withLock { $0.isGone = true }
        #expect(await !service.refresh())
        #expect(await offered != nil)
        #expect(await problems.first?.contains("no probe") == true)
    }

    @Test("the wait for the next look is over when the machine changes, and lasts while it does not")
    func glances() async throws {
        let seen = await service.sight
        // The bench's clock goes on by each pause, and by nothing else.
        let begun = bench.world.clock.boot
        await service.wait(.milliseconds(2_500), since: seen)
        #expect(bench.world.clock.boot - begun == 2_500_000_000)
        machine.state.withLock { $0.cores = 2 }
        #expect(await service.sight != seen)
        await service.wait(.seconds(600), since: seen)
        #expect(bench.world.clock.boot - begun == 2_500_000_000)
    }

    @Test("an offer that is half spent is taken down all the same when the machine has less")
    func halfSpent() async throws {
        #expect(await service.refresh())
        bench.world.clock.advance(2_000)
        machine.state.withLock { $0.hugeBytes = 48 << 30 }
        machine.isSlow.withLock { $0 = true }
        let refresh = Task { await service.refresh() }
        while machine.measured.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await offered == nil)
        machine.isSlow.withLock { $0 = false }
        #expect(await refresh.value)
    }

    @Test("leases that hold more than the machine has left are a problem, until it has it again")
    func oversold() async throws {
        _ = try await bench.lease(in: await core.context.store)
        #expect(await service.refresh())
        #expect(await service.refresh())
        #expect(await problems.isEmpty)
        machine.state.withLock { $0.hugeBytes = 125 << 29 }
        #expect(await service.refresh())
        #expect(await problems.first?.contains("and 2.0 GiB of memory, and the machine has 4 and") == true)
        machine.state.withLock { $0.hugeBytes = 0 }
        #expect(await service.refresh())
        #expect(await problems.isEmpty)
    }

    @Test("what shrank is named part by part, and a disk only when a good part of it is gone")
    func parts() throws {
        let inventory = Inventory(origin: .liveMachine)
        let sold = Resources(cores: 4, memoryBytes: 64 << 20, storageBytes: 100 << 20, gpus: 2)
        func lines(_ edit: (inout Resources) -> Void) -> [String]? {
            var left = sold
            edit(&left)
            return Shrinkage(from: sold, to: left, inventory)?.lines
        }
        #expect(lines { _ in } == nil)
        #expect(lines { $0.cores = 5 } == nil)
        #expect(lines { $0.cores = 3 } == ["4 cores are offered and 3 are left"])
        #expect(lines { $0.gpus = 0 } == ["2 GPUs are offered and 0 are left"])
        #expect(lines { $0.memoryBytes = 32 << 20 } == ["64 MiB of memory are offered and 32 MiB are left"])
        #expect(lines { $0.storageBytes = 90 << 20 } == nil)
        let short = lines { $0.storageBytes = 80 << 20 }
        #expect(short == ["100 MiB of storage are offered and the disk has room for 80 MiB"])
    }

    @Test("a measurement that the agent's stop cut short is not signed, and is no problem")
    func stopped() async throws {
        machine.isSlow.withLock { $0 = true }
        let refresh = Task { await service.refresh() }
        while machine.measured.withLock({ $0 }) < 1 { try await Task.sleep(for: .milliseconds(5)) }
        refresh.cancel()
        #expect(await !refresh.value)
        #expect(await offered == nil)
        #expect(await problems.isEmpty)
    }

    @Test("a glance tells the memory that jobs can get, the processors that are online and the control groups' limits")
    func glance() throws {
        let folder = try TestFolder()
        func put(_ name: String, _ text: String) throws {
            let path = "\(folder.path)/\(name)"
            try Files.makeDirectories(path.split(separator: "/").dropLast().map { "/\($0)" }.joined(), mode: 0o755)
            try DurableFile.write(text.utf8, to: path, mode: 0o644)
        }
        let root = folder.path
        try put("proc/meminfo", "MemTotal: 1000 kB\nHugetlb: 200 kB\n")
        try put("sys/devices/system/cpu/online", "0-2\n")
        let first = MachineGlance.take(root)
        #expect(first == MachineGlance(memoryBytes: 800 << 10, online: PUSet([0, 1, 2])))
        try put("proc/meminfo", "MemTotal: 1000 kB\nHugetlb: 300 kB\n")
        #expect(MachineGlance.take(root).memoryBytes == 700 << 10)
        try put("proc/self/cgroup", "0::/\n")
        try put("proc/self/mountinfo", "1 0 0:1 / /cg rw - cgroup2 none rw\n")
        try put("cg/memory.max", "5000\n")
        #expect(MachineGlance.take(root).limits?.memoryBytesMax == 5_000)
    }
}
