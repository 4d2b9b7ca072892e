import GCXModel

// The processors: packages, their nodes and caches, with equal cores folded into one line.
extension InventoryTree {
    static func processors(_ inventory: Inventory) -> TreeNode? {
        guard let topology = inventory.topology else { return nil }
        let loose = topology.numaNodes.filter { node in
            !topology.packages.contains { !node.pus.isEmpty && node.pus.isSubset(of: $0.pus) }
        }
        let kinds = topology.coreKinds.map { kind in
            TreeNode("core kind \(kind.efficiencyRank.map(String.init) ?? "of unknown rank"): PUs \(kind.pus)")
        }
        let memoryCaches = (topology.memoryCaches ?? []).map { cache in
            TreeNode("memory-side cache \(cache.sizeBytes.map(bytes) ?? "of unknown size"): PUs \(cache.pus)")
        }
        return section(
            title(inventory),
            // bounded: joins lists
            topology.packages.map { package($0, topology) } + loose.map { TreeNode(node($0)) } + memoryCaches + kinds)
    }

    private static func title(_ inventory: Inventory) -> String {
        let model = [inventory.processor?.vendor, inventory.processor?.model].compactMap(\.self)
        return model.isEmpty ? "Processors" : "Processors: \(model.joined(separator: " "))"
    }

    private static func package(_ package: Inventory.Topology.Package, _ topology: Inventory.Topology) -> TreeNode {
        let nodes = topology.numaNodes.filter { !$0.pus.isEmpty && $0.pus.isSubset(of: package.pus) }
        let whole = nodes.filter { $0.pus == package.pus }
        let parts = nodes.filter { $0.pus != package.pus }
        let inside =
            parts.isEmpty
            ? caches(in: package.pus, topology)
            : parts.map { TreeNode(node($0), caches(in: $0.pus, topology)) }
        let name = "package\(package.osIndex.map { " \($0)" } ?? "")\(package.model.map { " \($0)" } ?? "")"
        return TreeNode(name, whole.map { TreeNode(node($0)) } + inside)  // bounded: joins lists
    }

    private static func node(_ node: Inventory.Topology.NUMANode) -> String {
        let pus = node.pus.isEmpty ? "no PUs" : "PUs \(node.pus)"
        return "NUMA node \(node.osIndex): \(node.memoryBytes.map(bytes) ?? "memory unknown"), \(pus)"
    }

    /// The L3 caches within a set with their cores below; without any, the cores alone.
    private static func caches(in pus: PUSet, _ topology: Inventory.Topology) -> [TreeNode] {
        let third = topology.caches.filter { $0.level == 3 && $0.kind == .unified && $0.pus.isSubset(of: pus) }
        guard !third.isEmpty else { return cores(in: pus, topology) }
        let covered = third.reduce(PUSet([])) { $0.union($1.pus) }
        let rest = PUSet(pus.indexes.filter { !covered.contains($0) })
        return fold(third.map { (label: "L3 \($0.sizeBytes.map(bytes) ?? "of unknown size")", pus: $0.pus) }, topology)
            + cores(in: rest, topology)  // bounded: joins lists
    }

    /// Caches with the same label and equally many cores become one line.
    private static func fold(_ caches: [(label: String, pus: PUSet)], _ topology: Inventory.Topology) -> [TreeNode] {
        var runs: [(label: String, pus: [PUSet])] = []
        for cache in caches {
            // bounded here: a run begins with one set of units, and the last one is there
            if let last = runs.last, last.label == cache.label, last.pus[0].count == cache.pus.count {
                runs[runs.count - 1].pus.append(cache.pus)
            } else {
                runs.append((cache.label, [cache.pus]))
            }
        }
        return runs.map { run in
            let all = run.pus.reduce(PUSet([])) { $0.union($1) }
            return TreeNode(
                run.pus.count == 1 ? run.label : "\(run.pus.count) × \(run.label)", cores(in: all, topology))
        }
    }

    /// One line for each run of cores with the same number of PUs and the same private caches.
    private static func cores(in pus: PUSet, _ topology: Inventory.Topology) -> [TreeNode] {
        var runs: [(shape: String, pus: PUSet, count: Int)] = []
        for core in topology.cores where !core.pus.isEmpty && core.pus.isSubset(of: pus) {
            let shape = shape(of: core, topology)
            if let last = runs.last, last.shape == shape {
                // bounded here: the last run is there, and no more cores than the inventory lists
                runs[runs.count - 1] = (shape, last.pus.union(core.pus), last.count + 1)
            } else {
                runs.append((shape, core.pus, 1))
            }
        }
        return runs.map { TreeNode("\(NumberText.count($0.count, "core")) \($0.shape): PUs \($0.pus)") }
    }

    private static func shape(of core: Inventory.Topology.Core, _ topology: Inventory.Topology) -> String {
        let caches = topology.caches.filter { $0.level < 3 && core.pus.isSubset(of: $0.pus) }.map { cache in
            let kind = cache.kind == .data ? "d" : cache.kind == .instruction ? "i" : ""
            let sharers = topology.cores.filter { $0.pus.isSubset(of: cache.pus) }.count
            let size = cache.sizeBytes.map { " \(bytes($0))" } ?? ""
            return "L\(cache.level)\(kind)\(size)\(sharers > 1 ? " shared by \(sharers)" : "")"
        }
        return (["× \(NumberText.count(core.pus.count, "PU"))"] + caches).joined(separator: ", ")
    }
}
