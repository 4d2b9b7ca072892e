package import GCXModel

/// Block devices. Source: `/sys/block` (`Documentation/ABI/stable/sysfs-block`), whose sizes count sectors of 512 bytes.
package enum BlockSource {
    private static let folder = "sys/block"
    private static let sectorBytes: UInt64 = 512

    package static func read(_ root: SystemRoot, mounts: [MountSource.Mount]) -> [Inventory.BlockDevice] {
        // A path of a drive that several controllers reach is hidden: the kernel joins the paths under another name.
        root.names(in: folder).filter { root.integer("\(folder)/\($0)/hidden") != 1 }.compactMap { name in
            let device = readDevice(root, name, mounts)
            // An empty loop or memory slot is a name without a device behind it.
            return isEmptySlot(device) ? nil : device
        }
    }

    private static func readDevice(
        _ root: SystemRoot, _ name: String, _ mounts: [MountSource.Mount]
    ) -> Inventory.BlockDevice {
        let path = "\(folder)/\(name)"
        var device = Inventory.BlockDevice(name: name, kind: kind(ofName: name))
        device.model = root.word("\(path)/device/model") ?? root.word("\(path)/device/name")
        device.sizeBytes = root.word("\(path)/size").flatMap { UInt64($0) }.map { $0 &* sectorBytes }
        device.isRotational = root.integer("\(path)/queue/rotational").map { $0 == 1 }
        device.isReadOnly = root.integer("\(path)/ro").map { $0 == 1 }
        device.isRemovable = root.integer("\(path)/removable").map { $0 == 1 }
        device.scheduler = root.word("\(path)/queue/scheduler").flatMap(parseScheduler)
        device.filesystems = filesystems(root, path, mounts)
        return device
    }

    /// The first mount of each filesystem on the device or a partition of it; a bind mount shows the same room again.
    private static func filesystems(
        _ root: SystemRoot, _ path: String, _ mounts: [MountSource.Mount]
    ) -> [Inventory.Filesystem] {
        let partitions = root.names(in: path).filter { root.exists("\(path)/\($0)/partition") }
        let numbers = ([path] + partitions.map { "\(path)/\($0)" }).compactMap { root.word("\($0)/dev") }
        return numbers.compactMap { number in mounts.first { $0.device == number } }
            .map { MountSource.filesystem($0, on: root) }
    }

    /// `none [mq-deadline] kyber` → `mq-deadline`; a list without brackets is its only word.
    package static func parseScheduler(_ text: String) -> String? {
        let words = text.split(separator: " ")
        if let chosen = words.first(where: { $0.hasPrefix("[") && $0.hasSuffix("]") }) {
            return String(chosen.dropFirst().dropLast())
        }
        return words.count == 1 ? String(words[0]) : nil  // bounded: one word, counted first
    }

    /// By the name the driver gives (`Documentation/admin-guide/devices.txt`).
    package static func kind(ofName name: String) -> Inventory.BlockDevice.Kind {
        let prefixes: [(String, Inventory.BlockDevice.Kind)] = [
            ("nvme", .nvme), ("sd", .scsi), ("sr", .scsi), ("vd", .virtio), ("xvd", .xen), ("mmcblk", .multimediaCard),
            ("dm-", .deviceMapper), ("md", .raid), ("loop", .loop), ("zram", .compressedMemory), ("nbd", .network),
            ("rbd", .network), ("drbd", .network),
        ]
        return prefixes.first { name.hasPrefix($0.0) }?.1 ?? .other
    }

    private static func isEmptySlot(_ device: Inventory.BlockDevice) -> Bool {
        let slots: [Inventory.BlockDevice.Kind] = [.loop, .network, .compressedMemory]
        return slots.contains(device.kind) && (device.sizeBytes ?? 0) == 0
    }
}
