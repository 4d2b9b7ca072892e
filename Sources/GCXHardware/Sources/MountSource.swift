import GCXLinux
package import GCXModel
import Glibc

/// Mounted filesystems that live on block devices, and their room. Source: `/proc/self/mountinfo`, `statvfs`.
package enum MountSource {
    /// One line of mountinfo.
    package struct Mount: Equatable, Sendable {
        /// `254:0`, as sysfs writes a device's number.
        package var device: String
        /// The part of the filesystem that is mounted: `/` unless it is a bind mount or a cgroup below the root.
        package var root: String
        package var mountPoint: String
        package var type: String
        /// The filesystem's own options, `rw,memory` for a v1 cgroup hierarchy.
        package var options: [String]
        /// The number of this mount, and of the one that it is mounted on.
        package var id: Int
        package var parent: Int
        /// What was named to be mounted: `/dev/sda1`, or any word.
        package var source: String
    }

    package static func read(_ root: SystemRoot) -> [Mount] {
        parse(root.text("proc/self/mountinfo") ?? "")
    }

    package static func parse(_ text: String) -> [Mount] {
        MountTable.parse(text).map {
            Mount(
                device: $0.device, root: $0.root, mountPoint: $0.point, type: $0.type, options: $0.superOptions,
                id: $0.id,
                parent: $0.parent, source: $0.source)
        }
    }

    /// The filesystem of a mount, with its room when this is the live machine.
    package static func filesystem(_ mount: Mount, on root: SystemRoot) -> Inventory.Filesystem {
        var filesystem = Inventory.Filesystem(mountPoint: mount.mountPoint, type: mount.type)
        var room = statvfs()
        // Only mounts of local block devices come here, so a dead file server cannot hold the call.
        if root.isLive, unsafe statvfs(mount.mountPoint, &room) == 0 {
            filesystem.totalBytes = UInt64(clamping: room.f_blocks).saturatingProduct(UInt64(clamping: room.f_frsize))
            filesystem.availableBytes = UInt64(clamping: room.f_bavail).saturatingProduct(
                UInt64(clamping: room.f_frsize))
        }
        return filesystem
    }
}
