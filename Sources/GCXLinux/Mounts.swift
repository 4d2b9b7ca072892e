import CLinux
import Glibc

/// Mounts made in this process's own mount namespace.
///
/// Thread rule: a namespace belongs to the thread that made it, so only the main thread of a program calls these.
package enum Mounts {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        package static let readOnly = Flags(rawValue: 1)
        package static let noSetUID = Flags(rawValue: 2)
        package static let noDevices = Flags(rawValue: 4)
        package static let noAccessTime = Flags(rawValue: 1024)
        static let bind = Flags(rawValue: 4096)
        static let recursive = Flags(rawValue: 16384)
        static let slave = Flags(rawValue: 1 << 19)
        static let isPrivate = Flags(rawValue: 1 << 18)
    }

    /// Gives this process its own table of mounts. Later mounts are seen by nobody else, and they end with the
    /// last process in the table; unmounting outside still reaches in, so no disk of the owner is held busy.
    ///
    /// Source: unshare(2), CLONE_NEWNS; mount_namespaces(7), MS_SLAVE.
    package static func becomePrivate() throws(LinuxError) {
        try linux("unshare", "mount namespace") { gcx_unshare(0x0002_0000) }
        try mount("none", at: "/", type: "", [.recursive, .slave])
    }

    package static func mount(
        _ source: String, at target: String, type: String, _ flags: Flags = [], options: String = ""
    ) throws(LinuxError) {
        try linux("mount \(type)", target) { unsafe gcx_mount(source, target, type, flags.rawValue, options) }
    }

    /// Unmounts the top mount at `target`.
    package static func unmount(_ target: String) throws(LinuxError) {
        try linux("umount", target) { unsafe gcx_umount(target, 0) }
    }

    /// Makes a user namespace with the map, and keeps it as the file `target` for as long as that is mounted.
    package static func holdUserNamespace(
        _ map: IDMap, _ limits: NamespaceLimits?, at target: String
    ) throws(LinuxError) {
        _ = try FileDescriptor.open(target, O_WRONLY | O_CREAT)
        let namespace = try map.namespace(limits: limits)
        try mount("/proc/self/fd/\(namespace.number)", at: target, type: "", [.bind])
    }

    /// Shows the directory `source` at `target` with its owners shifted: host id `first + n` is `base + n` there, for n
    /// below 65,536, so with 0 a file of root belongs to root of the namespace that begins at `base`.
    ///
    /// Needs a kernel that can map the owners of that filesystem (ext4, xfs, btrfs; Linux 5.19).
    /// Source: mount_setattr(2), MOUNT_ATTR_IDMAP.
    package static func bindShifted(
        _ source: String, at target: String, by map: IDMap, from first: UInt32 = 0, readOnly: Bool
    ) throws(LinuxError) {
        let tree = FileDescriptor(owning: try linux("open_tree", source) { unsafe gcx_open_tree_clone(source) })
        // MOUNT_ATTR_RDONLY 1, NOSUID 2, NODEV 4.
        let attributes: UInt64 = readOnly ? 7 : 6
        let namespace = try map.namespace(from: first)
        try linux("mount_setattr (shift owners)", source) {
            gcx_mount_setattr_idmap(tree.number, attributes, namespace.number)
        }
        try linux("move_mount", target) { unsafe gcx_move_mount(tree.number, target) }
    }
}

/// 65,536 user and group ids of a job, mapped to host ids from `base`.
package struct IDMap: Codable, Equatable, Hashable, Sendable {
    package static let size: UInt32 = 65_536
    package let base: UInt32

    package init(base: UInt32) { self.base = base }

    /// Whether a user of the machine is one of the job's.
    // bounded: not below the base, asked first
    package func contains(_ id: UInt32) -> Bool { id >= base && id - base < Self.size }

    /// A user namespace that has this map and is owned by its first id: what the kernel counts by user is counted to that
    /// id, and not to whoever calls this. It lives as long as the descriptor, or a process in it.
    ///
    /// - Parameters:
    ///   - first: the id that the map begins with, for mounts that shift owners which do not begin at zero.
    ///   - limits: what all its processes may have together; nil gives what this process may.
    ///
    /// Source: user_namespaces(7); `struct ucounts` of the kernel counts each namespace to the user who made it, too.
    package func namespace(from first: UInt32 = 0, limits: NamespaceLimits? = nil) throws(LinuxError) -> FileDescriptor
    {
        let limits = if let limits { limits } else { try NamespaceLimits.own() }
        let numbers = [limits.pendingSignals, limits.queueBytes, limits.lockedBytes]
        let pid = try linux("clone", "user namespace of id \(base)") {
            unsafe gcx_clone_user_namespace_holder(base, numbers)
        }
        let holder = Child(owning: pid, leadsGroup: false)
        defer { _ = holder.pid }
        let line = "\(first) \(base) \(Self.size)\n"
        try Files.control("/proc/\(pid)/uid_map", line)
        try Files.control("/proc/\(pid)/gid_map", line)
        return try FileDescriptor.open("/proc/\(pid)/ns/user", O_RDONLY)
    }
}
