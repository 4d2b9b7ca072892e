import GCXLinux
import GCXModel
import Glibc

extension ImageStore {
    /// Unpacks with umoci, from a layout of our own that holds only the checked documents: so the tool can be led to
    /// nothing else by an odd tag, an index of several platforms or a file changed meanwhile.
    ///
    /// - Returns: bytes that the image takes on the disk, in `unpacked` below `staging`.
    func unpack(_ image: ImageLayout.Image, of layout: ImageLayout, in staging: String) throws(ImageError) -> UInt64 {
        let view = "\(staging)/layout"
        let manifest = try image.manifest.asOCI(layout.label)
        try imaged { () throws(LinuxError) in
            try Files.makeDirectories("\(view)/blobs/sha256")
            try Files.makeDirectory("\(staging)/unpacked")
            try DurableFile.replace("\(view)/oci-layout", with: ImageIndex.layoutFile)
            let bytes = try JSONFile.encode(manifest, object: "manifest")
            let digest = SHA256Hex.of(bytes)
            try DurableFile.replace("\(view)/blobs/sha256/\(digest)", with: bytes)
            var descriptor = ImageIndex.Descriptor(
                mediaType: MediaType.manifest, digest: "sha256:\(digest)", size: UInt64(bytes.count))
            descriptor.annotations = [ImageIndex.Descriptor.tagKey: "job"]
            let index = ImageIndex(schemaVersion: 2, manifests: [descriptor])
            try JSONFile.writeVolatile(index, to: "\(view)/index.json")
            let blobs = try absolute("\(layout.path)/blobs/sha256")
            for blob in Set(([manifest.config] + manifest.layers).map { $0.digest.dropFirst("sha256:".count) }) {
                guard symlink("\(blobs)/\(blob)", "\(view)/blobs/sha256/\(blob)") == 0 else {
                    throw .systemCall(operation: "symlink", object: "\(view)/blobs/sha256/\(blob)", errno: errno)
                }
            }
        }
        return try run(view, into: "\(staging)/unpacked/rootfs", image: layout.label)
    }

    private func absolute(_ path: String) throws(LinuxError) -> String {
        guard let pointer = realpath(path, nil) else {
            throw .systemCall(operation: "realpath", object: path, errno: errno)
        }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// A small layer can unpack to a very large one, so the disk is watched meanwhile and the result measured.
    private func run(_ layout: String, into target: String, image: String) throws(ImageError) -> UInt64 {
        let tool = ChildProcess(
            "umoci", ["raw", "unpack", "--image", "\(layout):job", target], timeout: SandboxLimits.unpackTimeout)
        let before = try imaged { () throws(LinuxError) in try Disk.freeBytes(at: root) }
        let outcome: ChildProcess.Outcome
        do {
            outcome = try tool.outcome { () throws(LinuxError) in
                let free = try Disk.freeBytes(at: root)
                // Others write to the disk as well: only the tree itself says what the image takes.
                let maybeTooLarge = before > free && before - free > unpackedBytesMax
                let isOver = maybeTooLarge ? try Disk.bytes(below: target) > unpackedBytesMax : false
                var hasRoom = free >= SandboxLimits.diskReserveBytes
                if !hasRoom, !isOver { hasRoom = try evictOne() }
                guard hasRoom, !isOver else {
                    throw .systemCall(operation: "unpack", object: image, errno: ENOSPC)
                }
            }
        } catch .systemCall("unpack", _, ENOSPC) {
            throw tooLarge(image, room: before)
        } catch {
            throw .linux(error)
        }
        guard outcome.status == .exited(0) else { throw .notAnImage(path: image, reason: outcome.errorLine) }
        let bytes = try imaged { () throws(LinuxError) in try Disk.bytes(below: target) }
        guard bytes <= unpackedBytesMax else { throw tooLarge(image, room: before) }
        return bytes
    }

    /// What is larger than the whole store would never fit.
    var unpackedBytesMax: UInt64 { min(settings.unpackedBytesMax, settings.storeBytesMax) }

    private func tooLarge(_ image: String, room: UInt64) -> ImageError {
        let spare = room - min(room, SandboxLimits.diskReserveBytes)
        return .tooLarge(path: image, what: "its size when unpacked", limit: min(unpackedBytesMax, spare))
    }
}
