import GCXHardware
package import GCXModel

/// What decides how much there is to sell, as far as some small files tell: read while an offer stands, in about a millisecond,
/// where an inventory starts a program.
package struct MachineGlance: Equatable, Sendable {
    /// Memory that jobs can get, whoever uses it now, bytes; nil where the kernel does not tell.
    package var memoryBytes: UInt64?
    /// Processors that are online.
    package var online: PUSet?
    /// What the control groups and the affinity leave.
    package var limits: Inventory.AgentLimits?

    package init(memoryBytes: UInt64?, online: PUSet?, limits: Inventory.AgentLimits? = nil) {
        (self.memoryBytes, self.online, self.limits) = (memoryBytes, online, limits)
    }

    /// Of the machine whose `/proc` and `/sys` are in the folder; empty for this one.
    package static func take(_ folder: String = "") -> MachineGlance {
        let root = SystemRoot(path: folder)
        return MachineGlance(
            memoryBytes: MemorySource.read(root)?.plainBytes,
            online: root.word("sys/devices/system/cpu/online").flatMap { PUSet(list: $0) },
            limits: CgroupSource.read(root, mounts: MountSource.read(root)))
    }
}

/// What became less between what an offer sells and what the machine has.
struct Shrinkage: Equatable, Sendable {
    /// One sentence a part.
    var lines: [String]

    /// Nil when nothing did.
    ///
    /// - Parameter sold: of the offer; its storage counts as less only when a good part of it is gone, for a disk that others
    ///   write to is never the same twice.
    init?(from sold: Resources, to left: Resources, _ inventory: Inventory) {
        lines = []
        if left.cores < sold.cores { lines.append(Self.line(sold.cores, left.cores, "core")) }
        if left.memoryBytes < sold.memoryBytes {
            let huge = inventory.memory?.hugeBytes ?? 0
            // bounded: joins texts
            lines.append(
                "\(Self.mebibytes(sold.memoryBytes)) of memory are offered and \(Self.mebibytes(left.memoryBytes)) are left"
                    + (huge > 0 ? ", for \(Self.mebibytes(huge)) are set aside as huge pages" : ""))
        }
        if left.gpus < sold.gpus { lines.append(Self.line(sold.gpus, left.gpus, "GPU")) }
        if Self.isShort(left.storageBytes, of: sold.storageBytes) {
            lines.append(
                "\(Self.mebibytes(sold.storageBytes)) of storage are offered and the disk has room for \(Self.mebibytes(left.storageBytes))"
            )
        }
        if lines.isEmpty { return nil }
    }

    /// Whether a good part of the storage that is offered is gone.
    static func isShort(_ left: UInt64, of sold: UInt64) -> Bool {
        // bounded here: the smaller from the larger; a constant
        let short = sold > left ? sold - left : 0
        return short > sold / AgentLimits.storageShortfallParts
    }

    private static func line(_ sold: UInt32, _ left: UInt32, _ noun: String) -> String {
        let rest = NumberText.form(of: left, one: "is", many: "are")
        return "\(NumberText.count(sold, noun, one: "is", many: "are")) offered and \(left) \(rest) left"
    }

    private static func mebibytes(_ bytes: UInt64) -> String { "\(bytes >> 20) MiB" }
}
