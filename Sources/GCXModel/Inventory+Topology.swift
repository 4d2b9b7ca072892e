extension Inventory {
    /// The shape of the processors, as flat arrays: every object lists the processing units (PUs) below it.
    ///
    /// Source: hwloc. Arrays are in hwloc's logical order, which is the order of locality.
    package struct Topology: Codable, Equatable, Sendable {
        package var packages: [Package] = []
        package var numaNodes: [NUMANode] = []
        package var caches: [Cache] = []
        /// Caches in front of a node's memory, such as HBM before DRAM; nil in an inventory of a release that did not look.
        package var memoryCaches: [MemoryCache]?
        package var cores: [Core] = []
        /// Kernel numbers of all PUs, in logical order.
        package var pus: [Int] = []
        /// The PUs the operating system lets this process use.
        package var allowedPUs: PUSet
        /// More than one kind of core (performance, efficiency), the least performing first; empty when there is one kind.
        package var coreKinds: [CoreKind] = []

        package init(allowedPUs: PUSet) {
            self.allowedPUs = allowedPUs
        }

        /// The sum over the NUMA nodes, in bytes; nil when no node told.
        package var memoryBytes: UInt64? {
            let known = numaNodes.compactMap(\.memoryBytes)
            return known.isEmpty ? nil : known.reduce(0) { $0.saturatingSum($1) }
        }

        /// Whether any core has more than one PU.
        package var isSMT: Bool { cores.contains { $0.pus.count > 1 } }

        /// The caches of the highest level there is.
        package var lastLevelCaches: [Cache] {
            let highest = caches.map(\.level).max()
            return caches.filter { $0.level == highest }
        }
    }
}

extension Inventory.Topology {
    /// One processor package: what sits in a socket.
    package struct Package: Codable, Equatable, Sendable {
        /// The kernel's number of it; nil when it gave none.
        package var osIndex: Int?
        package var model: String?
        package var pus: PUSet

        package init(osIndex: Int?, model: String?, pus: PUSet) {
            self.osIndex = osIndex
            self.model = model
            self.pus = pus
        }
    }

    /// Memory that some PUs reach at the same cost. A node without PUs (a memory expander) has an empty set.
    package struct NUMANode: Codable, Equatable, Sendable {
        package var osIndex: Int
        package var memoryBytes: UInt64?
        package var pus: PUSet

        package init(osIndex: Int, memoryBytes: UInt64?, pus: PUSet) {
            self.osIndex = osIndex
            self.memoryBytes = memoryBytes
            self.pus = pus
        }
    }

    /// One cache: there are as many of a level as the machine has, not one entry a level.
    package struct Cache: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable {
            case data, instruction, unified
        }

        /// 1 is the nearest to the core.
        package var level: Int
        package var kind: Kind
        package var sizeBytes: UInt64?
        package var lineBytes: Int?
        /// The PUs that share it.
        package var pus: PUSet

        package init(level: Int, kind: Kind, sizeBytes: UInt64?, lineBytes: Int?, pus: PUSet) {
            self.level = level
            self.kind = kind
            self.sizeBytes = sizeBytes
            self.lineBytes = lineBytes
            self.pus = pus
        }
    }

    /// A cache that stands before the memory of a NUMA node, for whoever reaches it.
    package struct MemoryCache: Codable, Equatable, Sendable {
        package var sizeBytes: UInt64?
        /// The PUs that are nearest to the node's memory.
        package var pus: PUSet

        package init(sizeBytes: UInt64?, pus: PUSet) {
            self.sizeBytes = sizeBytes
            self.pus = pus
        }
    }

    /// A physical core.
    package struct Core: Codable, Equatable, Sendable {
        /// The kernel's number: unique in its package only.
        package var osIndex: Int?
        /// The SMT threads of the core.
        package var pus: PUSet

        package init(osIndex: Int?, pus: PUSet) {
            self.osIndex = osIndex
            self.pus = pus
        }
    }

    /// The cores of one kind, on a machine that mixes fast and thrifty ones.
    package struct CoreKind: Codable, Equatable, Sendable {
        /// hwloc's rank, 0 the least performing; nil when it could not rank them.
        package var efficiencyRank: Int?
        package var pus: PUSet

        package init(efficiencyRank: Int?, pus: PUSet) {
            self.efficiencyRank = efficiencyRank
            self.pus = pus
        }
    }
}
