package import GCXModel
import Glibc

/// Looks from a directory down through what it is stacked of, to the devices or the memory that hold its data.
///
/// ```swift
/// let ground = StorageResolver.live().ground(ofDescriptor: file)
/// print(ground.line)  // ext4 on a loop file on xfs on nvme0n1
/// ```
/// It reads the table of mounts and sysfs, and changes nothing. Whatever it cannot follow is unknown, and never a disk.
///
/// Source: proc_pid_mountinfo(5); sysfs-block (`slaves`, `loop/backing_file`); overlayfs.rst.
package struct StorageResolver: Sendable {
    let root: SystemRoot
    let tree: MountTree
    /// Bytes of the filesystem at a path, used or not; nil where there is no such path.
    let totalBytes: @Sendable (String) -> UInt64?

    package init(root: SystemRoot, totalBytes: @escaping @Sendable (String) -> UInt64?) {
        self.root = root
        self.totalBytes = totalBytes
        tree = MountTree(MountSource.read(root))
    }

    /// Of this machine.
    package static func live() -> StorageResolver {
        StorageResolver(root: .live) { path in
            var room = statvfs()
            guard unsafe statvfs(path, &room) == 0 else { return nil }
            return UInt64(clamping: room.f_blocks).saturatingProduct(UInt64(clamping: room.f_frsize))
        }
    }

    /// What an open file or directory lies on: its mount is known to the kernel, whatever was mounted over it since.
    package func ground(ofDescriptor descriptor: Int32) -> StorageGround {
        let numbers = root.text("proc/self/fdinfo/\(descriptor)").map { fields(of: $0) }
        guard let id = numbers?["mnt_id"].flatMap({ Int($0, radix: 10) }), let mount = tree.mount(id: id) else {
            return StorageGround(.unknown, "a filesystem", reason: "its mount is in no table")
        }
        var looks = HardwareLimits.storageLooksMax
        return ground(of: mount, at: "/proc/self/fd/\(descriptor)", depth: 0, &looks)
    }

    /// What an absolute path without symbolic links lies on.
    package func ground(of path: String) -> StorageGround {
        var looks = HardwareLimits.storageLooksMax
        return ground(of: path, depth: 0, &looks)
    }

    private func ground(of path: String, depth: Int, _ looks: inout Int) -> StorageGround {
        guard let mount = tree.mount(of: path) else {
            return StorageGround(.unknown, "a filesystem", reason: "\(Self.plain(path)) is in no mount in sight")
        }
        return ground(of: mount, at: path, depth: depth, &looks)
    }

    /// - Parameters:
    ///   - path: where the filesystem can be asked for its size.
    ///   - depth: layers above.
    ///   - looks: how many more may be made.
    private func ground(
        of mount: MountSource.Mount, at path: String, depth: Int, _ looks: inout Int
    ) -> StorageGround {
        guard depth < HardwareLimits.storageLayersMax, looks > 0 else { return Self.tooDeep(mount.type) }
        looks -= 1  // bounded: above 0, asked first
        let next = depth + 1  // bounded: below `storageLayersMax`, asked first
        switch mount.type {
        case "tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs": return StorageGround(.memory, mount.type)
        case "overlay": return overlay(mount, at: path, depth: next, &looks)
        case "ecryptfs":
            return on(mount.type, [ground(of: mount.source, depth: next, &looks)])
        default: return devices(of: mount, depth: next, &looks)
        }
    }

    private func on(_ top: String, _ below: [StorageGround]) -> StorageGround {
        StorageGround(Self.plain(top), on: below, namesMax: HardwareLimits.storageNamesMax)
    }

    static func tooDeep(_ top: String) -> StorageGround {
        StorageGround(
            .unknown, plain(top),
            reason:
                "there are more than \(NumberText.count(HardwareLimits.storageLayersMax, "layer")), or too many parts")
    }

    /// A name from the machine's files as it may be shown.
    static func plain(_ text: String) -> String { PlainText.line(text, bytesMax: HardwareLimits.storageNameBytesMax) }
}

// Filesystems on filesystems.
extension StorageResolver {
    /// What is written lies in the upper layer; it is named as its mounter saw it, which may be a path from a directory or of a
    /// container that is out of sight. An overlay answers the size of its upper layer, so that a wrong one is found out.
    private func overlay(
        _ mount: MountSource.Mount, at path: String, depth: Int, _ looks: inout Int
    ) -> StorageGround {
        let size = totalBytes(path)
        if let named = upperNames(of: mount).first(where: { isUpper($0, of: mount, bytes: size) }) {
            return on(mount.type, [ground(of: named, depth: depth, &looks)])
        }
        let twins = twins(of: mount, bytes: size).map { ground(of: $0, at: $0.mountPoint, depth: depth, &looks) }
        let worst = twins.first { $0.kind == .memory } ?? twins.first { $0.kind == .unknown }
        guard let twin = worst ?? twins.first else {
            return StorageGround(.unknown, mount.type, reason: "its upper layer is out of sight")
        }
        return on(mount.type, [twin])
    }

    /// As it stands in the table, and without the backslashes that older kernels keep before colons and commas.
    private func upperNames(of mount: MountSource.Mount) -> [String] {
        let names = mount.options.filter { $0.hasPrefix("upperdir=/") }.map { String($0.dropFirst("upperdir=".count)) }
        return names + names.map { $0.filter { $0 != "\\" } }  // bounded: joins lists
    }

    private func isUpper(_ path: String, of mount: MountSource.Mount, bytes: UInt64?) -> Bool {
        guard let bytes, totalBytes(path) == bytes, let lower = tree.mount(of: path) else { return false }
        return lower.id != mount.id
    }

    /// Local filesystems of exactly the same size: one of them is the upper layer.
    private func twins(of mount: MountSource.Mount, bytes: UInt64?) -> [MountSource.Mount] {
        guard let bytes, bytes > 0 else { return [] }
        return tree.mounts.filter { other in
            // A file server that is gone would hold whoever asks it.
            Self.isLocal(other) && tree.mount(of: other.mountPoint)?.id == other.id
                && totalBytes(other.mountPoint) == bytes
        }
    }

    private static func isLocal(_ mount: MountSource.Mount) -> Bool {
        mount.type != "overlay"
            && (!mount.device.hasPrefix("0:") || ["tmpfs", "ramfs", "btrfs", "bcachefs"].contains(mount.type))
    }
}

// Filesystems on devices, and devices on devices.
extension StorageResolver {
    private func devices(of mount: MountSource.Mount, depth: Int, _ looks: inout Int) -> StorageGround {
        if !mount.device.hasPrefix("0:") {
            return on(mount.type, [ground(ofNumber: mount.device, depth: depth, &looks)])
        }
        // A filesystem of several devices has no number of its own; it names one of them, or all.
        let names = mount.source.split(separator: ":").map(String.init)
        guard !names.isEmpty, names.allSatisfy({ $0.hasPrefix("/dev/") }) else {
            return StorageGround(
                .unknown, Self.plain(mount.type), reason: "this filesystem names no device of this machine")
        }
        let own = names.compactMap(diskName)
        guard own.count == names.count else {
            return StorageGround(.unknown, Self.plain(mount.type), reason: "its device is not in sysfs")
        }
        let all = companions(of: own, type: mount.type)
        return on(mount.type, all.map { ground(ofDevice: $0, depth: depth, &looks) })
    }

    /// All devices of a btrfs that has one of these.
    private func companions(of names: [String], type: String) -> [String] {
        guard type == "btrfs" else { return names }
        let folders = root.names(in: "sys/fs/btrfs").map { root.names(in: "sys/fs/btrfs/\($0)/devices") }
        return folders.first { !Set($0).isDisjoint(with: names) } ?? names
    }

    private func ground(ofNumber number: String, depth: Int, _ looks: inout Int) -> StorageGround {
        for name in root.names(in: Self.folder) {
            if root.word("\(Self.folder)/\(name)/dev") == number {
                return ground(ofDevice: name, depth: depth, &looks)
            }
            let parts = root.names(in: "\(Self.folder)/\(name)")
            if parts.contains(where: { root.word("\(Self.folder)/\(name)/\($0)/dev") == number }) {
                return ground(ofDevice: name, depth: depth, &looks)
            }
        }
        return StorageGround(.unknown, "device \(Self.plain(number))", reason: "it is not in sysfs")
    }

    /// - Parameter name: as sysfs names a disk or a partition.
    private func ground(ofDevice name: String, depth: Int, _ looks: inout Int) -> StorageGround {
        guard depth < HardwareLimits.storageLayersMax, looks > 0 else { return Self.tooDeep(name) }
        looks -= 1  // bounded: above 0, asked first
        let next = depth + 1  // bounded: below `storageLayersMax`, asked first
        guard let disk = disk(of: name) else {
            return StorageGround(.unknown, Self.plain(name), reason: "it is not in sysfs")
        }
        if isMemory(disk) { return StorageGround(.memory, Self.plain(disk)) }
        switch BlockSource.kind(ofName: disk) {
        case .loop: return loop(disk, depth: next, &looks)
        case .network: return StorageGround(.unknown, Self.plain(disk), reason: "its other end is out of sight")
        case .deviceMapper, .raid: return below(disk, depth: next, &looks)
        default:
            let hasSlaves = !root.names(in: "\(Self.folder)/\(disk)/slaves").isEmpty
            if hasSlaves { return below(disk, depth: next, &looks) }
            return Self.isOfPrograms(disk)
                ? StorageGround(.unknown, Self.plain(disk), reason: "a program serves it")
                : StorageGround(.device, Self.plain(disk))
        }
    }

    private func below(_ disk: String, depth: Int, _ looks: inout Int) -> StorageGround {
        on(disk, root.names(in: "\(Self.folder)/\(disk)/slaves").map { ground(ofDevice: $0, depth: depth, &looks) })
    }

    private func loop(_ disk: String, depth: Int, _ looks: inout Int) -> StorageGround {
        let deleted = " (deleted)"
        let text = root.text("\(Self.folder)/\(disk)/loop/backing_file")
        guard var file = text?.split(separator: "\n").first.map(String.init) else {
            return StorageGround(.unknown, "a loop device", reason: "it does not say what its file is")
        }
        if file.hasSuffix(deleted) {
            file = file.dropLast(deleted.count).split(separator: "/").dropLast().map { "/\($0)" }.joined()
        }
        guard totalBytes(file.isEmpty ? "/" : file) != nil else {
            return StorageGround(.unknown, "a loop file", reason: "\(Self.plain(file)) is out of sight")
        }
        return on("a loop file", [ground(of: file.isEmpty ? "/" : file, depth: depth, &looks)])
    }

    private static let folder = "sys/block"

    /// RAM disks, compressed memory, and what kernels pretend for tests.
    private func isMemory(_ disk: String) -> Bool {
        let models = ["scsi_debug", "RAMDISK-MCP"]
        return ["ram", "nullb"].contains { numberSuffix(disk, after: $0) != nil }
            || BlockSource.kind(ofName: disk) == .compressedMemory
            || root.word("\(Self.folder)/\(disk)/device/model").map(models.contains) ?? false
    }

    private static func isOfPrograms(_ disk: String) -> Bool { disk.hasPrefix("ublkb") || disk.hasPrefix("zloop") }

    /// The whole disk of a disk or a partition; nil when sysfs has neither.
    private func disk(of name: String) -> String? {
        guard !name.contains("/"), name != "..", !name.isEmpty else { return nil }
        if root.exists("\(Self.folder)/\(name)") { return name }
        return root.names(in: Self.folder).first { root.exists("\(Self.folder)/\($0)/\(name)/partition") }
    }

    /// What sysfs calls the device of a path in `/dev`.
    private func diskName(_ path: String) -> String? {
        let name = path.dropFirst("/dev/".count)
        if let mapped = path.hasPrefix("/dev/mapper/") ? path.dropFirst("/dev/mapper/".count) : nil {
            return root.names(in: Self.folder).first { root.word("\(Self.folder)/\($0)/dm/name") == String(mapped) }
        }
        // sysfs writes an exclamation mark for a slash.
        return disk(of: name.split(separator: "/").joined(separator: "!")).map { _ in
            name.split(separator: "/").joined(separator: "!")
        }
    }
}
