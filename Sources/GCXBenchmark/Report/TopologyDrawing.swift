import GCXModel

/// The processors as boxes in boxes: packages, nodes, last-level caches, cores with their own caches.
struct TopologyDrawing {
    /// Cores beyond which the boxes tell less than the text under them.
    static let coresMax = 512

    private let topology: Inventory.Topology
    /// Processors that the run was pinned to, by the kernel's number.
    private let used: PUSet

    /// Nil for a machine that has nothing to draw, or too much.
    init?(_ topology: Inventory.Topology, used: [Int]) {
        guard !topology.packages.isEmpty, (1...Self.coresMax).contains(topology.cores.count) else { return nil }
        (self.topology, self.used) = (topology, PUSet(used))
    }

    var html: String {
        "<div class=\"boxes\">\(topology.packages.map(package).joined())</div>"
            + "<p class=\"sub\">Marked: where the threads were pinned. Dashed: not allowed to this run.</p>"
    }

    private func package(_ package: Inventory.Topology.Package) -> String {
        let nodes = topology.numaNodes.filter { !$0.pus.isEmpty && $0.pus.isSubset(of: package.pus) }
        let parts = nodes.filter { $0.pus != package.pus }
        let inside = parts.isEmpty ? groups(in: package.pus) : parts.map { box(title($0), groups(in: $0.pus)) }.joined()
        let whole = nodes.filter { $0.pus == package.pus }.map(title)
        let name = ["package", package.osIndex.map(String.init), package.model].compactMap(\.self)
        return box(([name.joined(separator: " ")] + whole).joined(separator: " · "), inside)
    }

    private func title(_ node: Inventory.Topology.NUMANode) -> String {
        "NUMA node \(node.osIndex)" + (node.memoryBytes.map { ", \(BinarySize.text($0))" } ?? "")
    }

    /// The third-level caches with their cores, then the cores that have none.
    private func groups(in pus: PUSet) -> String {
        let caches = topology.caches.filter { $0.level == 3 && $0.pus.isSubset(of: pus) }
        let covered = caches.reduce(PUSet([])) { $0.union($1.pus) }
        let bare = cores(in: PUSet(pus.indexes.filter { !covered.contains($0) }))
        return caches.map { box(label($0), cores(in: $0.pus)) }.joined() + bare  // bounded: joins texts
    }

    private func cores(in pus: PUSet) -> String {
        let found = topology.cores.filter { !$0.pus.isEmpty && $0.pus.isSubset(of: pus) }
        return found.isEmpty ? "" : "<div class=\"cores\">\(found.map(core).joined())</div>"
    }

    private func core(_ core: Inventory.Topology.Core) -> String {
        let own = topology.caches.filter { $0.level < 3 && core.pus.isSubset(of: $0.pus) }
            .sorted { ($0.level, $0.kind.rawValue) > ($1.level, $1.kind.rawValue) }
        let mark =
            !used.isDisjoint(with: core.pus) ? " used" : core.pus.isDisjoint(with: topology.allowedPUs) ? " off" : ""
        let name = core.osIndex.map { "core \($0)" } ?? "core"
        let lines = own.map { "<span>\(Markup.escaped(label($0)))</span>" }
        return "<div class=\"core\(mark)\"><b>\(name)</b>\(lines.joined())<span>PU \(core.pus)</span></div>"
    }

    private func label(_ cache: Inventory.Topology.Cache) -> String {
        let kind = cache.kind == .data ? "d" : cache.kind == .instruction ? "i" : ""
        let sharers = topology.cores.count { $0.pus.isSubset(of: cache.pus) }
        let shared = cache.level < 3 && sharers > 1 ? ", shared by \(sharers)" : ""
        // bounded: joins texts
        return "L\(cache.level)\(kind)" + (cache.sizeBytes.map { " \(BinarySize.text($0))" } ?? "") + shared
    }

    private func box(_ title: String, _ inside: String) -> String {
        "<div class=\"box\"><p>\(Markup.escaped(title))</p>\(inside)</div>"
    }
}

/// A size in powers of two, as caches and memory have it: `32 KiB`, `15.4 GiB`.
enum BinarySize {
    static func text(_ bytes: UInt64) -> String {
        let steps: [(UInt64, String)] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        guard let (scale, unit) = steps.first(where: { bytes >= $0.0 }) else { return "\(bytes) B" }
        // bounded here: joins texts; of Doubles, the scale is 2^10 or more
        let value = Double(bytes) / Double(scale)
        return Quantity.fixed(value, decimals: bytes % scale == 0 ? 0 : 1) + " \(unit)"
    }
}
