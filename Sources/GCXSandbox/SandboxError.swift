package import GCXLinux
package import GCXModel

/// Why a job could not be prepared, started, found or stopped. No case leaves a process or a mount behind.
package enum SandboxError: RemediedError, Equatable, Codable {
    /// A field of the job's specification cannot be run.
    case invalidSpec(field: String, reason: String)
    case image(ImageError)
    /// What was sent as the job's input cannot be used.
    case input(ImageError)
    case linux(LinuxError)
    /// No OCI runtime fits this machine; `tried` says why for each.
    case noRuntime(tried: [String])
    /// The job directory already belongs to a job.
    case jobExists(id: String)
    /// There is no job in the directory.
    case noJob(path: String)
    /// Every id range is taken by another job.
    case slotsFull(limit: UInt32)
    /// This machine cannot give the job a network now.
    case noNetwork(reason: String, fix: String)
    /// The disk of the job directory has less room than the job may write.
    case diskFull(path: String, freeBytes: UInt64, neededBytes: UInt64)
    /// The supervisor or the runtime failed before the job's first instruction.
    case startFailed(id: String, reason: String)
    /// A device that the job is to have is not described, or not there.
    case noDevice(name: String, reason: String)
    /// A state file of the job does not read as it should.
    case corrupt(path: String, reason: String)
    /// More than this machine's owner sells, or what somebody else has.
    case notSold(field: String, reason: String)
    /// Whoever runs the jobs cannot be asked.
    case noHelper(reason: String)
    /// It has too much to do.
    case helperBusy

    package var remedy: Remedy {
        switch self {
        case .invalidSpec, .jobExists, .noJob, .corrupt, .notSold: .refuse
        case .noHelper: .fix("Look whether gcx-helper runs (`systemctl status gcx-helper`).")
        case .helperBusy: .retry(after: .seconds(1))
        case .image(let error), .input(let error): error.remedy
        case .linux(let error): error.remedy
        case .noRuntime: .fix("Install `crun` (or `runc` on a machine with v1 control groups).")
        case .slotsFull: .retry(after: .seconds(30))
        case .noNetwork(_, let fix): .fix(fix)
        case .diskFull(let path, _, _): .fix("Free some room on the disk of \(path), or offer less storage.")
        case .noDevice:
            .fix("Write the device's description again (`nvidia-ctk cdi generate --format=json` for NVIDIA).")
        case .startFailed: .fix("Run `gcx doctor`; the supervisor's own log lies in the job directory.")
        }
    }

    package var description: String {
        switch self {
        case .invalidSpec(let field, let reason): "job specification, `\(field)`: \(reason)"
        case .image(let error), .input(let error): error.description
        case .linux(let error): error.description
        case .noRuntime(let tried): "no OCI runtime can be used: \(tried.joined(separator: "; "))"
        case .jobExists(let id): "job `\(id)` already exists"
        case .noJob(let path): "no job in `\(path)`"
        case .slotsFull(let limit): "jobs have all \(NumberText.count(limit, "id range")) there are"
        case .noNetwork(let reason, _): "no network for the job: \(reason)"
        case .diskFull(let path, let free, let needed):
            "the disk of `\(path)` has \(NumberText.size(free)) free and the job needs \(NumberText.size(needed))"
        case .startFailed(let id, let reason): "job `\(id)` did not start: \(reason)"
        case .noDevice(let name, let reason): "device `\(name)`: \(reason)"
        case .corrupt(let path, let reason): "`\(path)` is corrupt: \(reason)"
        case .notSold(let field, let reason): "the owner does not sell that, `\(field)`: \(reason)"
        case .noHelper(let reason): "the helper cannot be asked: \(reason)"
        case .helperBusy: "the helper serves too many requests already"
        }
    }
}

/// Why an image cannot be used. Nothing of it stays in the store, but what can be used by another job or another try.
package enum ImageError: RemediedError, Equatable, Codable {
    /// There is nothing at the path, or no image of that tag in the layout.
    case notFound(path: String, tag: String?)
    /// What lies there is not an OCI image for this machine.
    case notAnImage(path: String, reason: String)
    /// It is an image, but asks for what is not done here; `fix` says how to make one that can be run.
    case unsupported(path: String, reason: String, fix: String)
    /// The bytes of a blob are not those its digest names.
    case digestMismatch(digest: String, path: String)
    case tooLarge(path: String, what: String, limit: UInt64)
    /// An archive holds an entry that would leave its directory, or one of a kind that is not allowed.
    case unsafeArchive(path: String, entry: String, reason: String)
    /// The image's user is not in its passwd file.
    case unknownUser(String)
    /// Neither the job nor the image says what to run.
    case noCommand
    /// The image's configuration asks for what no process can be started with.
    case unusableConfig(field: String, reason: String)
    /// The owner's lists leave the image out; `rule` is the entry of `image.deny` that says so, nil when no entry of
    /// `image.allow` names it.
    case notPermitted(image: String, rule: String?)
    /// A name without a digest says something else tomorrow.
    case notPinned(String)
    /// The registry, or the tool that speaks to it, did not give the image out.
    case notPulled(image: String, PullFailure, reason: String)
    /// A file of the owner's that pulls need is missing, or others may read or change it.
    case unsafeFile(path: String, reason: String)
    /// The store has no room, and every image that it might give up is in use. Bytes.
    case storeFull(neededBytes: UInt64, limit: UInt64)
    /// Whoever asked for it, asked for its end.
    case cancelled(String)
    /// The program that reads archives is not installed.
    case noUnpacker(searched: [String])
    /// That program could do what it must not, on this machine.
    case openWalls([String])
    case linux(LinuxError)

    package var remedy: Remedy {
        switch self {
        case .notFound: .fix("Check the path and the tag; `skopeo list-tags oci:PATH` shows what is there.")
        case .notAnImage: .fix("Make an image layout with `skopeo copy docker-archive:FILE oci:DIR:TAG`.")
        case .unsupported(_, _, let fix): .fix(fix)
        case .digestMismatch: .fix("Copy the image again; it was damaged or changed on the way.")
        case .tooLarge: .refuse
        case .unsafeArchive: .fix("Pack it again without that entry.")
        case .unknownUser: .fix("Name the user by number in the image, or add it to its /etc/passwd.")
        case .noCommand: .fix("Give the job a command.")
        case .unusableConfig: .fix("Make the image again with another configuration.")
        case .notPermitted:
            .fix("Upload the image (`--image oci:DIR`), or ask the owner to change image.allow and deny.")
        case .notPinned:
            .fix("Name it by digest: `skopeo inspect --format '{{.Digest}}' docker://HOST/PATH:TAG` prints it.")
        case .notPulled(_, let failure, _): failure.remedy
        case .unsafeFile(let path, _):
            .fix("As root, run: chown root: \(path) && chmod 600 \(path); or name another file in the configuration.")
        case .cancelled: .refuse
        case .noUnpacker: .fix("Install gcx with `make install`.")
        case .openWalls: .fix("Run gcx on a kernel with user namespaces and Landlock (5.19 or later).")
        case .storeFull: .fix("Wait until a job ends, free some room on the disk, or raise image.store_bytes_max.")
        case .linux(let error): error.remedy
        }
    }

    package var description: String {
        switch self {
        case .notFound(let path, let tag): tag.map { "no image `\($0)` in `\(path)`" } ?? "no image at `\(path)`"
        case .notAnImage(let path, let reason), .unsupported(let path, let reason, _):
            "`\(path)` is not an image this machine can run: \(reason)"
        case .digestMismatch(let digest, let path): "the bytes of `\(path)` are not those of \(digest)"
        case .tooLarge(let path, let what, let limit): "`\(path)`: \(what) is over the limit of \(limit)"
        case .unsafeArchive(let path, let entry, let reason): "`\(path)`, entry `\(entry)`: \(reason)"
        case .unknownUser(let name): "the image has no user `\(name)`"
        case .noCommand: "neither the job nor its image has a command"
        case .unusableConfig(let field, let reason): "the image's configuration, `\(field)`: \(reason)"
        case .notPermitted(let image, let rule):
            rule.map { "the owner denies \(image): `\($0)` stands in image.deny" }
                ?? "the owner does not let jobs pull \(image): no entry of image.allow names it"
        case .notPinned(let name): "\(name) has no digest, and a tag may mean something else tomorrow"
        case .notPulled(let image, _, let reason): "\(image) was not pulled: \(reason)"
        case .unsafeFile(let path, let reason): "`\(path)` cannot be used: \(reason)"
        case .storeFull(let needed, let limit):
            "the store of images has no room for \(NumberText.size(needed)) more (of \(NumberText.size(limit))), and all in it is in use"
        case .cancelled(let what): "reading `\(what)` was ended before it was done"
        case .noUnpacker(let searched): "gcx-unpack is neither at \(searched.joined(separator: " nor at "))"
        case .openWalls(let breaches): "gcx-unpack gets out of its walls: it \(breaches.joined(separator: ", "))"
        case .linux(let error): error.description
        }
    }
}

/// Runs `body` and turns its kernel error into one of this module.
func sandboxed<T: ~Copyable>(_ body: () throws(LinuxError) -> T) throws(SandboxError) -> T {
    do { return try body() } catch { throw .linux(error) }
}

/// Runs `body` and turns its kernel error into one about an image.
func imaged<T: ~Copyable>(_ body: () throws(LinuxError) -> T) throws(ImageError) -> T {
    do { return try body() } catch { throw .linux(error) }
}
