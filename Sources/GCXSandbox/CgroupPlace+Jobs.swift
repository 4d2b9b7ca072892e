import GCXLinux

extension CgroupPlace {
    /// The group that all jobs of this agent are below, made ready to hold them.
    ///
    /// In a v2 tree it lies in `base`, the group that the service manager delegated to the agent; on v1 it is `/gcx`.
    package static func forJobs(base: String? = nil) throws(LinuxError) -> CgroupPlace {
        let layout = try CgroupLayout.detect()
        guard case .unified(let root) = layout else { return CgroupPlace(layout: layout, group: "/gcx") }
        let own = if let base { base } else { try CgroupLayout.ownUnifiedGroup() }
        // After a restart within the same unit the agent may find itself in the leaf it had moved into.
        let delegated = own.hasSuffix("/agent") ? String(own.dropLast("/agent".count)) : own
        let subtree = DelegatedSubtree(root: root, base: delegated)
        try subtree.prepare()
        return CgroupPlace(layout: layout, group: subtree.jobs)
    }
}
