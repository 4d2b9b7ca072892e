import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("what is free of an offer")
struct CapacityTests {
    /// The plain way: at each start of a lease, the sum of all that run then.
    private func plain(_ capacity: Resources, _ leases: [LeaseRecord], from: UInt64, until: UInt64) -> Resources {
        let held = leases.filter { !$0.escrow.isClosed }.map(\.terms).filter { $0.startsAt < until && from < $0.endsAt }
        let moments = [from] + held.map(\.startsAt).filter { $0 > from }
        func free(_ part: (Resources) -> UInt64) -> UInt64 {
            let loads = moments.map { moment in
                held.filter { $0.startsAt <= moment && moment < $0.endsAt }.reduce(UInt64(0)) {
                    let (sum, overflow) = $0.addingReportingOverflow(part($1.resources))
                    return overflow ? .max : sum
                }
            }
            let (peak, all) = (loads.max() ?? 0, part(capacity))
            return all > peak ? all - peak : 0
        }
        return Resources(
            cores: UInt32(clamping: free { UInt64($0.cores) }), memoryBytes: free(\.memoryBytes),
            storageBytes: free(\.storageBytes), gpus: UInt32(clamping: free { UInt64($0.gpus) }))
    }

    @Test("it is what the plain way says, at any time, while leases open and close", arguments: PropertyTests.seeds)
    func equality(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let (folder, world) = (try Folder(), try TestWorld())
        let ledger = try openLedger(folder, world)
        let bench = LedgerBench(ledger: ledger, world: world)
        let free = Rates(leaseHour: 0, coreHour: 0, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)
        // Memory is so large that sums of it overflow 64 bits.
        let capacity = Resources(cores: 40, memoryBytes: .max, storageBytes: 1 << 50, gpus: 8)
        let market = try await bench.openMarket(
            offer: { ($0.capacity, $0.leaseSecondsMin, $0.rates) = (capacity, 600, free) })
        var open: [LeaseID] = []
        for _ in 0..<60 {
            let start = world.clock.now + UInt64.random(in: 0...3_000, using: &generator) / 100 * 100
            let resources = Resources(
                cores: .random(in: 2...12, using: &generator),
                memoryBytes: .random(in: (2 << 30)...(.max / 2), using: &generator),
                storageBytes: .random(in: (1 << 30)...(1 << 49), using: &generator),
                gpus: .random(in: 0...3, using: &generator))
            let terms = try await bench.freshLease(market) {
                ($0.startsAt, $0.endsAt, $0.deposit, $0.resources, $0.rates) = (
                    start, start + 600, 500, resources, free
                )
            }
            if (try? await ledger.post(.leaseOpened(terms))) != nil { open.append(terms.lease(in: world.domain)) }
            if open.count > 3, Bool.random(using: &generator) {
                let id = open.remove(at: .random(in: 0..<open.count, using: &generator))
                try await ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            }
            let leases = await ledger.leases(of: world.owner.address)
            for _ in 0..<5 {
                let from = world.clock.now + .random(in: 0...4_000, using: &generator) / 50 * 50
                let until = from + .random(in: 1...1_500, using: &generator)
                let answer = try await ledger.freeCapacity(of: market.offer, from: from, until: until)
                #expect(answer == plain(capacity, leases, from: from, until: until), "seed \(seed)")
            }
        }
        #expect(open.count > 3)
        // What is kept as leases open and close is what the journal says.
        let account = await ledger.account(world.buyer.address)
        #expect(account.escrowed == Amount(UInt128(open.count * 500)))
    }
}
