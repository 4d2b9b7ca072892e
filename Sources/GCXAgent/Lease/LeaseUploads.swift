import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc

/// The files a buyer sent for one lease: a sealed tar of each kind, named by its digest, and what was unpacked from it.
struct LeaseUploads: Sendable {
    let lease: LeaseID
    let directory: String
    let store: AgentStore
    let room: UploadRoom

    init(_ lease: LeaseID, _ context: KeeperContext) {
        self.lease = lease
        directory = "\(context.settings.uploadsPath)/\(Hex.encodeBare(lease.bytes))"
        (store, room) = (context.store, context.room)
    }

    /// Where an upload lies: another one has another name, so nothing is ever written over.
    func path(of upload: SealedUpload) -> String { "\(directory)/\(upload.kind.rawValue)-\(upload.digest).tar" }

    func prepare() throws(AgentError) {
        do { try Files.makeDirectories(directory, mode: 0o700) } catch { throw .storage(Untrusted(error.description)) }
    }

    /// A file for an upload that begins.
    func begin(_ kind: UploadKind) throws(AgentError) -> UploadFile {
        try prepare()
        return try room.begin(kind, lease, in: directory)
    }

    /// A call that brings an upload, or what is missing of one.
    func ticket(_ kind: UploadKind, _ part: UploadPart?) throws(AgentError) -> UploadTicket {
        guard let part else { return try UploadTicket(lease: lease, kind: kind, file: try begin(kind)) }
        if part.from > 0, let draft = room.shelf.find(part.digest, kind, lease) {
            return try UploadTicket(lease: lease, kind: kind, draft: draft, from: part.from)
        }
        let draft = UploadDraft(try begin(kind), digest: part.digest)
        let ticket = try UploadTicket(lease: lease, kind: kind, draft: draft, from: part.from)
        room.shelf.put(draft, kind, lease)
        return ticket
    }

    /// Bytes that are here of what has this digest.
    func uploaded(_ kind: UploadKind, _ digest: String) throws(AgentError) -> UInt64 {
        // bounded: a dictionary
        if let placed = try store.uploads(of: lease)[kind], placed.digest == digest { return placed.file.bytes }
        return room.shelf.find(digest, kind, lease)?.bytes ?? 0
    }

    /// The image that was sent; nil when a registry has it.
    func image(_ request: JobRequest, by reader: SentReader) async throws(AgentError) -> OpenFile? {
        guard request.imageFormat != .registry else { return nil }
        guard let (_, file) = try await placed(.image, by: reader) else {
            throw .imageRefused(
                "no image was uploaded for this lease", remedy: "Upload one with `gcx job run --image`.")
        }
        return file
    }

    /// Asked of a lease that is over again and again until it is wiped, so it costs nothing when nothing is there.
    func remove() throws(AgentError) {
        room.shelf.removeAll(of: lease)
        do { try Files.removeTree(directory) } catch { throw .storage(Untrusted(error.description)) }
        if try store.hasUploads(lease) { try store.forgetUploads(of: lease) }
    }

    /// Looks through an archive that is complete, by the file itself and not by a name. It ends with the task that waits.
    func inspect(
        _ upload: borrowing CompleteUpload, _ kind: UploadKind, by reader: SentReader
    ) async throws(AgentError) {
        let (file, bytesMax) = (try upload.reading(), upload.bytesMax)
        let found: Result<Void, AgentError> = await withTaskCancellationHandler {
            do throws(AgentError) {
                return .success(try await reader.inspect(file, kind, bytesMax: bytesMax))
            } catch { return .failure(error) }
        } onCancel: {
            reader.stop?.raise()
        }
        if case .failure(let error) = found { throw error }
    }
}

// What is in its place.
extension LeaseUploads {
    /// The upload of a kind: the very file that was hashed when it came, open. Nil when there is none.
    ///
    /// - Throws: `AgentError.storage` when another file lies there, or other bytes.
    func placed(
        _ kind: UploadKind, by reader: SentReader
    ) async throws(AgentError) -> (upload: SealedUpload, file: OpenFile)? {
        guard let upload = try store.uploads(of: lease)[kind] else { return nil }  // bounded: a dictionary
        let path = path(of: upload)
        let (file, isSame): (OpenFile, Bool)
        do throws(LinuxError) {
            file = try Self.open(path)
            isSame = try upload.isFile(file, path)
        } catch {
            throw .storage("the uploaded \(kind.rawValue) cannot be read: \(Untrusted(error.description).shown)")
        }
        if isSame { return (upload, file) }
        guard try await reader.digest(of: file, kind) == upload.digest else {
            throw .storage("\(path) is not what was uploaded")
        }
        return (upload, file)
    }

    static func open(_ path: String) throws(LinuxError) -> OpenFile {
        OpenFile(try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
    }

    /// Gives a sealed upload its place. What lay there before goes afterwards, so there is a whole one at any time.
    ///
    /// The caller sees to it that nobody else does this for the lease at the same time.
    func place(
        _ file: consuming CompleteUpload, _ kind: UploadKind, while allowed: LeasePhaseName
    ) throws(AgentError) {
        let upload = SealedUpload(kind: kind, digest: file.digest, file: try file.identity())
        let before = try store.uploads(of: lease)[kind]  // bounded: a dictionary
        let path = path(of: upload)
        if let before, before.digest == upload.digest, (try? before.isFile(at: path)) == true { return }
        // What a crash left before it was written down, or what is not the file that was: nobody uses it.
        unsafe unlink(path)
        // It may have been begun before a job that has ended since, and whose uploads went with it.
        try prepare()
        try file.link(as: path)
        try record(upload, before, while: allowed)
    }

    /// Writes down what has its place, and removes what had it.
    func record(
        _ upload: SealedUpload, _ before: SealedUpload?, while allowed: LeasePhaseName
    ) throws(AgentError) {
        do { try store.save(upload, of: lease, while: allowed) } catch {
            unsafe unlink(path(of: upload))
            throw error
        }
        if let before, before.digest != upload.digest { unsafe unlink(self.path(of: before)) }
    }
}

extension JobRequest {
    /// Where the job's root filesystem comes from.
    func orderedImage() throws(AgentError) -> OrderedImage {
        switch imageFormat {
        case .registry: .registry(try registryImage())
        case .oci: .archive(tag: imageReference?.raw(for: .naming))
        case .rootfs: .rootFilesystem
        }
    }

    /// The image that the request names instead of an upload.
    ///
    /// - Throws: `AgentError.imageRefused` when it names none.
    func registryImage() throws(AgentError) -> RegistryReference {
        do { return try RegistryReference(imageReference?.raw(for: .naming) ?? "") } catch {
            throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }
}
