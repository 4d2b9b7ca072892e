import CLinux
import Glibc

/// Limits that this process passes on to its children.
package enum ResourceLimits {
    /// What is limited, by the kernel's numbers.
    package enum Kind: Int32, Sendable {
        case coreBytes = 4
        case openFiles = 7
        case lockedBytes = 8
        case pendingSignals = 11
        case queueBytes = 12

        /// Its name in an OCI configuration.
        package var name: String {
            switch self {
            case .coreBytes: "RLIMIT_CORE"
            case .openFiles: "RLIMIT_NOFILE"
            case .lockedBytes: "RLIMIT_MEMLOCK"
            case .pendingSignals: "RLIMIT_SIGPENDING"
            case .queueBytes: "RLIMIT_MSGQUEUE"
            }
        }
    }

    /// The most that a child of this process may raise a limit to: without CAP_SYS_RESOURCE nobody can go beyond it.
    ///
    /// Source: getrlimit(2), the hard limit.
    package static func most(_ kind: Kind) throws(LinuxError) -> UInt64 {
        var limit = rlimit()
        // bounded: a constant of the C library
        try posix("getrlimit", kind.name) { unsafe getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) }
        return UInt64(limit.rlim_max)  // bounded: of 64 bits already
    }

    /// Limits this process and those that it starts.
    package static func set(_ kind: Kind, soft: UInt64, hard: UInt64) throws(LinuxError) {
        try linux("setrlimit", kind.name) { gcx_set_resource_limit(kind.rawValue, soft, hard) }
    }

    /// Lets this process and its children open so many files, or as many as the hard limit permits.
    ///
    /// - Returns: how many they may open now: never fewer than before.
    package static func raiseOpenFiles(to wanted: UInt64) throws(LinuxError) -> UInt64 {
        let kind = __rlimit_resource_t(UInt32(clamping: Kind.openFiles.rawValue))
        var limit = rlimit()
        try posix("getrlimit", Kind.openFiles.name) { unsafe getrlimit(kind, &limit) }
        let raised = min(rlim_t(clamping: wanted), limit.rlim_max)
        guard raised > limit.rlim_cur else { return UInt64(clamping: limit.rlim_cur) }
        limit.rlim_cur = raised
        try posix("setrlimit", Kind.openFiles.name) { unsafe setrlimit(kind, &limit) }
        return UInt64(clamping: raised)
    }

    /// Bounds that this process puts on itself and cannot lift again without a privilege.
    ///
    /// - Parameters:
    ///   - memoryBytes: address space; beyond it nothing is given any more.
    ///   - seconds: time of the processor; the kernel ends the process then.
    ///   - fileBytes: largest file that it writes; a write beyond it fails with EFBIG.
    package static func lower(
        memoryBytes: UInt64, seconds: UInt64, fileBytes: UInt64, openFiles: UInt64
    ) throws(LinuxError) {
        signal(SIGXFSZ, SIG_IGN)
        try lower(RLIMIT_AS, to: memoryBytes, "RLIMIT_AS")
        try lower(RLIMIT_CPU, to: seconds, "RLIMIT_CPU")
        try lower(RLIMIT_FSIZE, to: fileBytes, "RLIMIT_FSIZE")
        try lower(RLIMIT_NOFILE, to: openFiles, "RLIMIT_NOFILE")
        try lower(RLIMIT_CORE, to: 0, "RLIMIT_CORE")
    }

    private static func lower(_ kind: __rlimit_resource, to value: UInt64, _ name: String) throws(LinuxError) {
        let kind = __rlimit_resource_t(UInt32(kind.rawValue))  // bounded: a constant of the C library
        var now = rlimit()
        try posix("getrlimit", name) { unsafe getrlimit(kind, &now) }
        // The kernel compares sizes of files as signed numbers, so what is beyond those is no limit.
        // bounded: of 64 bits already, and a constant
        let wish = value > UInt64(Int64.max) ? rlim_t.max : rlim_t(value)
        let most = min(wish, now.rlim_max)
        var wanted = rlimit(rlim_cur: most, rlim_max: most)
        try posix("setrlimit", name) { unsafe setrlimit(kind, &wanted) }
    }
}

/// What all processes of a user namespace may have together, of what the kernel counts to its owner.
package struct NamespaceLimits: Codable, Equatable, Sendable {
    /// Signals that wait, and timers, each of which keeps one back.
    package var pendingSignals: UInt64
    /// POSIX message queues.
    package var queueBytes: UInt64
    /// Locked memory; it counts as the job's memory besides.
    package var lockedBytes: UInt64

    package init(pendingSignals: UInt64, queueBytes: UInt64, lockedBytes: UInt64) {
        (self.pendingSignals, self.queueBytes, self.lockedBytes) = (pendingSignals, queueBytes, lockedBytes)
    }

    /// What this process itself may have.
    package static func own() throws(LinuxError) -> NamespaceLimits {
        NamespaceLimits(
            pendingSignals: try ResourceLimits.most(.pendingSignals), queueBytes: try ResourceLimits.most(.queueBytes),
            lockedBytes: try ResourceLimits.most(.lockedBytes))
    }

    /// These, but never more than `other`.
    package func capped(by other: NamespaceLimits) -> NamespaceLimits {
        NamespaceLimits(
            pendingSignals: min(pendingSignals, other.pendingSignals), queueBytes: min(queueBytes, other.queueBytes),
            lockedBytes: min(lockedBytes, other.lockedBytes))
    }
}
