package import GCXModel

/// Why there is no benchmark report.
package enum BenchmarkError: RemediedError, Equatable {
    /// No benchmark of the registry is called this.
    case unknownAxis(String)
    /// A run cannot be given this much time.
    case secondsOutOfRange(Double)
    /// Too few bytes to measure a disk with.
    case bytesTooFew(UInt64)
    /// No machine has this many cores, or none.
    case threadsOutOfRange(Int)
    /// The probe cannot do what was asked for on this machine.
    case refused(String)
    /// The probe did not deliver: it crashed, hung or could not be started.
    case probeFailed(String)
    /// The same, with what to do about it.
    case probeStopped(String, remedy: Remedy)
    /// The document is larger than any report.
    case tooLarge(bytes: Int)
    /// The document is no report.
    case malformed(String)
    /// The document has another version.
    case unknownSchema(Int)

    package var remedy: Remedy {
        switch self {
        case .unknownAxis(let name):
            .fix(
                Nearest.word(to: name, among: BenchmarkRegistry.names).map { "Did you mean `\($0)`?" }
                    ?? "`gcx bench list` names them all; a name with a dot at its end takes all that begin with it: `memory.`."
            )
        case .secondsOutOfRange:
            // bounded: a constant
            .fix("Give a time above 0 and up to \(NumberText.count(Int(BenchmarkLimits.secondsMax), "second")).")
        case .bytesTooFew:
            .fix(
                // bounded: a constant
                "Allow at least \(BenchmarkLimits.storageBytesMin >> 20)M, or leave the storage axes out (--only).")
        case .threadsOutOfRange: .fix("Ask for 1 to \(NumberText.count(BenchmarkLimits.threadsMax, "thread")).")
        case .refused: .fix("Ask for what this machine allows here; see `gcx bench --help`.")
        case .probeFailed: .retry(after: .seconds(5))
        case .probeStopped(_, let remedy): remedy
        case .tooLarge, .malformed, .unknownSchema:
            .fix("Install gcx and gcx-probe from the same release.")
        }
    }

    package var description: String {
        switch self {
        case .unknownAxis(let name): "benchmark `\(name)`: there is none of that name"
        case .secondsOutOfRange(let seconds): "benchmark for \(NumberText.count(seconds, "second")): out of range"
        case .bytesTooFew(let bytes): "benchmark a disk with \(NumberText.count(bytes, "byte")): too few for a figure"
        case .threadsOutOfRange(let threads): "benchmark with \(NumberText.count(threads, "thread")): out of range"
        case .refused(let reason): reason
        case .probeFailed(let reason), .probeStopped(let reason, _): "run `gcx-probe bench`: \(reason)"
        case .tooLarge(let bytes):
            "read benchmark report: \(NumberText.count(bytes, "byte")) are more than \(NumberText.count(BenchmarkLimits.reportBytesMax))"
        case .malformed(let reason): "read benchmark report: \(reason)"
        case .unknownSchema(let schema):
            "read benchmark report: schema \(schema) is not \(BenchmarkReport.schemaCurrent)"
        }
    }
}
