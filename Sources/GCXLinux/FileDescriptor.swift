import CLinux
import Glibc

/// An open file that is closed when the value goes away.
package struct FileDescriptor: ~Copyable, Sendable {
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Opens `path`; the descriptor does not survive an exec.
    ///
    /// - Parameter object: what the message names where it is not `path` itself: nobody knows a temporary file's name.
    ///
    /// Source: open(2).
    package static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0o600, for object: String? = nil
    ) throws(LinuxError) -> Self {
        let operation = flags & O_CREAT == 0 ? "open" : making
        let number = try posix(operation, object ?? path) { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) }
        return Self(owning: number)
    }

    /// The operation of an error in making a file.
    static let making = "make"

    /// Takes over a descriptor that came from the parent process; it does not survive an exec from here on.
    package static func adopt(_ number: Int32) throws(LinuxError) -> Self {
        try posix("fcntl", "inherited descriptor \(number)") { fcntl(number, F_SETFD, FD_CLOEXEC) }
        return Self(owning: number)
    }

    /// Opens `path` below a directory for reading, as if the directory were the root: no link leads out of it.
    ///
    /// Source: openat2(2), RESOLVE_IN_ROOT.
    package static func open(inRoot directory: Int32, _ path: String) throws(LinuxError) -> Self {
        Self(owning: try linux("openat2", path) { unsafe gcx_open_in_root(directory, path) })
    }

    /// Writes all of `bytes`, however many calls it takes.
    package func write(_ bytes: some Collection<UInt8>, object: String) throws(LinuxError) {
        let outcome = bytes.withContiguousStorageIfAvailable { bytes in
            Result { () throws(LinuxError) in try unsafe write(all: UnsafeRawBufferPointer(bytes), object) }
        }
        guard let outcome else { return try write(Array(bytes), object: object) }
        try outcome.get()
    }

    private func write(all bytes: UnsafeRawBufferPointer, _ object: String) throws(LinuxError) {
        var offset = 0
        while offset < bytes.count {
            // bounded here: no more is written than is left
            let left = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
            offset += try posix("write", object) { unsafe Glibc.write(number, left.baseAddress, left.count) }
        }
    }

    /// Gives the number away; the caller closes it from now on.
    package consuming func release() -> Int32 {
        let taken = number
        discard self
        return taken
    }
}
