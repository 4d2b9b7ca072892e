import GCXLinux
import Glibc

extension OCIRuntimeDriver {
    /// The control group is looked at first, whatever files say: a job whose directory was deleted below it runs on.
    @discardableResult
    package func wipe(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        guard Files.exists(job.plan) else { return try wipeWithoutPlan(job) }
        var report = try sandboxed { () throws(LinuxError) in try WipeReport(of: job) }
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
        try clear(job, known, &report)
        return report
    }

    /// What is left of a job whose plan is gone: where it ran follows from its name, and its ids stand in the registry.
    private func wipeWithoutPlan(_ job: JobDirectory) throws(SandboxError) -> WipeReport {
        let known = ids.ranges(of: job)
        let isThere = Files.exists(job.path)
        guard isThere || !known.isEmpty || place(of: job.id).cgroup.exists else { return WipeReport() }
        var report = isThere ? try sandboxed { () throws(LinuxError) in try WipeReport(of: job) } : WipeReport()
        try clear(job, known, &report)
        return report
    }

    private func clear(_ job: JobDirectory, _ ranges: [IDMap], _ report: inout WipeReport) throws(SandboxError) {
        let group = place(of: job.id)
        var (found, ended) = (report, 0)
        try discard(job, group: group, ranges, ended: &ended) { () throws(LinuxError) in
            // While the range stands in the registry, nobody else is given its ids.
            for map in ranges { try found.lookForProcesses(of: map) }
        }
        found.ended = ended
        found.lookForRest(job, group.cgroup)
        report = found
    }

    /// Ends whatever still runs in the group, and removes group and directory.
    func discard(_ job: JobDirectory, group: CgroupPlace) throws(SandboxError) {
        var ended = 0
        let known = (try? job.readPlan().ids).map { [$0] } ?? ids.ranges(of: job)
        try discard(job, group: group, known, ended: &ended) {}
    }

    private func discard(
        _ job: JobDirectory, group: CgroupPlace, _ ranges: [IDMap], ended: inout Int,
        between: () throws(LinuxError) -> Void
    ) throws(SandboxError) {
        let interface = (try? job.read(SupervisorRecord.self, job.supervisor))?.interface
        do {
            ended = try endAll(of: job, group.cgroup)
            try group.cgroup.remove()
            if let interface { try HostNetwork().disconnect(interface) }
            try between()
            if Files.exists(job.path) { try Files.removeTree(job.path) }
            for map in ranges { try ids.give(back: map, of: job) }
        } catch {
            throw .linux(error)
        }
    }
}
