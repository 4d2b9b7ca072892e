package import GCXModel
package import GCXWire

/// The physical cores that are for sale, and which of them a lease has for itself.
///
/// A core is sold with all its hardware threads, so no two jobs ever meet on one core. The quota bounds CPU time; the
/// cores keep others' work out of caches and out of the way.
package struct CoreMap: Equatable, Sendable {
    /// One physical core.
    package struct Core: Equatable, Sendable {
        /// Its hardware threads that the agent may use.
        package var pus: PUSet
        /// The kernel's number of its NUMA node; nil when the topology has none.
        package var node: Int?

        package init(pus: PUSet, node: Int?) {
            self.pus = pus
            self.node = node
        }
    }

    /// In the order of locality.
    package let cores: [Core]

    package init(cores: [Core]) { self.cores = cores }

    /// The cores that the agent may use, but for the first `reserved`, which stay the owner's; nil without a topology.
    package init?(_ inventory: Inventory, reserved: UInt32) {
        guard let topology = inventory.topology, let allowed = inventory.allowedPUs else { return nil }
        let usable = inventory.allowedCores.map { core in
            Core(
                pus: core.pus.intersection(allowed),
                node: topology.numaNodes.first { core.pus.isSubset(of: $0.pus) }?.osIndex)
        }
        guard !usable.isEmpty else { return nil }
        cores = Array(usable.dropFirst(Int(reserved)))  // bounded: 32 bits in 64
    }

    /// Cores that nobody in `taken` has: of the NUMA node where they fit most closely, and of several nodes only when
    /// they fit in none. Nil when there are too few.
    ///
    /// - Complexity: O(cores × leases).
    package func place(_ count: UInt32, beside taken: [CorePlacement]) -> CorePlacement? {
        let held = taken.reduce(PUSet([])) { $0.union($1.pus) }
        let free = cores.filter { $0.pus.isDisjoint(with: held) }
        // bounded here: 32 bits in 64
        guard count > 0, free.count >= Int(count) else { return nil }
        let byNode = Dictionary(grouping: free) { $0.node ?? -1 }
        // Small remainders are used up first, so that large requests find a whole node.
        let fitting = byNode.filter { $0.value.count >= Int(count) }.min {
            ($0.value.count, $0.key) < ($1.value.count, $1.key)
        }
        if let fitting { return CorePlacement(fitting.value.prefix(Int(count))) }
        let largestFirst = byNode.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.flatMap(\.value)
        return CorePlacement(largestFirst.prefix(Int(count)))
    }
}

extension CorePlacement {
    init(_ cores: some Sequence<CoreMap.Core>) {
        self.init(pus: cores.reduce(PUSet([])) { $0.union($1.pus) }, nodes: PUSet(cores.compactMap(\.node)))
    }
}
