import CArchive
import Glibc

/// A tar archive that is written entry by entry: pax, with its extensions only where ustar has no room.
///
/// Thread rule: one thread. Wraps `archive_write` of libarchive.
@safe final class ArchiveWriter {
    private let handle: OpaquePointer
    private let bytesMax: UInt64
    /// Zeros to stand for holes. The writer passes over them, so their pages are never made, and a hole of a terabyte is a
    /// few thousand calls.
    private let zeros: UnsafeMutableRawPointer
    private static let zerosBytes = 64 << 20

    init(_ descriptor: Int32, bytesMax: UInt64) throws(UnpackFailure) {
        guard let made = unsafe archive_write_new(), let zeros = unsafe calloc(1, Self.zerosBytes) else {
            throw .system("write", ENOMEM)
        }
        unsafe handle = unsafe made
        unsafe self.zeros = unsafe zeros
        self.bytesMax = bytesMax
        unsafe archive_write_set_format_pax_restricted(handle)
        unsafe archive_write_set_bytes_in_last_block(handle, 1)
        guard unsafe archive_write_open_fd(handle, descriptor) == ARCHIVE_OK else { throw failure() }
    }

    deinit {
        unsafe archive_write_free(handle)
        unsafe free(zeros)
    }

    /// Begins an entry. Its owner is nobody in particular.
    ///
    /// - Parameters:
    ///   - link: the text of a symbolic link, or the first name of a hard link.
    ///   - data: the pieces of the file that are not holes; nil when all of it is content.
    func begin(
        _ path: [UInt8], _ status: stat, kind: mode_t, link: [UInt8]?, isHard: Bool = false,
        data: [(offset: Int64, count: Int64)]? = nil
    ) throws(UnpackFailure) {
        guard let entry = unsafe archive_entry_new() else { throw .system("write", ENOMEM) }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_copy_pathname(entry, path.terminated)
        unsafe archive_entry_set_filetype(entry, UInt32(kind))  // bounded: a kind of the kernel's, 16 bits
        unsafe archive_entry_set_perm(entry, status.st_mode & 0o777)
        unsafe archive_entry_set_mtime(entry, status.st_mtim.tv_sec, 0)
        unsafe archive_entry_set_uid(entry, 0)
        unsafe archive_entry_set_gid(entry, 0)
        let hasContent = kind == S_IFREG && !isHard
        // bounded: of 64 bits already
        unsafe archive_entry_set_size(entry, hasContent ? Int64(status.st_size) : 0)
        if let link {
            if isHard {
                unsafe archive_entry_copy_hardlink(entry, link.terminated)
            } else {
                unsafe archive_entry_copy_symlink(entry, link.terminated)
            }
        }
        for piece in data ?? [] { unsafe archive_entry_sparse_add_entry(entry, piece.offset, piece.count) }
        // A warning is about a name that is no UTF-8; it is written as the bytes it is.
        guard unsafe archive_write_header(handle, entry) >= ARCHIVE_WARN else { throw failure() }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(UnpackFailure) {
        var done = 0
        while done < bytes.count {
            // bounded here: no more is written than is left
            let count = unsafe archive_write_data(handle, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    /// Passes over a hole, or fills up what a file turned out to lack.
    func writeZeros(_ count: Int64) throws(UnpackFailure) {
        var left = count
        while left > 0 {
            // bounded here: the smaller of what is left and a constant; no more is written than that
            let piece = Int(min(left, Int64(Self.zerosBytes)))
            let written = unsafe archive_write_data(handle, zeros, piece)
            guard written > 0 else { throw failure() }
            left -= Int64(written)
        }
    }

    func endEntry() throws(UnpackFailure) {
        guard unsafe archive_write_finish_entry(handle) >= ARCHIVE_WARN else { throw failure() }
    }

    func end() throws(UnpackFailure) {
        guard unsafe archive_write_close(handle) >= ARCHIVE_WARN else { throw failure() }
    }

    private func failure() -> UnpackFailure {
        let number = unsafe archive_errno(handle)
        if number == EFBIG { return .tooLarge(what: "the archive", limit: bytesMax) }
        return .system("write the archive", number > 0 ? number : EIO)
    }
}
