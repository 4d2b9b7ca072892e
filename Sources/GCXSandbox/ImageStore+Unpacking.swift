import GCXLinux
import GCXModel
import Glibc

extension ImageStore {
    /// Lays the layers of an image over each other, after their digests were compared.
    ///
    /// - Returns: bytes that the image takes on the disk, in `unpacked` below `staging`.
    func unpack(
        _ image: ImageLayout.Image, of layout: ImageLayout, in staging: String, run: Unpacker.Run
    ) throws(ImageError) -> UInt64 {
        let layers = try layout.openLayers(of: image)
        try layout.verify(layers, of: image, by: unpacker, run: run)
        try imaged { () throws(LinuxError) in try Files.makeDirectory("\(staging)/unpacked") }
        let target = "\(staging)/unpacked/rootfs"
        let spare = try spareBytes()
        if try !lay(layers, into: target, label: layout.label, bytesMax: min(unpackedBytesMax, spare), run: run) {
            // Too large for the disk as it is; nothing is given up for it before it is known to fit.
            let contents = try bounded(layout.label) { () throws(ImageError) in
                try unpacker.inspectLayers(layers, label: layout.label, limits: limits(unpackedBytesMax), run: run)
            }
            try makeRoom(for: contents.bytes, diskBytes: contents.bytes)
            guard try lay(layers, into: target, label: layout.label, bytesMax: unpackedBytesMax, run: run) else {
                throw .storeFull(neededBytes: contents.bytes, limit: try spareBytes())
            }
        }
        let bytes = try unpacker.diskBytes(below: try Unpacker.directory(target), label: layout.label, run: run)
        guard bytes <= unpackedBytesMax else { throw tooLarge(layout.label) }
        return bytes
    }

    /// False when the disk has no room for it, and nothing is left of it then.
    ///
    /// A small layer can unpack to a very large one, so what it comes to is counted meanwhile, and the disk watched.
    private func lay(
        _ layers: [OpenFile], into target: String, label: String, bytesMax: UInt64, run: Unpacker.Run
    ) throws(ImageError) -> Bool {
        try imaged { () throws(LinuxError) in
            try Files.removeTree(target)
            try Files.makeDirectory(target, mode: 0o755)
        }
        let directory = try Unpacker.directory(target)
        do throws(ImageError) {
            _ = try bounded(label) { () throws(ImageError) in
                try unpacker.layers(layers, into: directory, label: label, limits: limits(bytesMax), run: run) {
                    () throws(LinuxError) in
                    guard try Disk.freeBytes(at: root) >= SandboxLimits.diskReserveBytes / 2 else {
                        throw .systemCall(operation: "unpack", object: label, errno: ENOSPC)
                    }
                }
            }
            return true
        } catch {
            try? Files.removeTree(target)
            switch error {
            case .tooLarge(_, Self.unpackedSize, _) where bytesMax < unpackedBytesMax: return false
            case .linux(.systemCall(_, _, ENOSPC)): return false
            default: throw error
            }
        }
    }

    private func limits(_ bytesMax: UInt64) -> ArchiveLimits {
        ArchiveLimits(entriesMax: SandboxLimits.imageEntriesMax, bytesMax: bytesMax)
    }

    /// Says of an image what its layers say of themselves.
    private func bounded<T>(_ label: String, _ body: () throws(ImageError) -> T) throws(ImageError) -> T {
        do throws(ImageError) { return try body() } catch {
            guard case .tooLarge(_, let what, _) = error, ArchiveLimits.sizes.contains(what) else { throw error }
            throw tooLarge(label)
        }
    }

    /// What is larger than the whole store would never fit.
    var unpackedBytesMax: UInt64 { min(settings.unpackedBytesMax, settings.storeBytesMax) }

    /// Bytes of the disk above its reserve.
    func spareBytes() throws(ImageError) -> UInt64 {
        let free = try imaged { () throws(LinuxError) in try Disk.freeBytes(at: root) }
        return free - min(free, SandboxLimits.diskReserveBytes)  // bounded: the smaller from the larger
    }

    private static let unpackedSize = "its size when unpacked"

    private func tooLarge(_ image: String) -> ImageError {
        .tooLarge(path: image, what: Self.unpackedSize, limit: unpackedBytesMax)
    }
}
