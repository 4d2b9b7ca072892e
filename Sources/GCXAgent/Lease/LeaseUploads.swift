import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// The files a buyer sent for one lease: a tar each, and what was unpacked from it.
struct LeaseUploads: Sendable {
    let directory: String

    init(root: String, lease: LeaseID) { directory = "\(root)/\(Hex.encodeBare(lease.bytes))" }

    func archive(_ kind: UploadKind) -> String { "\(directory)/\(kind.rawValue).tar" }
    /// Where the bytes go until the upload is complete.
    func partial(_ kind: UploadKind) -> String { "\(directory)/\(kind.rawValue).part" }

    func prepare() throws(AgentError) {
        do { try Files.makeDirectories(directory, mode: 0o700) } catch { throw .storage(Untrusted(error.description)) }
    }

    /// Where the job's root filesystem comes from.
    func image(_ request: JobRequest, bytesMax: UInt64) async throws(AgentError) -> ImageSource {
        if request.imageFormat == .registry { return .registry(try request.registryImage()) }
        let tar = archive(.image)
        guard Files.exists(tar) else {
            throw .imageRefused(
                "no image was uploaded for this lease", remedy: "Upload one with `gcx job run --image`.")
        }
        switch request.imageFormat {
        case .oci, .registry: return .ociArchive(path: tar, tag: request.imageReference?.raw(for: .naming))
        case .rootfs:
            try await unpack(tar, into: "\(directory)/rootfs", bytesMax: bytesMax)
            return .rootfs(path: "\(directory)/rootfs")
        }
    }

    func remove() throws(AgentError) {
        do { try Files.removeTree(directory) } catch { throw .storage(Untrusted(error.description)) }
    }

    func unpack(_ tar: String, into target: String, bytesMax: UInt64) async throws(AgentError) {
        do throws(ImageError) {
            _ = try await blocking { () throws(ImageError) -> TarArchive.Summary in
                do throws(LinuxError) {
                    try Files.removeTree(target)
                    try Files.makeDirectories(target, mode: 0o755)
                } catch { throw .linux(error) }
                return try TarArchive(path: tar).unpack(
                    into: target, limits: TarLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: bytesMax))
            }
        } catch {
            throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }
}

extension JobRequest {
    /// The image that the request names instead of an upload.
    ///
    /// - Throws: ``AgentError/imageRefused(_:remedy:)`` when it names none.
    func registryImage() throws(AgentError) -> RegistryReference {
        do { return try RegistryReference(imageReference?.raw(for: .naming) ?? "") } catch {
            throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }
}

/// Logs that outlive their job's directory.
struct JobHistory: Sendable {
    let root: String

    func path(of lease: LeaseID) -> String { "\(root)/\(Hex.encodeBare(lease.bytes)).log" }

    func remove(_ lease: LeaseID) throws(AgentError) {
        do { try Files.removeTree(path(of: lease)) } catch { throw .storage(Untrusted(error.description)) }
    }

    /// Moves a log here; one that is not there is fine.
    func keep(_ log: String, of lease: LeaseID) throws(AgentError) {
        do {
            try Files.makeDirectories(root, mode: 0o700)
        } catch {
            throw .storage(Untrusted(error.description))
        }
        guard rename(log, path(of: lease)) == 0 || errno == ENOENT else {
            throw .storage("cannot keep the log \(log): errno \(errno)")
        }
    }
}

extension LeaseUploads {
    /// Gives a complete upload its name once it is seen to be an archive; else removes it.
    func finish(_ kind: UploadKind, complete: Bool, bytesMax: UInt64) async throws(AgentError) {
        let partial = partial(kind)
        guard complete else {
            unlink(partial)
            return
        }
        do {
            let limits = TarLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: bytesMax)
            _ = try await blocking { () throws(ImageError) in try TarArchive(path: partial).inspect(limits: limits) }
        } catch {
            unlink(partial)
            throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
        guard rename(partial, archive(kind)) == 0 else {
            throw .storage("cannot finish the upload \(partial): errno \(errno)")
        }
    }
}
