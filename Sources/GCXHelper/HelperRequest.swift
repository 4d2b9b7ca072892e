package import GCXModel
package import GCXSandbox

/// All that the agent can ask of the helper. Each is a value with bounds, and none names a place on the machine; what was sent for
/// a job comes with it as open files.
package enum HelperRequest: Codable, Equatable, Sendable {
    case facts
    /// One file.
    case digest(SentKind, JobName, ReadingBounds)
    /// One file.
    case inspect(SentKind, JobName, ReadingBounds)
    case readingNanoseconds(JobName)
    /// The image when it was sent, then the input when there is one.
    case start(JobOrder, hasInput: Bool)
    case recover(JobName)
    case wait(JobName, milliseconds: UInt64)
    case stop(JobName, StopRequest)
    case hasProcesses(JobName)
    case force(JobName)
    case pause(JobName)
    case resume(JobName)
    case sample(JobName)
    case release(JobName)
    case keepLog(JobName, number: UInt64?, bytesMax: UInt64)
    case forgetLogs(JobName)
    case wipe(JobName)
    case clear(JobName)
    case pruneImages
    case checkDevices([String])
    case names
    case traces
    /// The owner's file is to be read again.
    case reload

    /// How many open files come with it.
    package var files: Int {
        switch self {
        case .digest, .inspect: 1
        // bounded: two at the most
        case .start(let order, let hasInput): (order.image.isSent ? 1 : 0) + (hasInput ? 1 : 0)
        default: 0
        }
    }

    /// Whether it may take long, and whoever asked may give it up.
    var isLong: Bool {
        switch self {
        case .digest, .inspect, .start, .wait, .wipe, .clear, .force, .pruneImages: true
        default: false
        }
    }
}

/// What the helper says to a request.
package enum HelperAnswer: Codable, Equatable, Sendable {
    case facts(DriverFacts)
    case done
    case digest(String)
    case nanoseconds(UInt64?)
    case condition(JobCondition)
    case flag(Bool)
    case sample(RawSample)
    case report(WipeReport)
    case names([JobName])
    case refused(SandboxError)
}
