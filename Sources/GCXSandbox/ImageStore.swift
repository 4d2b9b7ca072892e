import GCXLinux
import Glibc

/// Unpacked images, each once, named by the digest of its manifest. Owners are those inside the image.
///
/// Jobs see an image through a mount that shifts the owners and lets nothing be written, so one copy serves all.
package struct ImageStore: Sendable {
    package let root: String
    /// Disk that one image may take when unpacked.
    package let unpackedBytesMax: UInt64

    /// A root filesystem and how it wants to be run.
    package struct Entry: Equatable, Sendable {
        package var rootfs: String
        package var config: ImageConfig.Defaults
        /// Nil for a plain directory, which has no digest.
        package var digest: String?
    }

    /// A store in the directory `root`, made when missing and readable by nobody else: an image may hold set-uid files.
    package init(
        root: String, unpackedBytesMax: UInt64 = SandboxLimits.imageUnpackedBytesMax
    ) throws(ImageError) {
        self.root = root
        self.unpackedBytesMax = unpackedBytesMax
        try imaged { () throws(LinuxError) in try Files.makeDirectories(root, mode: 0o700) }
    }

    /// The root filesystem of an image, unpacked when it is not yet here.
    ///
    /// Cost: a few file reads when it is here; else the digest of every layer and the unpacking.
    package func resolve(_ source: ImageSource) throws(ImageError) -> Entry {
        switch source {
        case .rootfs(let path): return try directory(path)
        case .ociLayout(let path, let tag): return try entry(of: ImageLayout(path: path), tag)
        case .ociArchive(let path, let tag):
            let staging = try stage()
            defer { try? Files.removeTree(staging) }
            try TarArchive(path: path).unpack(into: staging, limits: .image)
            return try entry(of: ImageLayout(path: staging), tag)
        }
    }

    /// Removes every image whose digest is not in `digests`, and whatever a crash left half unpacked.
    package func prune(keeping digests: Set<String>) throws(ImageError) {
        try imaged { () throws(LinuxError) in
            for name in try Files.names(in: root) where !digests.contains(name) {
                try Files.removeTree("\(root)/\(name)")
            }
        }
    }

    private func directory(_ path: String) throws(ImageError) -> Entry {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .notFound(path: path, tag: nil) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAnImage(path: path, reason: "it is not a directory") }
        return Entry(rootfs: path, config: ImageConfig.Defaults(), digest: nil)
    }

    private func entry(of layout: ImageLayout, _ tag: String?) throws(ImageError) -> Entry {
        let image = try layout.image(tag: tag)
        let path = "\(root)/\(image.digest)"
        if !Files.exists(path) {
            try layout.verifyLayers(of: image)
            let staging = try stage()
            defer { try? Files.removeTree(staging) }
            try unpack(image, of: layout, in: staging)
            // Two jobs may unpack the same image at once; the loser's copy goes, and both use the winner's.
            if rename("\(staging)/unpacked", path) != 0, errno != ENOTEMPTY, errno != EEXIST {
                throw .linux(.systemCall(operation: "rename", object: path, errno: errno))
            }
        }
        return Entry(
            rootfs: "\(path)/rootfs", config: image.config.config ?? ImageConfig.Defaults(), digest: image.digest)
    }

    private func stage() throws(ImageError) -> String {
        var template = Array("\(root)/.unpack-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .linux(.systemCall(operation: "mkdtemp", object: root, errno: errno))
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Unpacks with umoci, from a layout of our own that holds only the checked manifest: so the tool can be led to
    /// nothing else by an odd tag, an index of several platforms or a file changed meanwhile.
    private func unpack(_ image: ImageLayout.Image, of layout: ImageLayout, in staging: String) throws(ImageError) {
        let view = "\(staging)/layout"
        var descriptor = image.descriptor
        descriptor.annotations = [ImageIndex.Descriptor.tagKey: "job"]
        descriptor.mediaType = descriptor.mediaType ?? "application/vnd.oci.image.manifest.v1+json"
        descriptor.platform = nil
        let index = ImageIndex(schemaVersion: 2, manifests: [descriptor])
        try imaged { () throws(LinuxError) in
            try Files.makeDirectory(view)
            try Files.makeDirectory("\(staging)/unpacked")
            try DurableFile.write(#"{"imageLayoutVersion":"1.0.0"}"#.utf8, to: "\(view)/oci-layout")
            try JSONFile.write(index, to: "\(view)/index.json")
            let blobs = try absolute("\(layout.path)/blobs")
            guard symlink(blobs, "\(view)/blobs") == 0 else {
                throw .systemCall(operation: "symlink", object: "\(view)/blobs", errno: errno)
            }
        }
        try run(view, into: "\(staging)/unpacked/rootfs", image: layout.path)
    }

    private func absolute(_ path: String) throws(LinuxError) -> String {
        guard let pointer = realpath(path, nil) else {
            throw .systemCall(operation: "realpath", object: path, errno: errno)
        }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// A small layer can unpack to a very large one, so the disk is watched meanwhile and the result measured.
    private func run(_ layout: String, into target: String, image: String) throws(ImageError) {
        let tool = ChildProcess(
            "umoci", ["raw", "unpack", "--image", "\(layout):job", target], timeout: SandboxLimits.unpackTimeout)
        let before = try imaged { () throws(LinuxError) in try Disk.freeBytes(at: root) }
        let outcome: ChildProcess.Outcome
        do {
            outcome = try tool.outcome { () throws(LinuxError) in
                let free = try Disk.freeBytes(at: root)
                // Others write to the disk as well: only the tree itself says what the image takes.
                let maybeTooLarge = before > free && before - free > unpackedBytesMax
                let isOver = maybeTooLarge ? try isTooLarge(target) : false
                guard !isOver, free >= SandboxLimits.diskReserveBytes else {
                    throw .systemCall(operation: "unpack", object: image, errno: ENOSPC)
                }
            }
        } catch .systemCall("unpack", _, ENOSPC) {
            throw tooLarge(image, room: before)
        } catch {
            throw .linux(error)
        }
        guard outcome.status == .exited(0) else { throw .notAnImage(path: image, reason: outcome.errorLine) }
        let isOver = try imaged { () throws(LinuxError) in try isTooLarge(target) }
        guard !isOver else { throw tooLarge(image, room: before) }
    }

    private func isTooLarge(_ tree: String) throws(LinuxError) -> Bool {
        try Disk.bytes(below: tree) > unpackedBytesMax
    }

    private func tooLarge(_ image: String, room: UInt64) -> ImageError {
        let spare = room - min(room, SandboxLimits.diskReserveBytes)
        return .tooLarge(path: image, what: "its size when unpacked", limit: min(unpackedBytesMax, spare))
    }
}

extension ImageSource {
    /// What can be seen without unpacking: the path, the tag and the manifest of a layout, the entries of an archive.
    package func check() throws(ImageError) {
        switch self {
        case .rootfs(let path): if !Files.exists(path) { throw .notFound(path: path, tag: nil) }
        case .ociLayout(let path, let tag): _ = try ImageLayout(path: path).image(tag: tag)
        case .ociArchive(let path, _): _ = try TarArchive(path: path).inspect(limits: .image)
        }
    }
}
