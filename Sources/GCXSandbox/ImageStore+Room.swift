import GCXLinux
import GCXModel
import Glibc

extension ImageStore {
    /// Something that takes room and may be given up: an unpacked image, or what is there of one that is being pulled.
    private struct Kept {
        var path: String
        /// Held, shared or not, by whoever uses it.
        var lock: String
        /// Nil for what is not yet an image, which no job runs on.
        var digest: String?
        var bytes: UInt64
        /// Nanoseconds since 1970, a label: it orders uses and is no duration.
        var usedAt: UInt64
    }

    /// Gives up what was used least recently and is not in use, until `bytes` more fit below the store's limit, and
    /// until the disk has its reserve and `diskBytes` free.
    ///
    /// - Throws: ``ImageError/storeFull(neededBytes:limit:)`` when they do not fit all the same.
    package func makeRoom(for bytes: UInt64 = 0, diskBytes: UInt64 = 0) throws(ImageError) {
        try checkFit(bytes, diskBytes: diskBytes)
        while true {
            let (held, free) = try imaged { () throws(LinuxError) in
                (try kept().reduce(UInt64(0)) { $0.saturatingSum($1.bytes) }, try Disk.freeBytes(at: root))
            }
            let isOver = held.saturatingSum(bytes) > settings.storeBytesMax
            let isShort = free < SandboxLimits.diskReserveBytes.saturatingSum(diskBytes)
            guard isOver || isShort else { return }
            if try imaged({ () throws(LinuxError) in try evictOne() }) { continue }
            guard bytes > 0 || diskBytes > 0 else { return }
            // bounded: the smaller from the larger
            let limit = isOver ? settings.storeBytesMax : free - min(free, SandboxLimits.diskReserveBytes)
            throw .storeFull(neededBytes: max(bytes, diskBytes), limit: limit)
        }
    }

    /// Gives up nothing for what would not fit if all were given up that is not in use.
    private func checkFit(_ bytes: UInt64, diskBytes: UInt64) throws(ImageError) {
        guard bytes > 0 || diskBytes > 0, let used = inUse() else { return }
        let items = try imaged { () throws(LinuxError) in try kept() }
        let free = try imaged { () throws(LinuxError) in try Disk.freeBytes(at: root) }
        var (spareBytes, heldBytes) = (UInt64(0), UInt64(0))
        for item in items {
            if let digest = item.digest, used.contains(digest) {
                heldBytes = heldBytes.saturatingSum(item.bytes)
            } else {
                spareBytes = spareBytes.saturatingSum(item.bytes)
            }
        }
        guard heldBytes.saturatingSum(bytes) <= settings.storeBytesMax else {
            throw .storeFull(neededBytes: max(bytes, diskBytes), limit: settings.storeBytesMax)
        }
        let room = free.saturatingSum(spareBytes)
        guard SandboxLimits.diskReserveBytes.saturatingSum(diskBytes) <= room else {
            let limit = room - min(room, SandboxLimits.diskReserveBytes)  // bounded: the smaller from the larger
            throw .storeFull(neededBytes: max(bytes, diskBytes), limit: limit)
        }
    }

    /// Removes what was used least recently of what is not in use; false when there is nothing of that kind.
    func evictOne() throws(LinuxError) -> Bool {
        for item in try kept().sorted(by: { ($0.usedAt, $0.path) < ($1.usedAt, $1.path) }) {
            guard let lock = try FileLock.take(item.lock) else { continue }
            defer { _ = lock.number }
            // Who has just started a job has written its plan before the lock was free, so now the list is complete.
            if let digest = item.digest {
                guard let used = inUse() else { return false }
                if used.contains(digest) { continue }
            }
            try discard(item.path)
            return true
        }
        return false
    }

    /// Removes what a crash left half unpacked, what nobody went on pulling, and locks of images that are gone.
    ///
    /// Called only while nobody uses the store.
    package func sweep() throws(ImageError) {
        try imaged { () throws(LinuxError) in
            let images = Set(try digests())
            for name in try Files.names(in: root) where !images.contains(name) {
                let path = "\(root)/\(name)"
                if path != locks, path != partials { try Files.removeTree(path) }
            }
            let now = WallClock.now()
            // bounded: the smaller from the larger
            let oldest = now - min(now, Nanoseconds.of(seconds: SandboxLimits.partialKeepSeconds))
            for name in try Files.names(in: partials) {
                let path = "\(partials)/\(name)"
                if Self.time(of: path) < oldest { try Files.removeTree(path) }
            }
            let pulled = Set(try Files.names(in: partials).map { "pull-\($0)" })
            for name in try Files.names(in: locks) where !images.contains(name) && !pulled.contains(name) {
                try Files.remove("\(locks)/\(name)")
            }
        }
    }

    private func kept() throws(LinuxError) -> [Kept] {
        var found: [Kept] = []
        for digest in try digests() {
            let path = path(of: digest)
            // Without a record it is of an older gcx: its size is measured each time, and it goes first.
            let bytes = ImageRecord.read(in: path)?.bytes ?? measured(path)
            found.append(
                Kept(
                    path: path, lock: "\(locks)/\(digest)", digest: digest, bytes: bytes,
                    usedAt: Self.time(of: "\(path)/\(ImageRecord.name)")))
        }
        for name in try Files.names(in: partials) {
            let partial = PartialLayout(path: "\(partials)/\(name)")
            found.append(
                Kept(
                    path: partial.path, lock: "\(locks)/pull-\(name)", digest: nil, bytes: partial.bytes,
                    usedAt: Self.time(of: partial.path)))
        }
        return found
    }

    /// What nobody can see counts nothing, and what is gone meanwhile neither.
    private func measured(_ path: String) -> UInt64 {
        guard let directory = try? Unpacker.directory(path) else { return 0 }
        return (try? unpacker.diskBytes(below: directory, label: path)) ?? 0
    }

    /// A half removed image must not be taken for a whole one, so it loses its name first.
    private func discard(_ path: String) throws(LinuxError) {
        let staging = try TemporaryDirectory(Self.stagingName, in: root)
        if unsafe rename(path, "\(staging.path)/gone") != 0, errno != ENOENT {
            throw .systemCall(operation: "rename", object: path, errno: errno)
        }
        try staging.remove()
    }

    /// When a file was last written, ns since 1970; 0 when it is missing.
    private static func time(of path: String) -> UInt64 {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mtim.tv_sec >= 0 else { return 0 }
        return Nanoseconds.of(seconds: UInt64(clamping: status.st_mtim.tv_sec)).saturatingSum(
            UInt64(clamping: status.st_mtim.tv_nsec))
    }
}
