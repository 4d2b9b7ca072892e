import CArchive
import GCXSandbox
import Glibc

/// An archive that is read from its first entry to its last: tar of any kind, plain, with gzip or with zstd.
///
/// Thread rule: one thread. Wraps `archive_read` of libarchive.
@safe final class ArchiveReader {
    private let handle: OpaquePointer
    private let descriptor: Int32
    /// Bytes in the file; reading past them by a skip is the end in the middle of an entry.
    private let fileBytes: Int64

    init(_ descriptor: Int32) throws(UnpackFailure) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system("stat", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged("it is no plain file") }
        guard let made = unsafe archive_read_new() else { throw .system("read", ENOMEM) }
        unsafe handle = unsafe made
        self.descriptor = descriptor
        fileBytes = Int64(status.st_size)  // bounded: of 64 bits already
        unsafe archive_read_support_filter_gzip(handle)
        unsafe archive_read_support_filter_zstd(handle)
        unsafe archive_read_support_format_tar(handle)
        guard unsafe archive_read_open_fd(handle, descriptor, 256 << 10) == ARCHIVE_OK else { throw failure() }
    }

    deinit { unsafe archive_read_free(handle) }

    /// The next entry; nil at the end.
    func next() throws(UnpackFailure) -> ArchiveEntry? {
        var entry: OpaquePointer?
        // A warning is about a name that is no UTF-8, which comes as the bytes it is, or about attributes that nobody here
        // reads.
        switch unsafe archive_read_next_header(handle, &entry) {
        case ARCHIVE_OK, ARCHIVE_WARN:
            return try unsafe entry.map { entry throws(UnpackFailure) in try unsafe ArchiveEntry(entry) }
        case ARCHIVE_EOF: return nil
        default: throw failure()
        }
    }

    /// One piece of the content of the entry, and where it belongs; nil at the end. What is between two pieces is zeros.
    func nextPiece() throws(UnpackFailure) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var buffer: UnsafeRawPointer?
        var (count, offset) = (0, Int64(0))
        switch unsafe archive_read_data_block(handle, &buffer, &count, &offset) {
        case ARCHIVE_OK, ARCHIVE_WARN: return unsafe (UnsafeRawBufferPointer(start: buffer, count: count), offset)
        case ARCHIVE_EOF: return nil
        default: throw failure()
        }
    }

    /// Passes over the content of the entry.
    func skip() throws(UnpackFailure) {
        guard unsafe archive_read_data_skip(handle) >= ARCHIVE_WARN else { throw failure() }
        guard lseek(descriptor, 0, SEEK_CUR) <= fileBytes else {
            throw .damaged("it ends in the middle of an entry")
        }
    }

    /// Bytes that have come out of the decompression.
    var decompressedBytes: UInt64 { unsafe UInt64(clamping: archive_filter_bytes(handle, 0)) }

    private func failure() -> UnpackFailure {
        if unsafe archive_errno(handle) == ENOMEM { return .system("read", ENOMEM) }
        let reason = unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? "it cannot be read"
        return .damaged("it is no tar archive, or a damaged one: \(reason)")
    }
}

/// What an archive says of one entry. Valid until the next one is read.
struct ArchiveEntry {
    let path: [UInt8]
    let hardLink: [UInt8]?
    let symbolicLink: [UInt8]?
    /// `S_IFREG` and the like.
    let kind: mode_t
    let mode: mode_t
    /// Bytes, holes included.
    let bytes: UInt64
    let user: UInt32
    let group: UInt32
    let modified: timespec

    init(_ entry: OpaquePointer) throws(UnpackFailure) {
        guard let path = unsafe [UInt8](cString: archive_entry_pathname(entry)), !path.isEmpty else {
            throw .refused(entry: [], "it has no name")
        }
        let size = unsafe archive_entry_size(entry)
        guard size >= 0 else { throw .refused(entry: path, "its size is below zero") }
        self.path = path
        hardLink = unsafe [UInt8](cString: archive_entry_hardlink(entry))
        symbolicLink = unsafe [UInt8](cString: archive_entry_symlink(entry))
        kind = unsafe archive_entry_filetype(entry)
        mode = unsafe archive_entry_perm(entry)
        bytes = UInt64(size)  // bounded: not below zero, asked above
        user = unsafe Self.inside(archive_entry_uid(entry))
        group = unsafe Self.inside(archive_entry_gid(entry))
        let nanoseconds = unsafe archive_entry_mtime_nsec(entry)
        modified = unsafe timespec(
            tv_sec: archive_entry_mtime(entry), tv_nsec: (0..<1_000_000_000).contains(nanoseconds) ? nanoseconds : 0)
    }

    /// An owner that an image's 65,536 ids do not reach is nobody there.
    // bounded: compared first
    private static func inside(_ id: Int64) -> UInt32 { (0..<65_536).contains(id) ? UInt32(id) : 65_534 }

    /// What it is called where it may not be made.
    var kindName: String {
        switch kind {
        case S_IFIFO: "a FIFO"
        case S_IFCHR: "a character device"
        case S_IFBLK: "a block device"
        case S_IFSOCK: "a socket"
        default: "of an unknown kind"
        }
    }

    var isNode: Bool { [S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK].contains(kind) }
}

/// The conversion of names, which libarchive asks of the C library whenever a name is no ASCII.
enum NameConversion {
    /// The C library reads a table of conversions at the first use: later there is no file to be read any more. Names of
    /// tar archives then come as the bytes they are.
    static func warmUp() {
        let converter = unsafe iconv_open("ANSI_X3.4-1968", "UTF-8")
        if let converter = unsafe converter, Int(bitPattern: converter) != -1 { unsafe iconv_close(converter) }
    }
}
