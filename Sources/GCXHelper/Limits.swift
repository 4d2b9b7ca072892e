import GCXSandbox

/// The bounds of the helper's socket.
package enum HelperLimits {
    /// Largest request: a command and an environment of `SandboxLimits.commandBytesMax` with what JSON puts around them. One that
    /// is all control characters is refused by the agent's own bound before.
    package static let requestBytesMax = 2 * SandboxLimits.commandBytesMax  // bounded: a constant
    /// Largest answer: the names of all jobs take a tenth of it.
    package static let answerBytesMax = 1 << 20
    /// Files with one request: an image and an input.
    package static let filesMax = 2
    /// Requests that are served at once: two for each of a few dozen jobs. A further one is refused.
    package static let requestsAtOnceMax = 128
    /// Of them those that may take long, so that a meter is always read.
    package static let longRequestsMax = 96
    /// Requests larger than ``smallRequestBytes`` that are read at once, and with them the memory that they take.
    package static let largeRequestsMax = 8
    package static let smallRequestBytes = 64 << 10
    /// Longest that a peer may take to send what it has begun, or to take an answer, seconds.
    package static let patienceSeconds = 10
    /// How often a request that takes long looks whether it was given up.
    package static let lookMilliseconds: Int32 = 50
    /// Longest that one request may wait for the end of a job; who wants to wait longer asks again.
    package static let waitMillisecondsMax: UInt64 = 60_000
    /// Names of which something may lie on the machine, jobs and what was read for jobs to come: what an agent sells at most.
    package static let namesMax = 1_024
    /// Processes that a job may have; the largest number that a buyer may ask for.
    package static let pidsMax: UInt64 = 1_048_576
    /// Devices asked about at once.
    package static let devicesMax = 256
    package static let deviceNameBytesMax = 256
    /// Most grace between an order to end and the end.
    package static let graceMillisecondsMax: UInt64 = 3_600_000
    /// Looks at the owner's file until it is said to be always changing.
    package static let ownerFileLooksMax = 5
    /// Between two of them: whoever writes a file of this size is done in less.
    package static let ownerFilePause: Duration = .milliseconds(20)
}
