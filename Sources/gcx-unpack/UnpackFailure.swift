import GCXLinux
import GCXSandbox

/// Why an archive was not read, or not written, to its end.
enum UnpackFailure: Error {
    /// The entry of that name may not be made.
    case refused(entry: [UInt8], String)
    case tooLarge(what: String, limit: UInt64)
    case damaged(String)
    case system(String, Int32)

    init(_ error: LinuxError) {
        switch error {
        case .systemCall(let operation, _, let number): self = .system(operation, number)
        default: self = .damaged(error.description)
        }
    }

    /// Writes into the report what went wrong.
    func put(into report: inout UnpackReport) {
        switch self {
        case .refused(let entry, let reason):
            report.outcome = .refused
            report.entry = UnpackReport.shown(entry)
            report.reason = reason
        case .tooLarge(let what, let limit):
            report.outcome = .tooLarge
            report.reason = what
            report.limit = limit
        case .damaged(let reason):
            report.outcome = .damaged
            report.reason = UnpackReport.shown(reason)
        case .system(let operation, let number):
            report.outcome = .failed
            report.reason = operation
            report.errno = number
        }
    }
}

/// Runs `body` and turns its kernel error into one of this program.
func attempt<T: ~Copyable>(_ body: () throws(LinuxError) -> T) throws(UnpackFailure) -> T {
    do { return try body() } catch { throw UnpackFailure(error) }
}

extension UnpackReport {
    /// Notes an entry that is not made, and goes on.
    mutating func leaveOut(_ name: [UInt8], _ reason: String) {
        leftOutCount += 1  // bounded: `entriesMax` at most
        if leftOut.count < SandboxLimits.leftOutShownMax {
            leftOut.append(LeftOut(name: UnpackReport.shown(name), reason: reason))
        }
    }
}
