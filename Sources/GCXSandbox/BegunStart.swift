import GCXJobLog
import GCXLinux
import GCXModel
import Glibc

/// What was sent for a job, and what may become of it.
struct SentFiles {
    var image: OpenFile?
    var input: OpenFile?
    let kind: OrderedImage
    let rootfsBytesMax: UInt64
    let inputBytesMax: UInt64
    let roomBytes: UInt64

    init(_ order: JobOrder, _ files: JobFiles) throws(SandboxError) {
        (image, input, kind) = (files.image, files.input, order.image)
        (rootfsBytesMax, inputBytesMax, roomBytes) = (order.rootfsBytesMax, order.inputBytesMax, order.roomBytes)
        guard kind.isSent == (image != nil) else {
            throw .invalidSpec(
                field: "image", reason: kind.isSent ? "no image was sent" : "an image was sent, and another is named")
        }
    }

    /// The image archive, which the store of images unpacks.
    var archive: (file: OpenFile, tag: String?)? {
        if case .archive(let tag) = kind, let image { (image, tag) } else { nil }
    }

    var rootfs: OpenFile? { if case .rootFilesystem = kind { image } else { nil } }

    /// What the specification says until all is unpacked.
    var source: ImageSource {
        switch kind {
        case .archive(let tag): .ociArchive(path: SentKind.image.label, tag: tag)
        case .rootFilesystem: .rootfs(path: SentKind.image.label)
        case .registry(let reference): .registry(reference)
        }
    }
}

/// A start of which everything is prepared, and nothing lies in the job's directory yet.
struct BegunStart: ~Copyable {
    private(set) var spec: JobSpec
    let process: ProcessSpec
    private(set) var entry: ImageStore.Entry
    /// What was sent, until there is a directory; what does not come as far goes with it.
    private let staging: TemporaryDirectory
    /// Keeps it where it is.
    private let image: ImageStore.Held

    init(
        spec: JobSpec, process: ProcessSpec, image: consuming ImageStore.Held, staging: consuming TemporaryDirectory
    ) {
        self.spec = spec
        self.process = process
        self.staging = staging
        entry = image.entry
        self.image = image
    }

    /// What was sent goes where it stays as long as the job.
    mutating func move(into job: JobDirectory) throws(SandboxError) {
        let (from, sent) = (SentFolder(path: staging.path), job.sent)
        let (hasInput, hasRootfs) = (spec.inputDirectory == from.input, spec.image == .rootfs(path: from.rootfs))
        guard hasInput || hasRootfs else { return }
        guard unsafe rename(from.path, sent.path) == 0 else {
            throw .linux(.systemCall(operation: "rename", object: sent.path, errno: errno))
        }
        if hasInput { spec.inputDirectory = sent.input }
        if hasRootfs { (spec.image, entry.rootfs) = (.rootfs(path: sent.rootfs), sent.rootfs) }
    }
}

extension OCIRuntimeDriver {
    /// Unpacks what was sent.
    func unpack(
        _ sent: SentFiles, for job: JobDirectory, to folder: SentFolder, into spec: inout JobSpec, run: Unpacker.Run
    ) throws(SandboxError) {
        guard sent.rootfs != nil || sent.input != nil else { return }
        let room = min(sent.roomBytes, try roomLeft(besides: job))
        if let rootfs = sent.rootfs {
            try unpack(rootfs, .image, to: folder.rootfs, (sent.rootfsBytesMax, room), run)
            spec.image = .rootfs(path: folder.rootfs)
        }
        if let input = sent.input {
            try unpack(input, .input, to: folder.input, (sent.inputBytesMax, room), run)
            spec.inputDirectory = folder.input
        }
    }

    private func unpack(
        _ archive: OpenFile, _ kind: SentKind, to target: String, _ most: (bytes: UInt64, room: UInt64),
        _ run: Unpacker.Run
    ) throws(SandboxError) {
        let bytesMax = min(most.bytes, most.room)
        let limits = ArchiveLimits(entriesMax: SandboxLimits.sentEntriesMax, bytesMax: bytesMax)
        do throws(ImageError) {
            try images.unpacker.unpack(
                archive, into: target, label: kind.label, rules: kind.rules, limits: limits, run: run)
        } catch {
            if case .tooLarge(_, let what, bytesMax) = error, ArchiveLimits.sizes.contains(what), bytesMax < most.bytes
            {
                throw .diskFull(path: jobsPath, freeBytes: bytesMax, neededBytes: most.bytes)
            }
            throw kind == .input ? .input(error) : .image(error)
        }
    }

    /// Bytes that may be written for a job now: what is neither kept in reserve nor promised to another. The writable layer of a
    /// job that runs is a file with holes, so what it was sold looks free.
    func roomLeft(besides job: JobDirectory) throws(SandboxError) -> UInt64 {
        var kept = SandboxLimits.diskReserveBytes
        for other in try jobs() where other != job && !Files.exists(other.exit) {
            guard let spec = (try? other.readPlan())?.spec else { continue }
            let all = spec.resources.writableBytes.saturatingSum(spec.logBytesMax)
            let taken = (Disk.bytesTaken(by: other.scratch) ?? 0).saturatingSum(JobLogFolder(path: other.log).bytes)
            kept = kept.saturatingSum(all - min(taken, all))  // bounded: the smaller from the larger
        }
        let free = try sandboxed { () throws(LinuxError) in try Disk.freeBytes(at: jobsPath) }
        return free - min(free, kept)  // bounded: the smaller from the larger
    }
}
