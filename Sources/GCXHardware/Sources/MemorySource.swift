package import GCXModel

/// Main memory. Source: `/proc/meminfo`, the NUMA nodes' meminfo, and the memory blocks of the hot-plug interface.
package enum MemorySource {
    package static func read(_ root: SystemRoot) -> Inventory.Memory? {
        guard var memory = root.text("proc/meminfo").flatMap(parse) else { return nil }
        (memory.nodesTotalBytes, memory.processorlessBytes) = nodes(root)
        memory.onlineBlocksBytes = onlineBlocks(root)
        return memory
    }

    /// Nil without a MemTotal.
    package static func parse(_ text: String) -> Inventory.Memory? {
        let fields = fields(of: text)
        guard let total = fields["MemTotal"].flatMap(bytes) else { return nil }
        var memory = Inventory.Memory(totalBytes: total)
        memory.availableBytes = fields["MemAvailable"].flatMap(bytes)
        memory.swapTotalBytes = fields["SwapTotal"].flatMap(bytes)
        memory.swapFreeBytes = fields["SwapFree"].flatMap(bytes)
        memory.hugePageBytes = fields["Hugepagesize"].flatMap(bytes)
        memory.hugePagesTotal = fields["HugePages_Total"].flatMap { UInt64($0) }
        memory.hugePagesFree = fields["HugePages_Free"].flatMap { UInt64($0) }
        // `Hugetlb` counts the pages of every size; kernels before 4.14 tell only those of the default one.
        let pages = memory.hugePagesTotal.flatMap { count in memory.hugePageBytes.map { $0.saturatingProduct(count) } }
        memory.hugeBytes = fields["Hugetlb"].flatMap(bytes) ?? pages
        return memory
    }

    /// The MemTotal of one node's meminfo, whose lines begin with `Node 0`.
    package static func parseNode(_ text: String) -> UInt64? {
        let line = text.split(whereSeparator: \.isNewline).first { $0.contains(" MemTotal:") }
        return line?.split(separator: ":").last.flatMap { bytes(trimmed($0)) }
    }

    /// `24684084 kB`; the kernel's kB are 1024 bytes.
    private static func bytes(_ value: String) -> UInt64? {
        let parts = value.split(separator: " ")
        // bounded: two parts, counted first
        guard parts.count == 2, parts[1] == "kB", let kibibytes = UInt64(parts[0]) else { return nil }
        let (bytes, overflowed) = kibibytes.multipliedReportingOverflow(by: 1024)
        return overflowed ? nil : bytes
    }

    /// All nodes, and those of them that have no processors; nil where no node says anything.
    private static func nodes(_ root: SystemRoot) -> (all: UInt64?, processorless: UInt64?) {
        let folder = "sys/devices/system/node"
        let totals = root.names(in: folder).filter { numberSuffix($0, after: "node") != nil }.compactMap { name in
            root.text("\(folder)/\(name)/meminfo").flatMap(parseNode).map { bytes in
                // The list of processors is an empty line then.
                (bytes: bytes, isBare: root.text("\(folder)/\(name)/cpulist")?.allSatisfy(\.isWhitespace) ?? false)
            }
        }
        guard !totals.isEmpty else { return (nil, nil) }
        func sum(_ nodes: [(bytes: UInt64, isBare: Bool)]) -> UInt64 { nodes.reduce(0) { $0.saturatingSum($1.bytes) } }
        let bare = totals.filter(\.isBare)
        // Before its processors are brought up, and in odd exports, a machine has none anywhere.
        return (sum(totals), bare.count < totals.count ? sum(bare) : 0)
    }

    private static func onlineBlocks(_ root: SystemRoot) -> UInt64? {
        let folder = "sys/devices/system/memory"
        guard let size = root.word("\(folder)/block_size_bytes").flatMap({ UInt64($0, radix: 16) }) else { return nil }
        let online = root.names(in: folder).filter {
            numberSuffix($0, after: "memory") != nil && root.word("\(folder)/\($0)/online") == "1"
        }
        return online.isEmpty ? nil : UInt64(online.count).saturatingProduct(size)
    }
}

/// The number in `node12` after `node`; nil for any other name.
func numberSuffix(_ name: String, after prefix: String) -> Int? {
    name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count), radix: 10) : nil
}
