package import GCXModel

/// Where a job stands, for whoever may see its files.
package enum JobState: Equatable, Sendable {
    case running(RunningJob)
    case ended(JobExit)

    var condition: JobCondition {
        switch self {
        case .running(let job): .running(since: job.supervisor?.startedBootNanoseconds)
        case .ended(let exit): .ended(exit)
        }
    }
}

/// A job with a living supervisor.
package struct RunningJob: Equatable, Sendable {
    package var directory: JobDirectory
    package var plan: JobPlan
    /// Nil in the first milliseconds, before the supervisor has said who it is.
    package var supervisor: SupervisorRecord?
}
