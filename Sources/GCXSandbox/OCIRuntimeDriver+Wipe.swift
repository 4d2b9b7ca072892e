import GCXLinux
import Glibc

extension OCIRuntimeDriver {
    /// The control group is looked at first, whatever files say: a job whose directory was deleted below it runs on.
    @discardableResult
    package func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        guard Files.exists(job.plan) else { return try wipeWithoutPlan(job) }
        let report = try sandboxed { () throws(LinuxError) in try WipeReport(of: job) }
        do throws(SandboxError) {
            guard case .ended = try recover(job) else {
                throw .startFailed(id: job.path, reason: "it still runs and cannot be wiped")
            }
        } catch .corrupt {
            // Nobody can say any more where it ran; what is known is where a job of its name runs.
        } catch {
            throw error
        }
        let known = (try? job.readPlan().ids).map { [$0] } ?? ids.ranges(of: job)
        return try clear(job, known, report)
    }

    /// What is left of a job whose plan is gone: where it ran follows from its name, and its ids stand in the registry.
    private func wipeWithoutPlan(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        let known = ids.ranges(of: job)
        let isThere = Files.exists(job.path)
        guard isThere || !known.isEmpty || place(of: job.id).cgroup.exists else {
            readings.forget(job.id)
            return WipeReport()
        }
        let report = isThere ? try sandboxed { () throws(LinuxError) in try WipeReport(of: job) } : WipeReport()
        return try clear(job, known, report)
    }

    @discardableResult
    package func clear(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        // A group may only stay when nothing of the ended job can be in it.
        guard Files.exists(job.plan), case .ended? = try? recover(job), let map = try? job.readPlan().ids else {
            return try wipe(job)
        }
        let report = try sandboxed { () throws(LinuxError) in try WipeReport(of: job) }
        return try clear(job, [map], report, keepsGroup: true)
    }

    private func clear(
        _ job: JobDirectory, _ ranges: [IDMap], _ report: WipeReport, keepsGroup: Bool = false
    ) throws(SandboxError) -> WipeReport {
        let group = place(of: job.id)
        var (found, ended) = (report, 0)
        try discard(job, group: keepsGroup ? nil : group, ranges, ended: &ended) { () throws(LinuxError) in
            // While the range stands in the registry, nobody else is given its ids.
            for map in ranges { try found.lookForProcesses(of: map) }
        }
        found.ended = ended
        found.lookForRest(job, group.cgroup)
        return found
    }

    /// Ends whatever still runs in the group, and removes group and directory.
    func discard(_ job: JobDirectory, group: CgroupPlace) throws(SandboxError) {
        var ended = 0
        let known = (try? job.readPlan().ids).map { [$0] } ?? ids.ranges(of: job)
        try discard(job, group: group, known, ended: &ended) {}
    }

    /// - Parameter group: nil leaves it, and whoever reads in it.
    private func discard(
        _ job: JobDirectory, group: CgroupPlace?, _ ranges: [IDMap], ended: inout Int,
        between: () throws(LinuxError) -> Void
    ) throws(SandboxError) {
        let interface = (try? job.read(SupervisorRecord.self, job.supervisor))?.interface
        do {
            if let group {
                ended = try endAll(of: job, group.cgroup)
                try group.cgroup.remove()
                readings.forget(job.id)
            } else {
                ended = try endRemains(of: job).count
            }
            if let interface { try HostNetwork().disconnect(interface) }
            try between()
            if Files.exists(job.path) { try Files.removeTree(job.path) }
            for map in ranges { try ids.give(back: map, of: job) }
        } catch {
            throw .linux(error)
        }
    }
}
