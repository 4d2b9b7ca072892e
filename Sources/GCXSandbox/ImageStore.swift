package import GCXLinux
import GCXModel
import Glibc

/// Unpacked images, each once, named by the digest of its manifest. Owners are those inside the image.
///
/// Jobs see an image through a mount that shifts the owners and lets nothing be written, so one copy serves all.
/// An image stays until room is wanted; see `ImageStore+Room.swift`.
package struct ImageStore: Sendable {
    package let root: String
    package let settings: ImageSettings
    let unpacker: Unpacker
    /// Digests of the images that jobs run on; nil when that cannot be told, and then every image counts as used.
    let inUse: @Sendable () -> Set<String>?

    /// A root filesystem and how it wants to be run.
    package struct Entry: Equatable, Sendable {
        package var rootfs: String
        package var config: ImageConfig.Defaults
        /// Nil for a plain directory, which has no digest.
        package var digest: String?
    }

    /// An image that is not removed as long as this value lives.
    package struct Held: ~Copyable {
        package let entry: Entry
        let lock: FileLock?
    }

    /// A store in the directory `root`, made when missing and readable by nobody else: an image may hold set-uid files.
    package init(
        root: String, settings: ImageSettings = ImageSettings(), unpacker: Unpacker? = nil,
        inUse: @escaping @Sendable () -> Set<String>?
    ) throws(ImageError) {
        if let unpacker { self.unpacker = unpacker } else { self.unpacker = try .located() }
        self.root = root
        self.settings = settings
        self.inUse = inUse
        try imaged { () throws(LinuxError) in
            for path in [root, locks, partials] { try Files.makeDirectories(path, mode: 0o700) }
        }
    }

    /// Locks, one a digest: shared by who uses an image, exclusive for who removes it.
    var locks: String { "\(root)/.locks" }
    /// Layouts that are being pulled, or whose pull broke, by the digest that was asked for.
    var partials: String { "\(root)/.partial" }
    func path(of digest: String) -> String { "\(root)/\(digest)" }

    /// The root filesystem of an image, pulled and unpacked when it is not yet here.
    ///
    /// Cost: a few file reads when it is here; else the transfer, the digest of every layer and the unpacking.
    /// - Parameters:
    ///   - time: the longest that a pull may take.
    ///   - run: what reading it counts to, and what ends it.
    package func hold(
        _ source: ImageSource, within time: Duration = SandboxLimits.pullTimeout, run: Unpacker.Run = Unpacker.Run()
    ) throws(ImageError) -> Held {
        switch source {
        case .rootfs(let path): return Held(entry: try directory(path), lock: nil)
        case .ociLayout(let path, let tag):
            let layout = ImageLayout(path: path)
            return try hold(layout.image(tag: tag), of: layout, run: run)
        case .ociArchive(let path, let tag):
            let archive = OpenFile(try Unpacker.openArchive(path, mayBeLink: false))
            return try hold(archive, label: path, tag: tag, run: run)
        case .registry(let reference):
            return try pull(reference, within: min(time, SandboxLimits.pullTimeout), run: run)
        }
    }

    /// The same of a tar archive of an OCI image layout that is open.
    ///
    /// - Parameter label: what errors call it.
    func hold(_ archive: OpenFile, label: String, tag: String?, run: Unpacker.Run) throws(ImageError) -> Held {
        let staging = try stage()
        var limits = ArchiveLimits.image
        limits.bytesMax = min(limits.bytesMax, try spareBytes())
        let layout = ImageLayout(
            path: "\(staging.path)/archive", label: label, reader: LayoutReader(unpacker: unpacker, run: run))
        try unpacker.unpack(archive, into: layout.path, label: label, rules: .blobs, limits: limits, run: run)
        return try hold(layout.image(tag: tag), of: layout, run: run)
    }

    /// As `hold`, for who only looks.
    package func resolve(_ source: ImageSource) throws(ImageError) -> Entry { try hold(source).entry }

    private func directory(_ path: String) throws(ImageError) -> Entry {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .notFound(path: path, tag: nil) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAnImage(path: path, reason: "it is not a directory") }
        return Entry(rootfs: path, config: ImageConfig.Defaults(), digest: nil)
    }

    /// The image of a layout, unpacked when it is not yet here.
    func hold(
        _ image: ImageLayout.Image, of layout: ImageLayout, run: Unpacker.Run
    ) throws(ImageError) -> Held {
        try settings.policy.check(digests: image.names)
        let lock = try use(image.digest)
        let path = path(of: image.digest)
        var record = ImageRecord(bytes: 0, config: image.config.config ?? ImageConfig.Defaults(), names: image.names)
        if let found = ImageRecord.read(in: path) {
            (record.bytes, record.names) = (found.bytes, found.names.union(image.names))
        } else {
            let staging = try stage()
            record.bytes = try unpack(image, of: layout, in: staging.path, run: run)
            try makeRoom(for: record.bytes)
            let written = record
            try imaged { () throws(LinuxError) in try written.write(in: "\(staging.path)/unpacked") }
            // What is there without a record is half removed, or of an older gcx; a job that runs on it keeps its files.
            if Files.exists(path), !Files.exists("\(path)/\(ImageRecord.name)") {
                unsafe rename(path, "\(staging.path)/old")
            }
            // Two jobs may unpack the same image at once; the loser's copy goes, and both use the winner's.
            if unsafe rename("\(staging.path)/unpacked", path) != 0, errno != ENOTEMPTY, errno != EEXIST {
                throw .linux(.systemCall(operation: "rename", object: path, errno: errno))
            }
        }
        let used = record
        try imaged { () throws(LinuxError) in try used.write(in: path) }
        return Held(entry: entry(image.digest, record), lock: lock)
    }

    /// The image that is here under this digest, its own or that of an index it was found in; nil when there is none.
    ///
    /// Cost: a few file reads for every image of the store, and no network.
    func find(_ digest: String) throws(ImageError) -> Held? {
        let names = try imaged { () throws(LinuxError) in try digests() }
        let fitting = names.first { $0 == digest || ImageRecord.read(in: path(of: $0))?.names.contains(digest) == true }
        guard let fitting else { return nil }
        let lock = try use(fitting)
        // It may have gone before it was locked.
        guard let record = ImageRecord.read(in: path(of: fitting)), record.isComplete else { return nil }
        try settings.policy.check(digests: record.names.union([fitting]))
        try imaged { () throws(LinuxError) in try record.write(in: path(of: fitting)) }
        return Held(entry: entry(fitting, record), lock: lock)
    }

    /// The digests of the images that are here.
    package func digests() throws(LinuxError) -> [String] {
        try Files.names(in: root).filter { RegistryReference.digest("sha256:\($0)") != nil }
    }

    private func entry(_ digest: String, _ record: ImageRecord) -> Entry {
        Entry(rootfs: "\(path(of: digest))/rootfs", config: record.config, digest: digest)
    }

    private func use(_ digest: String) throws(ImageError) -> FileLock {
        try imaged { () throws(LinuxError) in
            try FileLock.wait("\(locks)/\(digest)", shared: true, timeout: SandboxLimits.startTimeout)
        }
    }

    func stage() throws(ImageError) -> TemporaryDirectory {
        try imaged { () throws(LinuxError) in try TemporaryDirectory(Self.stagingName, in: root) }
    }

    /// How directories begin in which an image is made or removed.
    static let stagingName = ".unpack"
}

/// What the store knows about an image; the time of the file is that of the last use.
struct ImageRecord: Codable, Equatable {
    static let name = "image.json"

    /// Disk that it takes, unpacked.
    var bytes: UInt64
    var config: ImageConfig.Defaults
    /// Digests it was asked for by.
    var names: Set<String>
    /// Nil in a record of a gcx that read less of a configuration.
    var version: Int? = Self.newest

    /// 2 knows the signal that ends a job.
    private static let newest = 2

    /// Whether all is in it that a job is run by; else the image's own configuration is asked again.
    var isComplete: Bool { version == Self.newest }

    /// Nil when there is none that can be read.
    static func read(in directory: String) -> ImageRecord? {
        (try? JSONFile.read(ImageRecord.self, from: "\(directory)/\(name)")) ?? nil
    }

    func write(in directory: String) throws(LinuxError) {
        try JSONFile.writeVolatile(self, to: "\(directory)/\(Self.name)")
    }
}
