import GCXAgent
import GCXModel
import Glibc

/// The calls of ``AgentOperations`` that name a file on the agent's disk. From another process they go through a file
/// on this side's disk; ``upload(_:lease:file:by:progress:)`` and ``downloadOutput(_:to:by:progress:)`` save that detour.
extension AgentClient {
    /// A file on this side's disk; ``endUpload(_:complete:)`` sends what was written there, in the owner's name.
    ///
    /// - Throws: ``AgentError/badRequest(_:)`` for a session: send its file with `upload`.
    package func beginUpload(
        _ kind: UploadKind, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UploadTicket {
        guard caller == .owner else { throw .badRequest("an upload in a session's name takes the file's path") }
        let file = try UploadFile(in: temporaryDirectory, name: kind.rawValue, bytesMax: .max)
        return UploadTicket(lease: lease, kind: kind, file: file)
    }

    package func endUpload(_ ticket: UploadTicket, complete: Bool) async throws(AgentError) {
        guard complete else { return }
        try await upload(ticket.kind, lease: ticket.lease, file: ticket.file.path, by: .owner)
    }

    /// Fetches the output into a temporary file, which the caller removes.
    package func outputArchive(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> OutputArchive? {
        let path = temporaryPath("output")
        return try await downloadOutput(lease, to: path, by: caller).map {
            OutputArchive(path: path, digest: $0.digest)
        }
    }

    private func temporaryPath(_ name: String) -> String { "\(temporaryDirectory)/gcx-\(name)-\(Digest.random())" }

    private var temporaryDirectory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
}
