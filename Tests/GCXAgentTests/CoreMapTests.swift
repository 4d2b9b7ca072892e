import GCXModel
import GCXWire
import Testing

@testable import GCXAgent

@Suite("Which cores a lease gets")
struct CoreMapTests {
    /// Two nodes of four cores with two hardware threads each: core n has the PUs n and n + 8.
    let map = CoreMap(cores: (0..<8).map { CoreMap.Core(pus: PUSet([$0, $0 + 8]), node: $0 / 4) })

    private func placements(_ counts: [UInt32]) -> [CorePlacement?] {
        var taken: [CorePlacement] = []
        return counts.map { count in
            let placement = map.place(count, beside: taken)
            if let placement { taken.append(placement) }
            return placement
        }
    }

    @Test("a lease stays on one node where it fits, and has every thread of its cores")
    func oneNode() {
        let found = placements([3, 4, 1])
        #expect(found[0] == CorePlacement(pus: PUSet([0, 1, 2, 8, 9, 10]), nodes: PUSet([0])))
        // The second does not fit beside the first, and the third uses up what is left there.
        #expect(found[1]?.nodes == PUSet([1]))
        #expect(found[2] == CorePlacement(pus: PUSet([3, 11]), nodes: PUSet([0])))
    }

    @Test("it is spread over nodes only when it fits in none")
    func spread() {
        let found = placements([2, 6])
        #expect(found[1]?.nodes == PUSet([0, 1]))
        #expect(found[1]?.pus.count == 12)
    }

    @Test("no core is ever given twice, whatever comes and goes", arguments: 0..<50)
    func exclusive(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ most: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % most
        }
        var held: [CorePlacement] = []
        for _ in 0..<40 {
            if random(2) == 0, !held.isEmpty { held.remove(at: random(held.count)) }
            let count = UInt32(1 + random(8))
            let free = 8 - held.reduce(0) { $0 + $1.pus.count / 2 }
            let placement = map.place(count, beside: held)
            #expect((placement != nil) == (free >= Int(count)))
            guard let placement else { continue }
            #expect(placement.pus.count == Int(count) * 2)
            #expect(held.allSatisfy { $0.pus.isDisjoint(with: placement.pus) })
            held.append(placement)
        }
    }

    @Test("reserved cores are never sold, and none without a topology")
    func reserved() throws {
        var inventory = Inventory(origin: .liveMachine)
        #expect(CoreMap(inventory, reserved: 0) == nil)
        var topology = Inventory.Topology(allowedPUs: PUSet([1, 2, 3]))
        topology.cores = (0..<4).map { Inventory.Topology.Core(osIndex: $0, pus: PUSet([$0])) }
        topology.pus = [0, 1, 2, 3]
        inventory.topology = topology
        let map = try #require(CoreMap(inventory, reserved: 1))
        // PU 0 is not the agent's, and the first that is stays the owner's.
        #expect(map.cores.map(\.pus) == [PUSet([2]), PUSet([3])])
        #expect(map.place(3, beside: []) == nil)
        #expect(map.place(0, beside: []) == nil)
    }
}
