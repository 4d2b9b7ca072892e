import CLinux
import Glibc

/// What a process puts around itself before it reads what strangers sent. What it has open stays open; all else goes.
///
/// Thread rule: called once, by the main thread of a program that has no other.
package struct Walls: Sendable {
    /// Who the process is behind the walls.
    package enum Identity: String, Codable, Sendable {
        /// Root of the user namespace that it was given: ids that are nobody else's.
        case range
        /// Root of a user namespace of its own, which stands for the caller alone; the caller itself where users may make
        /// none.
        case alone
        /// The caller, for what is the caller's own.
        case caller
    }

    /// What may be done below the one directory.
    package enum Access: String, Codable, Sendable { case none, reads, writes }

    /// The walls that stand.
    package struct Standing: Codable, Equatable, Sendable {
        /// User, mount, network, IPC, UTS and process namespaces, and an empty root.
        package var namespaces: Bool
        /// The version of Landlock; nil where the kernel has none that can be used.
        package var landlock: Int32?
        package var seccomp: Bool
    }

    package var identity: Identity
    package var access: Access
    /// The process that this one must not outlive.
    package var parent: pid_t

    package init(identity: Identity, access: Access, parent: pid_t) {
        self.identity = identity
        self.access = access
        self.parent = parent
    }

    /// Shuts this process in. With namespaces it goes on as a child of the process that called, which only waits and ends
    /// as the child does.
    ///
    /// - Parameters:
    ///   - directory: the one directory that may be reached; nil for none.
    ///   - namespace: a user namespace with its map, for ``Identity/range``.
    package func enter(directory: Int32?, namespace: Int32?) throws(LinuxError) -> Standing {
        try dieWithParent()
        let hasNamespaces = try enterNamespaces(namespace)
        if hasNamespaces {
            try dieWithParent()
            try continueInside()
            try hideFiles()
        }
        try linux("capset", "capabilities") { gcx_keep_capabilities(capabilities) }
        try linux("prctl", "no new privileges") { gcx_no_new_privileges() }
        let landlock = try restrictFiles(directory)
        try linux("seccomp", "system calls of the reader") { gcx_seccomp_reader() }
        return Standing(namespaces: hasNamespaces, landlock: landlock, seccomp: true)
    }

    /// Becoming somebody else forgets it, so it is said again after that.
    private func dieWithParent() throws(LinuxError) {
        try linux("prctl", "death of the parent") { gcx_die_with_parent() }
        guard getppid() == parent else { throw .malformed(object: "parent", reason: "it is gone") }
    }

    /// False where an ordinary user may make no namespaces.
    private func enterNamespaces(_ namespace: Int32?) throws(LinuxError) -> Bool {
        switch identity {
        case .caller: return false
        case .range:
            guard let namespace else { throw .malformed(object: "user namespace", reason: "none was given") }
            try linux("setns", "user namespace") { gcx_enter_user_namespace(namespace) }
            try linux("setresuid", "user namespace") { gcx_become(0, 0) }
        case .alone:
            let (user, group) = (geteuid(), getegid())
            guard gcx_unshare(NamespaceFlag.user) >= 0 else { return false }
            do throws(LinuxError) {
                try Files.control("/proc/self/setgroups", "deny")
                try Files.control("/proc/self/uid_map", "0 \(user) 1\n")
                try Files.control("/proc/self/gid_map", "0 \(group) 1\n")
            } catch {
                // A machine may let users make namespaces that are good for nothing (AppArmor of Ubuntu 24.04).
                return false
            }
        }
        do throws(LinuxError) {
            try linux("unshare", "namespaces") { gcx_unshare(NamespaceFlag.allOthers) }
            return true
        } catch {
            if identity == .alone { return false }
            throw error
        }
    }

    /// Goes on in a child, the first process of the new process namespace.
    private func continueInside() throws(LinuxError) {
        let life = try Pipe()
        let pid = try linux("fork", "process namespace") { gcx_fork() }
        if pid > 0 {
            let status = Child(owning: pid, leadsGroup: false).wait()
            _exit(status.code)
        }
        try linux("prctl", "death of the parent") { gcx_die_with_parent() }
        // The parent may have died before it was said; then nobody holds the other end any more.
        let reader = life.closeWriter()
        var item = pollfd(fd: reader.number, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
        if unsafe poll(&item, 1, 0) > 0 { _exit(1) }
    }

    /// Makes an empty, read-only filesystem the root: no path leads anywhere.
    private func hideFiles() throws(LinuxError) {
        try Mounts.mount("none", at: "/", type: "", [.recursive, .isPrivate])
        // Some directory that every machine has; nothing is seen there but by this process.
        try Mounts.mount(
            "gcx-empty", at: "/proc", type: "tmpfs", [.readOnly, .noSetUID, .noDevices], options: "size=4k")
        try posix("chdir", "/proc") { unsafe chdir("/proc") }
        try linux("pivot_root", "/proc") { gcx_pivot_root_here() }
        try linux("umount", "old root") { unsafe gcx_umount(".", Self.detach) }
        try posix("chdir", "/") { unsafe chdir("/") }
    }

    /// Owners and modes of files are set, and files of any owner read, as far as the namespace's ids go.
    private var capabilities: UInt64 {
        switch (identity, access) {
        case (_, .none): 0
        case (.caller, .writes): 0
        case (_, .reads): 1 << Capability.readAnything
        case (_, .writes):
            1 << Capability.giveAway | 1 << Capability.writeAnything | 1 << Capability.readAnything
                | 1 << Capability.changeAnything
        }
    }

    /// Source: landlock(7). Nil where it is missing, or cannot link from one directory into another (version 1).
    private func restrictFiles(_ directory: Int32?) throws(LinuxError) -> Int32? {
        let version = gcx_landlock_version()
        guard version > 1 || (version == 1 && access != .writes) else { return nil }
        let files = LandlockRight.all(version)
        let allowed: UInt64 =
            switch access {
            case .none: 0
            case .reads: LandlockRight.reading
            case .writes: (LandlockRight.reading | LandlockRight.writing) & files
            }
        let (network, scopes): (UInt64, UInt64) = (version >= 4 ? 3 : 0, version >= 6 ? 3 : 0)
        let beneath = allowed == 0 ? -1 : directory ?? -1
        try linux("landlock", "files") { gcx_landlock_restrict(beneath, files, allowed, network, scopes) }
        return version
    }

    /// MNT_DETACH.
    private static let detach: Int32 = 2

    /// Source: linux/sched.h.
    private enum NamespaceFlag {
        static let user: Int32 = 0x1000_0000
        /// Mount, cgroup, UTS, IPC, process and network.
        static let allOthers: Int32 =
            0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x2000_0000 | 0x4000_0000
    }

    /// Source: linux/capability.h: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER.
    private enum Capability {
        static let giveAway: UInt64 = 0
        static let writeAnything: UInt64 = 1
        static let readAnything: UInt64 = 2
        static let changeAnything: UInt64 = 3
    }

    /// Source: linux/landlock.h, LANDLOCK_ACCESS_FS_*.
    private enum LandlockRight {
        /// READ_FILE and READ_DIR.
        static let reading: UInt64 = 1 << 2 | 1 << 3
        /// WRITE_FILE, REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SYM, REFER and TRUNCATE.
        static let writing: UInt64 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 13 | 1 << 14

        /// Every right that a kernel of that version can withhold.
        static func all(_ version: Int32) -> UInt64 {
            // bounded here: of constants
            switch version {
            case 1: (1 << 13) - 1
            case 2: (1 << 14) - 1
            case 3, 4: (1 << 15) - 1
            default: (1 << 16) - 1
            }
        }
    }
}
