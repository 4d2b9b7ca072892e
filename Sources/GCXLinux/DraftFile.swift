import CLinux
import Glibc

/// A file on its way. While it is written nobody else can open it; once it is whole it is sealed and gets a name, once.
///
/// It begins without a name (`O_TMPFILE`), so it is gone with its last descriptor, also when this process is killed.
/// Where the filesystem has no such files it has a name that nobody guesses, and loses it at the end.
///
/// A draft can only be written and sealed, and what is sealed can only be read and named: each step uses the one before up.
package struct DraftFile: ~Copyable, Sendable {
    private let body: DraftBody

    package var number: Int32 { body.file.number }

    /// - Parameter directory: where it is to have its name later.
    package init(in directory: String) throws(LinuxError) { body = try DraftBody(in: directory) }

    /// Writes all of `bytes` at the end.
    package func write(_ bytes: some Collection<UInt8>, object: String) throws(LinuxError) {
        try body.file.write(bytes, object: object)
    }

    /// Brings the bytes to the disk and takes away everybody's right to write, also the owner's. One that cannot be sealed
    /// is given up.
    ///
    /// - Parameter mode: who may read it from now on, and no more.
    package consuming func seal(mode: UInt32 = 0o400) throws(LinuxError) -> SealedFile {
        let (number, path) = (body.file.number, body.path)
        try posix("fsync", path) { fsync(number) }
        try posix("fchmod", path) { fchmod(number, mode & 0o444) }
        return SealedFile(body: body)
    }
}

/// A file that is whole and on the disk, and has no name yet. It is gone with this value unless it gets one.
package struct SealedFile: ~Copyable, Sendable {
    fileprivate let body: DraftBody

    /// By this path this process, and no other, reads the very file.
    package var path: String { body.path }

    /// What the file is.
    package func identity() throws(LinuxError) -> FileIdentity { try FileIdentity(of: body.file.number, path) }

    /// SHA-256 and size of what is in it, read from its beginning.
    package func digest() throws(LinuxError) -> (hex: String, bytes: UInt64) {
        let (number, path) = (body.file.number, path)
        try posix("seek", path) { lseek(number, 0, SEEK_SET) }
        return try SHA256Hex.of(number, path)
    }

    /// Gives the file its name, and returns when that is on the disk. A name that is taken is never taken over, and the file
    /// is given up then.
    ///
    /// - Throws: ``LinuxError/systemCall(operation:object:errno:)`` with `EEXIST` when something has the name.
    package consuming func link(as name: String) throws(LinuxError) {
        let source = path
        try posix("link", name) { unsafe linkat(AT_FDCWD, source, AT_FDCWD, name, AT_SYMLINK_FOLLOW) }
        try DurableFile.syncDirectory(of: name)
    }
}

/// The open file of a draft, before and after it is sealed.
///
/// Not private: other modules destroy it, and an optimised build has no name for a private type there.
struct DraftBody: ~Copyable, Sendable {
    let file: FileDescriptor
    /// Nil for a file without a name.
    private let temporary: String?

    var path: String { "/proc/self/fd/\(file.number)" }

    init(in directory: String) throws(LinuxError) {
        let unnamed = unsafe gcx_open_unnamed(directory)
        if unnamed >= 0 {
            file = FileDescriptor(owning: unnamed)
            temporary = nil
            return
        }
        // EISDIR is the answer of a kernel, EOPNOTSUPP that of a filesystem, without such files (open(2)).
        guard unnamed == -EOPNOTSUPP || unnamed == -EISDIR else {
            throw .systemCall(operation: "open unnamed file in", object: directory, errno: -unnamed)
        }
        let name = "\(directory)/.draft-\(UInt64.random(in: 0...UInt64.max))"
        file = try FileDescriptor.open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        temporary = name
    }

    deinit { if let temporary { unsafe unlink(temporary) } }
}

/// Which file it is, and how long: two names with the same identity are one file, whatever happened to the names.
package struct FileIdentity: Codable, Equatable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var bytes: UInt64
    /// Permission bits.
    package var mode: UInt32

    package init(device: UInt64, inode: UInt64, bytes: UInt64, mode: UInt32) {
        (self.device, self.inode, self.bytes, self.mode) = (device, inode, bytes, mode)
    }

    /// - Throws: ``LinuxError/malformed(object:reason:)`` for anything but a regular file.
    package init(of descriptor: Int32, _ path: String) throws(LinuxError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .systemCall(operation: "fstat", object: path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(object: path, reason: "not a regular file") }
        self.init(
            // bounded: numbers of 64 bits that are not below 0
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), bytes: UInt64(clamping: status.st_size),
            mode: status.st_mode & 0o7777)
    }

    /// Of what has a name; a link is not followed.
    package init(at path: String) throws(LinuxError) {
        // Opening a FIFO would wait for its writer.
        let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        try self.init(of: file.number, path)
    }
}

extension Files {
    /// Whether some process has the file open for writing; nil where the filesystem cannot tell.
    ///
    /// Source: fcntl(2), F_SETLEASE: a read lease is given only while nobody writes.
    package static func hasWriters(_ path: String) throws(LinuxError) -> Bool? {
        let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let answer = gcx_set_lease(file.number, Int32(F_RDLCK))  // bounded: a constant of the C library
        if answer == -EAGAIN { return true }
        guard answer >= 0 else { return nil }
        _ = gcx_set_lease(file.number, Int32(F_UNLCK))  // bounded: a constant of the C library
        return false
    }

    /// Makes a database and the files beside it readable by their owner alone, whatever the umask was when they were made.
    ///
    /// One that is missing is made, empty: SQLite gives its journals the mode of the database. Nothing is opened that
    /// exists, because closing it would give up SQLite's locks in this process (fcntl(2), F_SETLK).
    package static func keepPrivate(database path: String) throws(LinuxError) {
        let made = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard made >= 0 || errno == EEXIST else {
            throw .systemCall(operation: "create", object: path, errno: errno)
        }
        if made >= 0 { close(made) }
        for suffix in ["", "-wal", "-shm", "-journal"] { try keepPrivate(path + suffix) }  // bounded: joins texts
    }

    /// Takes away what group and others may do with a file; one that is missing is fine.
    package static func keepPrivate(_ path: String) throws(LinuxError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .systemCall(operation: "stat", object: path, errno: errno)
        }
        guard status.st_mode & 0o077 != 0 else { return }
        try posix("chmod", path) { unsafe chmod(path, status.st_mode & 0o700) }
    }
}
