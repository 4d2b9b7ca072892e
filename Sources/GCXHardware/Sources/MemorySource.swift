import GCXModel

/// Main memory. Source: `/proc/meminfo`, the NUMA nodes' meminfo, and the memory blocks of the hot-plug interface.
package enum MemorySource {
    package static func read(_ root: SystemRoot) -> Inventory.Memory? {
        guard var memory = root.text("proc/meminfo").flatMap(parse) else { return nil }
        memory.nodesTotalBytes = nodesTotal(root)
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

    private static func nodesTotal(_ root: SystemRoot) -> UInt64? {
        let folder = "sys/devices/system/node"
        let totals = root.names(in: folder).filter { numberSuffix($0, after: "node") != nil }
            .compactMap { root.text("\(folder)/\($0)/meminfo").flatMap(parseNode) }
        return totals.isEmpty ? nil : totals.reduce(0) { $0.saturatingSum($1) }
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
