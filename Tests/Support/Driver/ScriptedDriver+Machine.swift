package import GCXLinux
package import GCXModel
package import GCXSandbox
import Synchronization

/// What a test does to the machine.
extension ScriptedDriver {
    /// What the next jobs do, in the order in which they are started; one without a script runs until it is ended.
    package func next(_ scripts: JobScript...) { state.withLock { $0.scripts += scripts } }

    /// From now on the verb fails; nil mends it.
    package func fail(_ verb: Verb, _ error: SandboxError? = .linux(.malformed(object: "x", reason: "a test wants it")))
    {
        state.withLock { $0.failures[verb] = error }
    }

    /// What was asked of it, in order.
    package var calls: [Verb] { state.withLock { $0.calls } }

    /// How often it was asked for this.
    package func count(_ verb: Verb) -> Int { calls.count { $0 == verb } }

    /// Whether starts wait until this is taken back or they are given up; a deaf one comes too far to be given up.
    package func hold(_ isHolding: Bool, isDeaf: Bool = false) {
        state.withLock { state in
            state.isHolding = isHolding
            if isHolding { state.isDeaf = isDeaf }
        }
    }

    /// Where what is sent for a lease is to be read from now on.
    package func read(in place: CgroupPlace) { state.withLock { $0.readers.place = place } }

    /// Within what it was to be read, in the order in which it was asked.
    package var readersAsked: [JobResources] { state.withLock { $0.readers.asked } }

    package func have(_ devices: String...) { state.withLock { $0.devices = Set(devices) } }

    /// What was read for a job has taken so much CPU time.
    package func read(for job: JobName, cpuNanoseconds: UInt64) {
        state.withLock { state in
            _ = Self.group(job, &state)
            state.groups[job]?.cpuNanoseconds += cpuNanoseconds
        }
    }

    /// The job ends now, for this reason.
    package func end(_ job: JobName, _ reason: ExitReason) { change(job) { $0.end(reason, at: $1) } }

    /// The supervisor is killed; the job goes with it.
    package func killSupervisor(of job: JobName) { end(job, Self.killed) }

    /// Somebody removes the directory; the job runs on.
    package func lose(_ job: JobName) throws(LinuxError) { try Files.removeTree(directory(job).path) }

    /// The number of the group that counts for a job; nil where there is none.
    package func group(of job: JobName) -> UInt64? { state.withLock { $0.groups[job]?.inode } }

    /// The group is gone, and its counters with it.
    package func loseGroup(of job: JobName) { state.withLock { $0.groups[job] = nil } }

    /// The machine was started again: nothing runs any more, and no group is left.
    package func restart(after seconds: UInt64 = 60) {
        clock.restart(after: seconds)
        state.withLock { state in
            state.bootID += "+"
            (state.jobs, state.groups) = ([:], [:])
        }
    }

    /// Whether something of the job runs.
    package func runs(_ job: JobName) -> Bool {
        state.withLock { state in
            state.jobs[job]?.settle(at: clock.boot)
            return state.jobs[job].map { $0.exit == nil } ?? false
        }
    }

    /// The order by which the latest job of a name was started.
    package func order(of job: JobName) -> JobOrder? { state.withLock { $0.jobs[job]?.order } }
}

extension DriverFacts {
    /// Those of a driver that runs nothing.
    package static let scripted = DriverFacts(
        isolation: .container, runtime: "none", cgroupLayout: "none", canPin: true)
}
