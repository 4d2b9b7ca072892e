import GCXLinux
import GCXModel
import GCXSandbox
import Glibc

/// Packs what is in a directory: files, directories and links. What cannot be carried is left out and named.
@safe final class Packing {
    private let directory: Int32?
    private let archive: Int32?
    private let rules: ArchiveRules
    private let limits: ArchiveLimits
    private var report = UnpackReport()
    /// First names of files that have several.
    private var firstNames: [FileID: [UInt8]] = [:]
    private var device: dev_t = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    private struct FileID: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    convenience init(_ order: UnpackOrder) {
        self.init(order.directoryDescriptor, into: order.archiveDescriptors.first, order.rules, order.limits)
    }

    /// - Parameter archive: an open file that is written from where it stands.
    init(_ directory: Int32?, into archive: Int32?, _ rules: ArchiveRules, _ limits: ArchiveLimits) {
        (self.directory, self.archive, self.rules, self.limits) = (directory, archive, rules, limits)
    }

    deinit { unsafe buffer.deallocate() }

    func run() -> UnpackReport {
        do throws(UnpackFailure) {
            guard let directory, let archive else {
                throw .damaged("no directory, or no archive")
            }
            let writer = try ArchiveWriter(archive, bytesMax: limits.archiveBytesMax)
            let top = try attempt { () throws(LinuxError) in
                try FileDescriptor.open(beneath: directory, [46, 0], O_RDONLY | O_DIRECTORY)
            }
            let status = try attempt { () throws(LinuxError) in try top.status("directory") }
            device = status.st_dev
            try writer.begin(Array("./".utf8), status, kind: S_IFDIR, link: nil)
            report.entries += 1  // bounded: one
            try pack(top.number, [], level: 1, writer)
            try writer.end()
        } catch { error.put(into: &report) }
        return report
    }

    /// In the order of names, so that equal trees are equal archives.
    private func pack(_ directory: Int32, _ path: [UInt8], level: Int, _ writer: ArchiveWriter) throws(UnpackFailure) {
        let names = try attempt { () throws(LinuxError) in try Files.names(inOpen: directory) }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
            let full = path.isEmpty ? bytes : path + [slash] + bytes
            var status = stat()
            guard unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                report.leaveOut(full, "it cannot be looked at")
                continue
            }
            guard report.entries < limits.entriesMax else {
                throw .tooLarge(what: "the number of entries", limit: UInt64(clamping: limits.entriesMax))
            }
            report.entries += 1  // bounded: fewer than `entriesMax`, asked above
            try pack(Item(directory: directory, name: name, path: full, level: level, status: status), writer)
        }
    }

    private struct Item {
        let directory: Int32
        let name: [CChar]
        let path: [UInt8]
        let level: Int
        let status: stat
        /// As GNU tar names what it finds in `.`.
        var archived: [UInt8] { [dot, slash] + path }
    }

    private func pack(_ item: Item, _ writer: ArchiveWriter) throws(UnpackFailure) {
        guard item.status.st_dev == device else { return report.leaveOut(item.path, "another filesystem begins there") }
        guard item.archived.count <= SandboxLimits.entryPathBytesMax else {
            return report.leaveOut(item.path, "its name is too long")
        }
        switch item.status.st_mode & S_IFMT {
        case S_IFREG: try packFile(item, writer)
        case S_IFDIR: try packDirectory(item, writer)
        case S_IFLNK: try packLink(item, writer)
        case S_IFIFO: report.leaveOut(item.path, "a FIFO")
        case S_IFSOCK: report.leaveOut(item.path, "a socket")
        default: report.leaveOut(item.path, "a device")
        }
    }

    private func packDirectory(_ item: Item, _ writer: ArchiveWriter) throws(UnpackFailure) {
        guard item.level < SandboxLimits.entryDepthMax else {
            return report.leaveOut(item.path, "it lies too deep")
        }
        guard let child = try? FileDescriptor.open(beneath: item.directory, item.name, O_RDONLY | O_DIRECTORY) else {
            return report.leaveOut(item.path, "it cannot be opened")
        }
        try writer.begin(item.archived + [slash], item.status, kind: S_IFDIR, link: nil)
        // bounded: below `entryDepthMax`, asked above
        try pack(child.number, item.path, level: item.level + 1, writer)
    }

    private func packLink(_ item: Item, _ writer: ArchiveWriter) throws(UnpackFailure) {
        var text = [UInt8](repeating: 0, count: Int(PATH_MAX))  // bounded: a constant of the kernel, 4,096
        let count = unsafe text.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) {
                unsafe $0.baseAddress.map { unsafe readlinkat(item.directory, item.name, $0, buffer.count) } ?? -1
            }
        }
        guard count > 0, count < text.count else { return report.leaveOut(item.path, "it cannot be read") }
        let target = Array(text[..<count])  // bounded: no more is read than the text holds
        switch rules.links {
        case .none: return report.leaveOut(item.path, "a link")
        case .inside:
            let path = try EntryPath(item.path, mayBeginAtRoot: false)
            guard path.keepsInside(target) else { return report.leaveOut(item.path, "a link that leads outside") }
        case .any: break
        }
        try writer.begin(item.archived, item.status, kind: S_IFLNK, link: target)
    }

    private func packFile(_ item: Item, _ writer: ArchiveWriter) throws(UnpackFailure) {
        let id = FileID(device: item.status.st_dev, inode: item.status.st_ino)
        if item.status.st_nlink > 1, rules.links != .none {
            if let first = firstNames[id] {  // bounded: a dictionary
                return try writer.begin(item.archived, item.status, kind: S_IFREG, link: first, isHard: true)
            }
        }
        guard let file = try? FileDescriptor.open(beneath: item.directory, item.name, O_RDONLY),
            let status = try? file.status("file"), status.st_mode & S_IFMT == S_IFREG
        else { return report.leaveOut(item.path, "it cannot be opened") }
        // What is left out under one name has its chance under the next.
        if item.status.st_nlink > 1 { firstNames[id] = item.archived }  // bounded: a dictionary
        // bounded here: a file's size has 63 bits, and its pieces lie in it one behind the other, `Holes` sees to it
        let size = Int64(status.st_size)
        let sum = report.bytes.saturatingSum(UInt64(clamping: size))
        guard sum <= limits.bytesMax else {
            throw .tooLarge(what: "the size of the files", limit: limits.bytesMax)
        }
        report.bytes = sum
        let pieces = Holes.data(of: file.number, size: size, blocks: Int64(status.st_blocks))
        try writer.begin(item.archived, status, kind: S_IFREG, link: nil, data: pieces)
        var offset: Int64 = 0
        for piece in pieces ?? [(offset: 0, count: size)] {
            try writer.writeZeros(piece.offset - offset)
            try copy(file.number, from: piece.offset, count: piece.count, writer)
            offset = piece.offset + piece.count
        }
        try writer.writeZeros(size - offset)
        try writer.endEntry()
    }

    /// A file that became shorter meanwhile ends in zeros: its size is said already.
    private func copy(_ file: Int32, from start: Int64, count: Int64, _ writer: ArchiveWriter) throws(UnpackFailure) {
        var done: Int64 = 0
        while done < count {
            // bounded here: no more is read than is wanted, and that is at most what is left of the count
            let wanted = unsafe Int(min(Int64(buffer.count), count - done))
            let got = unsafe pread(file, buffer.baseAddress, wanted, off_t(start + done))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system("read", errno) }
            guard got > 0 else { return try writer.writeZeros(count - done) }
            try unsafe writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            done += Int64(got)
        }
    }
}

/// Where a file has content.
enum Holes {
    /// The pieces that are no holes; nil when it has none, or more than are worth it.
    ///
    /// Source: lseek(2), SEEK_DATA and SEEK_HOLE.
    static func data(of file: Int32, size: Int64, blocks: Int64) -> [(offset: Int64, count: Int64)]? {
        guard size > 0, blocks < size / 512 else { return nil }
        var pieces: [(offset: Int64, count: Int64)] = []
        var offset: Int64 = 0
        while offset < size, pieces.count < piecesMax {
            // bounded here: a place has 63 bits, and a piece begins before it ends
            let start = Int64(lseek(file, off_t(offset), seekData))
            guard start >= 0, start < size else { break }
            let end = min(size, Int64(lseek(file, off_t(start), seekHole)))
            guard end > start else { return nil }
            pieces.append((start, end - start))
            offset = end
        }
        if pieces.count == piecesMax { return nil }
        // A file of one hole: the writer knows such a file by a piece of nothing at its end.
        return pieces.isEmpty ? [(offset: size, count: Int64(0))] : pieces
    }

    private static let piecesMax = 4096
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4
}
