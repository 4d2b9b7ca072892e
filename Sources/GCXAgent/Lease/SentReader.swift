import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire

/// Reads what was sent for a lease: nothing in this process does, and what does counts to the lease's job.
struct SentReader: Sendable {
    let driver: any RuntimeDriver
    let job: JobName
    let resources: JobResources
    /// The longest that it may take.
    let seconds: UInt64
    /// Ends it soon after it is raised.
    let stop: StopFlag?

    /// Looks whether a file may be unpacked.
    func inspect(_ file: OpenFile, _ kind: UploadKind, bytesMax: UInt64) async throws(AgentError) {
        let bounds = bounds(bytesMax)
        do {
            try await blocking { [self] () throws(SandboxError) in
                try driver.inspect(file, sentAs: kind.sent, for: job, bounds, stop: stop)
            }
        } catch { throw AgentError(error) }
    }

    /// SHA-256 of a file, 64 hexadecimal digits.
    func digest(of file: OpenFile, _ kind: UploadKind) async throws(AgentError) -> String {
        let bounds = bounds(.max)
        do {
            return try await blocking { [self] () throws(SandboxError) in
                try driver.digest(of: file, sentAs: kind.sent, for: job, bounds, stop: stop)
            }
        } catch {
            throw .storage("the uploaded \(kind.rawValue) cannot be read: \(Untrusted(error.description).shown)")
        }
    }

    private func bounds(_ bytesMax: UInt64) -> ReadingBounds {
        ReadingBounds(resources: resources, bytesMax: bytesMax, seconds: seconds)
    }
}

extension UploadKind {
    fileprivate var sent: SentKind { self == .image ? .image : .input }
}
