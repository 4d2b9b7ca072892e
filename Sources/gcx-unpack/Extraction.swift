import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// Reads archives entry by entry, and makes what may be made; without a directory, it only looks.
final class Extraction {
    private let archives: [Int32]
    private let rules: ArchiveRules
    private let limits: ArchiveLimits
    private let tree: Tree?
    private var report = UnpackReport()
    /// Bytes that came out of the archives that are read already.
    private var decompressedBefore: UInt64 = 0
    /// Times and modes of directories are set last: making something in them would change or forbid it.
    private var directories: [(path: EntryPath, mode: mode_t, modified: timespec)] = []
    /// Names made by the layer at work, as numbers: what a whiteout of the same layer leaves alone.
    private var ownNames: Set<Int> = []

    convenience init(_ order: UnpackOrder) {
        self.init(Array(order.archiveDescriptors), into: order.directoryDescriptor, order.rules, order.limits)
    }

    /// - Parameters:
    ///   - archives: open files, one over the other.
    ///   - directory: nil makes nothing.
    init(_ archives: [Int32], into directory: Int32?, _ rules: ArchiveRules, _ limits: ArchiveLimits) {
        self.archives = archives
        self.rules = rules
        self.limits = limits
        tree = directory.map { Tree($0, isLayered: rules.isLayer) }
    }

    func run() -> UnpackReport {
        do throws(UnpackFailure) {
            for archive in archives { try read(archive) }
            guard rules.isLayer || report.entries > 0 else {
                throw .damaged("it is an empty archive, or none")
            }
            finishDirectories()
        } catch { error.put(into: &report) }
        return report
    }

    private func read(_ archive: Int32) throws(UnpackFailure) {
        ownNames = []
        let reader = try ArchiveReader(archive)
        while let entry = try reader.next() {
            try count(entry)
            do throws(UnpackFailure) {
                try make(entry, reader)
            } catch {
                guard rules.leavesOut, case .refused(let name, let reason) = error else { throw error }
                report.leaveOut(name, reason)
            }
            try checkDecompressed(reader)
        }
        try checkDecompressed(reader)
        decompressedBefore = decompressedBefore.saturatingSum(reader.decompressedBytes)
    }

    private func count(_ entry: ArchiveEntry) throws(UnpackFailure) {
        guard report.entries < limits.entriesMax else {
            // bounded: a limit of ours
            throw .tooLarge(what: "the number of entries", limit: UInt64(limits.entriesMax))
        }
        report.entries += 1  // bounded: fewer than `entriesMax`, asked above
        let sum = report.bytes.saturatingSum(entry.bytes)
        guard sum <= limits.bytesMax else { throw .tooLarge(what: ArchiveLimits.filesSize, limit: limits.bytesMax) }
        report.bytes = sum
    }

    /// What nobody keeps, names without end or content of what has none, is bounded as well.
    private func checkDecompressed(_ reader: ArchiveReader) throws(UnpackFailure) {
        // bounded: `entriesMax` at most, and a constant
        let headers = UInt64(report.entries + 16).multipliedReportingOverflow(by: SandboxLimits.entryHeaderBytesMax)
        let most = limits.bytesMax.saturatingSum(headers.overflow ? .max : headers.partialValue)
        guard decompressedBefore.saturatingSum(reader.decompressedBytes) <= most else {
            throw .tooLarge(what: ArchiveLimits.decompressedSize, limit: limits.bytesMax)
        }
    }

    private func make(_ entry: ArchiveEntry, _ reader: ArchiveReader) throws(UnpackFailure) {
        let path = try EntryPath(entry.path, mayBeginAtRoot: rules.isLayer)
        if rules.isLayer, path.name.starts(with: Whiteout.prefix) { return try erase(path) }
        if rules.isLayer { ownNames.insert(path.bytes.hashValue) }
        guard !path.isTop || entry.kind == S_IFDIR else { throw .refused(entry: entry.path, "it has no name") }
        if let target = entry.hardLink { return try link(path, to: target) }
        switch entry.kind {
        case S_IFREG: try file(path, entry, reader)
        case S_IFLNK: try symbolicLink(path, entry)
        case S_IFDIR: try directory(path, entry)
        default:
            // A job's own /dev lies over whatever an image has there.
            if rules.isLayer, entry.isNode, path.bytes.starts(with: Array("dev/".utf8)) {
                report.leaveOut(entry.path, entry.kindName)
            } else {
                throw .refused(
                    entry: entry.path, "it is \(entry.kindName), and only files, directories and links are made")
            }
        }
    }

    private func link(_ path: EntryPath, to target: [UInt8]) throws(UnpackFailure) {
        guard rules.links != .none else { throw .refused(entry: path.bytes, "links are not made here") }
        let source: EntryPath
        do throws(UnpackFailure) { source = try EntryPath(target, mayBeginAtRoot: rules.isLayer) } catch {
            throw .refused(entry: path.bytes, "it links to what is outside")
        }
        try tree?.makeHardLink(path, to: source, staysInside: rules.links == .inside)
    }

    private func symbolicLink(_ path: EntryPath, _ entry: ArchiveEntry) throws(UnpackFailure) {
        guard let target = entry.symbolicLink, !target.isEmpty, target.count <= SandboxLimits.entryPathBytesMax else {
            throw .refused(entry: path.bytes, "it is a link to nothing, or too long a one")
        }
        switch rules.links {
        case .none: throw .refused(entry: path.bytes, "links are not made here")
        case .inside where !path.keepsInside(target):
            throw .refused(entry: path.bytes, "it is a link that leads outside")
        default: break
        }
        guard let parent = try tree?.makeLink(path, to: target) else { return }
        let name = path.name.terminated
        if rules.keepsOwners {
            guard unsafe fchownat(parent.number, name, entry.user, entry.group, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw .system("chown", errno)
            }
        }
        let times = [entry.modified, entry.modified]
        unsafe utimensat(parent.number, name, times, AT_SYMLINK_NOFOLLOW)
    }

    private func directory(_ path: EntryPath, _ entry: ArchiveEntry) throws(UnpackFailure) {
        guard entry.bytes == 0 else {
            throw .refused(entry: entry.path, "it is a directory by its name, and has content")
        }
        guard let tree else { return }
        let made = try tree.makeDirectory(path)
        if path.isTop, !rules.keepsOwners { return }
        if rules.keepsOwners {
            // At once: a later layer may remove it, and another directory of its name shall not get its mode.
            try own(made.number, entry)
        }
        directories.append((path, mode(entry), entry.modified))
    }

    private func file(_ path: EntryPath, _ entry: ArchiveEntry, _ reader: ArchiveReader) throws(UnpackFailure) {
        guard let tree, entry.bytes <= rules.fileBytesMax ?? .max else { return try reader.skip() }
        let file = try tree.makeFile(path)
        while let (bytes, offset) = unsafe try reader.nextPiece() {
            // bounded here: bytes in memory; an end that did not overflow, behind a place that is not below zero
            let (end, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
            guard offset >= 0, !overflow, UInt64(end) <= entry.bytes else {
                throw .refused(entry: entry.path, "it has more content than its header says")
            }
            try unsafe write(bytes, at: offset, to: file.number)
            try checkDecompressed(reader)
        }
        guard ftruncate(file.number, off_t(clamping: entry.bytes)) == 0 else { throw .system("write", errno) }
        if rules.keepsOwners {
            try own(file.number, entry)
        } else if fchmod(file.number, mode(entry)) != 0 {
            throw .system("chmod", errno)
        }
        let times = [entry.modified, entry.modified]
        unsafe futimens(file.number, times)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, to file: Int32) throws(UnpackFailure) {
        var done = 0
        while done < bytes.count {
            // bounded here: no more is written than is left; the end was summed up before
            let count = unsafe pwrite(
                file, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write", count < 0 ? errno : EIO) }
            done += count
        }
    }

    /// Owner first: giving a file away clears bits of its mode.
    private func own(_ file: Int32, _ entry: ArchiveEntry) throws(UnpackFailure) {
        guard fchown(file, entry.user, entry.group) == 0 else { throw .system("chown", errno) }
        guard fchmod(file, mode(entry)) == 0 else { throw .system("chmod", errno) }
    }

    /// Without set-uid and set-gid bits; of an upload, writable by its owner alone.
    private func mode(_ entry: ArchiveEntry) -> mode_t {
        rules.keepsOwners ? entry.mode & 0o1777 : entry.mode & 0o755
    }

    private func finishDirectories() {
        guard let tree else { return }
        for (path, mode, modified) in directories.reversed() {
            guard let directory = tree.existing(path) else { continue }
            if !rules.keepsOwners { fchmod(directory.number, mode) }
            let times = [modified, modified]
            unsafe futimens(directory.number, times)
        }
    }
}

extension Extraction {
    /// Source: OCI image specification 1.1, `layer.md`, "Whiteouts".
    private enum Whiteout {
        static let prefix = Array(".wh.".utf8)
        static let opaque = Array(".wh..wh..opq".utf8)
        /// What aufs kept for itself.
        static let reserved = Array(".wh..wh.".utf8)
    }

    /// Removes what lower layers have put where the whiteout says.
    private func erase(_ path: EntryPath) throws(UnpackFailure) {
        let name = path.name
        if name == Whiteout.opaque {
            guard let tree else { return }
            let directory = try tree.directory(path.parent)
            for name in try tree.names(in: directory) {
                let child = path.parent.child(name)
                if !ownNames.contains(child.bytes.hashValue) { try tree.remove(child) }
            }
            return
        }
        if name.starts(with: Whiteout.reserved) { return }
        let hidden = Array(name.dropFirst(Whiteout.prefix.count))
        guard !hidden.isEmpty, hidden != [dot], hidden != [dot, dot] else {
            throw .refused(entry: path.bytes, "it is a whiteout of nothing that could be there")
        }
        let child = path.parent.child(hidden)
        if !ownNames.contains(child.bytes.hashValue) { try tree?.remove(child) }
    }
}
