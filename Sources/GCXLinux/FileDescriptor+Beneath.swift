import CLinux
import GCXModel
import Glibc

/// Ways into a directory that whatever lies in it cannot lead astray. Names are bytes with a zero at their end.
extension FileDescriptor {
    /// Opens what lies below the directory: no link is followed, and nothing above is reached. It does not wait for a
    /// FIFO or a device, and does not survive an exec.
    ///
    /// Source: openat2(2), RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS.
    package static func open(
        beneath directory: Int32, _ path: [CChar], _ flags: Int32, mode: mode_t = 0
    ) throws(LinuxError) -> Self {
        // openat2 refuses flags that mean nothing together, and O_PATH opens nothing that could wait.
        let besides = flags & place == 0 ? O_NOFOLLOW | O_NONBLOCK : O_NOFOLLOW
        let flags = UInt64(UInt32(bitPattern: flags | besides))  // bounded: 32 bits in 64
        let number = try linux("openat2", Self.label(path)) {
            unsafe gcx_open_beneath(directory, path, flags, UInt64(mode))  // bounded: 32 bits in 64
        }
        return Self(owning: number)
    }

    /// O_PATH, which the Glibc module leaves out: a place, not its content.
    package static let place: Int32 = 0o10_000_000

    /// Opens the directory of that name as a process would see it whose root is `directory`: links are followed, none
    /// leads out. For changing what is in it, not for reading it.
    ///
    /// Source: openat2(2), RESOLVE_IN_ROOT.
    package static func openDirectory(inRoot directory: Int32, _ path: [CChar]) throws(LinuxError) -> Self {
        Self(
            owning: try linux("openat2", Self.label(path)) { unsafe gcx_open_directory_in_root(directory, path) })
    }

    /// Opens a file of that name directly below the directory, which must be a plain file of at most so many bytes.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` for anything else; a link is ELOOP.
    package static func openPlain(
        beneath directory: Int32, _ path: String, bytesMax: UInt64
    ) throws(LinuxError) -> Self {
        let file = try open(beneath: directory, path.utf8CString.map { $0 }, O_RDONLY)
        let status = try file.status(path)
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(object: path, reason: "it is no plain file") }
        guard let size = UInt64(exactly: status.st_size), size <= bytesMax else {
            throw .malformed(object: path, reason: "larger than \(NumberText.count(bytesMax, "byte"))")
        }
        return file
    }

    /// What is known about the open file.
    package func status(_ object: String) throws(LinuxError) -> stat {
        var status = stat()
        let file = number
        try posix("stat", object) { unsafe fstat(file, &status) }
        return status
    }

    /// A name for an error.
    private static func label(_ path: [CChar]) -> String {
        String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
