package import GCXLinux

extension CgroupPlace {
    /// The group that all jobs of this agent are below, made ready to hold them.
    ///
    /// In a v2 tree it lies in `base`, a group that the service manager delegated; on v1 it is `/gcx`. When jobs are to
    /// survive a restart of the agent, `base` belongs to another unit than the agent's: systemd (252) cannot start a
    /// unit again in whose group controllers are handed down and processes are left.
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

    /// Moves the calling process, the supervisor of this job, out of the agent's group; on v1 it stays there.
    func holdSupervisor() throws(LinuxError) {
        guard case .unified(let root) = layout else { return }
        let base = group.split(separator: "/").dropLast(2).map { "/\($0)" }.joined()
        try DelegatedSubtree(root: root, base: base).holdSupervisor()
    }
}
