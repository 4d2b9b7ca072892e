package import GCXModel
package import GCXSandbox

/// What a job of the ``ScriptedDriver`` does, and what it leaves. Its time is the boot clock of the test.
package struct JobScript: Sendable {
    /// What it does when it is told to end.
    package enum Obedience: Sendable {
        case atOnce
        /// It is killed when its grace is over.
        case afterGrace
        /// Its supervisor does not look either.
        case never
    }

    /// Why nothing of it starts; nil lets it start.
    package var failure: SandboxError?
    /// Its end by itself, after so many seconds in which it was not paused; nil runs until somebody ends it.
    package var end: (reason: ExitReason, seconds: UInt64)?
    /// CPU time of each second in which it runs, ns.
    package var cpuNanoseconds: UInt64 = 1_000_000_000
    /// What of that it did before the first look at it, ns.
    package var beforehand: UInt64 = 0
    package var memoryBytes: UInt64? = 64 << 20
    package var storageBytes: UInt64? = 1 << 20
    package var oomKills: UInt64? = 0
    /// Bytes of each second in which it runs; nil has no network.
    package var egressBytes: UInt64?
    package var obedience = Obedience.atOnce
    /// Written to its log as it starts.
    package var says = ""
    /// What it leaves as its output; nil leaves nothing.
    package var output: [UInt8]?

    package init(end: (reason: ExitReason, seconds: UInt64)? = nil, _ edit: (inout JobScript) -> Void = { _ in }) {
        self.end = end
        edit(&self)
    }

    /// Ends with a code after so many seconds.
    package static func exits(
        _ code: Int32 = 0, after seconds: UInt64, _ edit: (inout JobScript) -> Void = { _ in }
    ) -> JobScript { JobScript(end: (.exited(code: code), seconds), edit) }

    package static func fails(_ reason: String = "a test wants it so") -> JobScript {
        JobScript { $0.failure = .startFailed(id: "scripted", reason: reason) }
    }

    package static let runs = JobScript()
}
