import Glibc

/// Limits that this process passes on to its children.
package enum ResourceLimits {
    /// The most files a child of this process may have open: without CAP_SYS_RESOURCE nobody can raise it.
    ///
    /// Source: getrlimit(2), RLIMIT_NOFILE, the hard limit.
    package static func openFilesMax() throws(LinuxError) -> UInt64 {
        var limit = rlimit()
        let kind = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        try posix("getrlimit", "RLIMIT_NOFILE") { getrlimit(kind, &limit) }
        return UInt64(limit.rlim_max)
    }
}
