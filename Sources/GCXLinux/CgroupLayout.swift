import Glibc

/// How this machine mounts its control groups.
package enum CgroupLayout: Codable, Equatable, Sendable {
    /// Pure v2: one tree at `root`.
    case unified(root: String)
    /// v1, or hybrid: a tree per controller (`memory` → mount point), and the v2 tree where it is mounted besides.
    case legacy(controllers: [String: String], unifiedRoot: String?)

    /// The controllers the meter and the limits cannot do without.
    package static let neededControllers = ["cpu", "memory", "pids"]

    /// The layout of this machine.
    ///
    /// - Throws: ``LinuxError/unsupported(what:reason:)`` when a needed controller is nowhere.
    package static func detect() throws(LinuxError) -> CgroupLayout {
        try parse(mountInfo: Files.text(MountTable.path))
    }

    /// The layout that a mountinfo text shows. A tree mounted twice counts where it is seen first.
    package static func parse(mountInfo: String) throws(LinuxError) -> CgroupLayout {
        let entries = MountTable.parse(mountInfo)
        let unified = entries.first { $0.type == "cgroup2" }?.point
        let legacy = entries.filter { $0.type == "cgroup" }
        var controllers: [String: String] = [:]
        for entry in legacy {
            for option in entry.superOptions where !["rw", "ro", "xattr", "clone_children"].contains(option) {
                // bounded here: a dictionary
                if controllers[option] == nil, !option.contains("=") || option.hasPrefix("name=") {
                    controllers[option] = entry.point
                }
            }
        }
        let named = controllers.keys.filter { !$0.hasPrefix("name=") }
        if named.isEmpty, let unified { return .unified(root: unified) }
        for needed in neededControllers + ["cpuacct", "freezer"] where !controllers.keys.contains(needed) {
            throw .unsupported(what: "cgroup controller `\(needed)`", reason: "it is not in \(MountTable.path)")
        }
        return .legacy(controllers: controllers, unifiedRoot: unified)
    }

    package var isUnified: Bool {
        if case .unified = self { return true }
        return false
    }

    /// The group this process is in, from the root of the v2 tree, for example `/system.slice/gcx.service`.
    ///
    /// Source: `/proc/self/cgroup`, the line `0::`.
    package static func ownUnifiedGroup() throws(LinuxError) -> String {
        let path = "/proc/self/cgroup"
        guard let line = try Files.text(path).split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
            throw .malformed(object: path, reason: "no line for the v2 tree")
        }
        return String(line.dropFirst(3))
    }

    /// Begins, on a thread of its own, the wait that the kernel puts before a move of a process between groups, so that
    /// a move soon after this call need not wait.
    ///
    /// Every fork takes the lock of such a move for reading. After a pause in moves the first one waits until all
    /// processors have noticed (an RCU grace period: 15 ms on the machine this was measured on), those that follow
    /// closely do not. What is done here is a move of this process into the group where it is, which changes nothing;
    /// when it is refused, nothing is lost but the time.
    ///
    /// Source: kernel/cgroup/cgroup.c, `cgroup_attach_lock`; kernel/rcu/sync.c.
    package func prepareMove() {
        let root: String? =
            switch self {
            case .unified(let root): root
            case .legacy(_, let unified): unified
            }
        guard let root, let group = try? Self.ownUnifiedGroup(),
            let path = unsafe strdup("\(root)\(group == "/" ? "" : group)/cgroup.procs")
        else { return }
        var thread = pthread_t()
        let answer = unsafe pthread_create(&thread, nil, Self.moveToItself, path)
        if answer == 0 { pthread_detach(thread) } else { unsafe free(path) }
    }

    /// Writes 0, which is the calling process, into the file of that name, and frees the name.
    private static let moveToItself: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { path in
        guard let path = unsafe path else { return nil }
        let file = unsafe open(path.assumingMemoryBound(to: CChar.self), O_WRONLY | O_CLOEXEC)
        if file >= 0 {
            _ = unsafe write(file, "0", 1)
            close(file)
        }
        unsafe free(path)
        return nil
    }
}
