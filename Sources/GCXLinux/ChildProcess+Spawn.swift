import CLinux
import Glibc

extension ChildProcess {
    /// Starts the tool with exactly these descriptors, default signal handling and an empty signal mask.
    ///
    /// Source: posix_spawn(3), which does not copy the address space.
    func spawn(descriptors: [(ours: Int32, theirs: Int32)], newSession: Bool) throws(LinuxError) -> Child {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        try unsafe arrange(descriptors, &actions)
        if let workingDirectory { unsafe gcx_spawn_add_chdir(&actions, workingDirectory) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        Self.arrange(newSession: newSession, &attributes)
        return Child(owning: try unsafe start(&actions, &attributes), leadsGroup: true)
    }

    private func start(
        _ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t
    ) throws(LinuxError) -> pid_t {
        let path = try locate()
        var argv = unsafe ([tool] + arguments).map { unsafe strdup($0) } + [nil]
        var envp = unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        // bounded: joins lists
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let number = unsafe posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
        guard number == 0 else { throw .systemCall(operation: "start", object: tool, errno: number) }
        return pid
    }

    /// Where the tool lies, looked up in the child's own PATH.
    private func locate() throws(LinuxError) -> String {
        if tool.contains("/") { return tool }
        guard let path = Self.find(tool, path: environment["PATH"] ?? "") else {
            throw .systemCall(operation: "start", object: tool, errno: ENOENT)
        }
        return path
    }

    /// The first executable file of that name in the directories of `path`.
    package static func find(_ tool: String, path: String = plainEnvironment["PATH"] ?? "") -> String? {
        path.split(separator: ":").map { "\($0)/\(tool)" }.first { unsafe access($0, X_OK) == 0 }
    }

    /// First out of the way, then into place: a target number may be the source of a later one.
    ///
    /// - Throws: EMFILE where the limit on open files leaves no number out of the way: the C library leaves such a step out
    ///   without a word, and the child would write to whatever is ours.
    private func arrange(
        _ descriptors: [(ours: Int32, theirs: Int32)], _ actions: inout posix_spawn_file_actions_t
    ) throws(LinuxError) {
        // bounded here: numbers of descriptors, which the kernel bounds at 2^20
        let base = 1 + (descriptors.flatMap { [$0.ours, $0.theirs] }.max() ?? 0)
        var codes: [Int32] = []
        for (index, pair) in descriptors.enumerated() {
            unsafe codes.append(posix_spawn_file_actions_adddup2(&actions, pair.ours, base + Int32(index)))
        }
        for (index, pair) in descriptors.enumerated() {
            unsafe codes.append(posix_spawn_file_actions_adddup2(&actions, base + Int32(index), pair.theirs))
        }
        if let code = codes.first(where: { $0 != 0 }) {
            throw .systemCall(operation: "start", object: tool, errno: code == EBADF ? EMFILE : code)
        }
        let last = descriptors.map(\.theirs).max() ?? -1
        unsafe gcx_spawn_add_close_from(&actions, last + 1)
    }

    private static func arrange(newSession: Bool, _ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        // Either a new session, or a process group of its own, so that a timeout ends the tool's children too.
        // bounded here: constants of the C library, below 2^8
        let group = newSession ? gcx_spawn_new_session() : Int32(POSIX_SPAWN_SETPGROUP)
        let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | group
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
    }
}
