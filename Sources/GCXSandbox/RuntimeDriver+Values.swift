package import GCXJobLog
package import GCXLinux
package import GCXModel

// What another driver than the one of this module makes its answers from.

extension JobPlan {
    /// A plan with nothing but what every job has.
    package init(
        _ order: JobOrder, user: UInt32, ids: IDMap, runtime: RuntimeChoice, place: CgroupPlace, bootID: String
    ) {
        let spec = JobSpec(order, image: .rootfs(path: "/"), input: nil)
        let process = ProcessSpec(
            arguments: spec.command, environment: [], workingDirectory: "/", user: user, group: user)
        self.init(
            spec: spec, process: process, imageRoot: "/", imageDigest: nil, scratchTemplate: "", ids: ids,
            runtime: runtime, place: place, openFilesMax: SandboxLimits.openFilesMax, bootID: bootID)
    }

    /// Writes the plan to its place in the job's directory.
    package func write(to job: JobDirectory) throws(LinuxError) { try JSONFile.write(self, to: job.plan) }
}

extension RuntimeChoice {
    package init(_ kind: Kind, path: String, because reason: String) {
        self.init(kind: kind, path: path, reason: reason, hiddenTree: nil)
    }
}

extension JobExit {
    /// The end of a job of which nobody knows more than when and why.
    package init(_ reason: ExitReason, bootID: String, started: UInt64?, ended: UInt64, log: JobLogEnd) {
        self.init(
            reason: reason, bootID: bootID, startedBootNanoseconds: started, endedBootNanoseconds: ended,
            endedWallNanoseconds: 0, logBytes: log.offset, logDigest: log.head, logDroppedBytes: 0)
    }

    /// Writes the end to its place in the job's directory.
    package func write(to job: JobDirectory) throws(LinuxError) { try JSONFile.write(self, to: job.exit) }
}
