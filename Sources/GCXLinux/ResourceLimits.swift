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
        try posix("getrlimit", kind.name) { getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) }
        return UInt64(limit.rlim_max)
    }

    /// Limits this process and those that it starts.
    package static func set(_ kind: Kind, soft: UInt64, hard: UInt64) throws(LinuxError) {
        try linux("setrlimit", kind.name) { gcx_set_resource_limit(kind.rawValue, soft, hard) }
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
