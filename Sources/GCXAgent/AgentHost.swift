package import GCXModel
package import GCXSigning
package import GCXWire

/// What the agent does for the server in its own process: what anybody may ask, and the files behind it.
package protocol AgentHost: AgentOperations {
    /// A file on the agent's disk for an image or an input; the caller writes the bytes into it. A ticket that goes without
    /// being given back is an upload that was given up: nothing of it stays, unless `part` names what all of it is to be. Then
    /// another call may go on with it, for `AgentLimits.uploadKept`.
    ///
    /// - Parameter part: what is to come, and where this call's bytes begin; nil for all of something.
    func beginUpload(
        _ kind: UploadKind, _ part: UploadPart?, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UploadTicket

    /// Bytes that have come of what has this digest; all of them where it has its place already.
    func uploaded(
        _ kind: UploadKind, digest: String, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UInt64

    /// Tells the agent that the ticket's file is complete. It takes the place of one of its kind that came before, as long as
    /// no job is on its way. It is of use to the next job alone.
    func endUpload(_ ticket: consuming UploadTicket) async throws(AgentError)

    /// Lets a session in, and notes when and from where it was used.
    ///
    /// - Throws: `AgentError.notAllowed` for one that does not hold, `AgentError.sessionRevoked` for one that is revoked.
    func admit(_ session: Signed<ApiSession>, from place: Untrusted) async throws(AgentError)

    /// Throws `AgentError.sessionRevoked` where a session was revoked after it was let in, for whoever goes on serving its holder.
    ///
    /// Cost: a look into memory, so that it may be asked for every piece of a stream.
    func requireStanding(of caller: Caller) async throws(AgentError)

    /// A tar of the job's output directory; nil when the job has none, or none any more.
    func outputArchive(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> OutputArchive?
}

extension AgentHost {
    /// The whole of an upload, with which nobody goes on.
    package func beginUpload(
        _ kind: UploadKind, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UploadTicket { try await beginUpload(kind, nil, lease: lease, by: caller) }
}

/// The output of a job, as a file.
package struct OutputArchive: Equatable, Sendable {
    package var path: String
    /// SHA-256 of its bytes, 64 hexadecimal digits; what the last receipt names.
    package var digest: String?

    package init(path: String, digest: String?) {
        self.path = path
        self.digest = digest
    }
}

/// One upload: the file goes with the ticket, as an open file and not as a path, so that it has one writer.
package struct UploadTicket: ~Copyable, Sendable {
    package let lease: LeaseID
    package let kind: UploadKind
    /// Where the bytes go.
    package var file: UploadWriter

    package init(lease: LeaseID, kind: UploadKind, file: consuming UploadFile) throws(AgentError) {
        try self.init(lease: lease, kind: kind, draft: UploadDraft(file), from: 0)
    }

    init(lease: LeaseID, kind: UploadKind, draft: UploadDraft, from: UInt64) throws(AgentError) {
        file = try UploadWriter(draft, from: from)
        (self.lease, self.kind) = (lease, kind)
    }

    /// Ends the writing for good. The calling thread waits for the disk.
    package consuming func seal() throws(AgentError) -> CompleteUpload { try file.seal() }
}
