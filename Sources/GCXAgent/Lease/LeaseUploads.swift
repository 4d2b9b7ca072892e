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

    /// Where the job's root filesystem comes from.
    func image(
        _ request: JobRequest, bytesMax: UInt64, run: Unpacker.Run
    ) async throws(AgentError) -> ImageSource {
        if request.imageFormat == .registry { return .registry(try request.registryImage()) }
        guard let upload = try await placed(.image, run: run) else {
            throw .imageRefused(
                "no image was uploaded for this lease", remedy: "Upload one with `gcx job run --image`.")
        }
        switch request.imageFormat {
        case .oci, .registry: return .ociArchive(path: path(of: upload), tag: request.imageReference?.raw(for: .naming))
        case .rootfs:
            try await unpack(
                path(of: upload), into: "\(directory)/rootfs", rules: .rootFilesystem, bytesMax: bytesMax, run: run)
            return .rootfs(path: "\(directory)/rootfs")
        }
    }

    /// Asked of a lease that is over again and again until it is wiped, so it costs nothing when nothing is there.
    func remove() throws(AgentError) {
        do { try Files.removeTree(directory) } catch { throw .storage(Untrusted(error.description)) }
        if try store.hasUploads(lease) { try store.forgetUploads(of: lease) }
    }

    /// Unpacks an archive, and not more than there is room for.
    func unpack(
        _ tar: String, into target: String, rules: ArchiveRules, bytesMax: UInt64, run: Unpacker.Run
    ) async throws(AgentError) {
        let left = try room.left(for: lease)
        do throws(ImageError) {
            try await blocking { () throws(ImageError) in
                do throws(LinuxError) { try Files.removeTree(target) } catch { throw .linux(error) }
                try Unpacker.located().unpack(
                    file: tar, into: target, rules: rules,
                    limits: ArchiveLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: min(bytesMax, left)),
                    run: run)
            }
        } catch {
            try? Files.removeTree(target)
            if case .tooLarge(_, _, left) = error, left < bytesMax {
                throw .noRoom(
                    "unpacking the upload would take more than the \(NumberText.size(left)) that nobody else was promised"
                )
            }
            throw AgentError(error, of: rules == .input ? .input : .image)
        }
    }

    /// Looks through an archive that is complete, by the file itself and not by a name. It ends with the task that waits.
    func inspect(
        _ file: borrowing CompleteUpload, _ kind: UploadKind, run: Unpacker.Run
    ) async throws(AgentError) {
        let path = file.path
        let limits = ArchiveLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: file.bytesMax)
        // What becomes of an image is not known yet; a root filesystem may hold the most.
        let rules = kind == .input ? ArchiveRules.input : .rootFilesystem
        let found: Result<Unpacker.Contents, ImageError> = await withTaskCancellationHandler {
            do throws(ImageError) {
                return .success(
                    try await blocking { () throws(ImageError) in
                        try Unpacker.located().inspect(
                            file: path, mayBeLink: true, rules: rules, limits: limits, run: run)
                    })
            } catch { return .failure(error) }
        } onCancel: {
            run.stop?.raise()
        }
        if case .failure(let error) = found { throw AgentError(error, of: kind) }
    }
}

// What is in its place.
extension LeaseUploads {
    /// The upload of a kind: the very file that was hashed when it came. Nil when there is none.
    ///
    /// - Throws: `AgentError.storage` when another file lies there, or other bytes.
    func placed(_ kind: UploadKind, run: Unpacker.Run) async throws(AgentError) -> SealedUpload? {
        guard let upload = try store.uploads(of: lease)[kind] else { return nil }  // bounded: a dictionary
        let path = path(of: upload)
        let isSame: Bool
        do {
            isSame = try await blocking { () throws(ImageError) in
                do throws(LinuxError) { if try upload.isFile(at: path) { return true } } catch { throw .linux(error) }
                return try Self.digest(of: Self.open(path), path, run: run) == upload.digest
            }
        } catch {
            throw .storage("the uploaded \(kind.rawValue) cannot be read: \(Untrusted(error.description).shown)")
        }
        guard isSame else { throw .storage("\(path) is not what was uploaded") }
        return upload
    }

    static func open(_ path: String) throws(ImageError) -> OpenFile {
        do throws(LinuxError) {
            return OpenFile(try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
        } catch { throw .linux(error) }
    }

    /// SHA-256 of an open file, by a child that counts to the lease.
    static func digest(of file: OpenFile, _ path: String, run: Unpacker.Run) throws(ImageError) -> String {
        try Unpacker.located().digests(of: [file], label: path, run: run).first ?? ""
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
    /// The image that the request names instead of an upload.
    ///
    /// - Throws: `AgentError.imageRefused` when it names none.
    func registryImage() throws(AgentError) -> RegistryReference {
        do { return try RegistryReference(imageReference?.raw(for: .naming) ?? "") } catch {
            throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }
}
