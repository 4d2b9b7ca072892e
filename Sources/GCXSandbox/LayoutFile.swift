package import GCXLinux
import Glibc

/// Who opens the files of a layout for a process that must not, and what that counts to.
struct LayoutReader {
    let unpacker: Unpacker
    let run: Unpacker.Run
}

/// A file of an image layout: what is no plain file below it is not opened.
package enum LayoutFile {
    /// - Throws: ``ImageError/notAnImage(path:reason:)`` for what is missing, no plain file or too large.
    package static func open(
        _ name: String, beneath directory: Int32, bytesMax: UInt64, label: String
    ) throws(ImageError) -> FileDescriptor {
        do throws(LinuxError) {
            return try FileDescriptor.openPlain(beneath: directory, name, bytesMax: bytesMax)
        } catch .systemCall(_, _, ENOENT) {
            throw .notAnImage(path: label, reason: "`\(name)` is missing")
        } catch .systemCall(_, _, let number) where [ELOOP, ENOTDIR, ENXIO].contains(number) {
            throw .notAnImage(path: label, reason: "`\(name)` is no plain file in it")
        } catch .malformed(_, let reason) {
            throw .notAnImage(path: label, reason: "`\(name)`: \(reason)")
        } catch {
            throw .linux(error)
        }
    }
}

extension OpenFile {
    /// True for a plain file of at most so many bytes that is open for reading and nothing else.
    package func isPlain(bytesMax: UInt64) -> Bool {
        guard let status = try? file.status("file"), status.st_mode & S_IFMT == S_IFREG else { return false }
        let flags = fcntl(number, F_GETFL)
        return flags >= 0 && flags & (O_ACCMODE | FileDescriptor.place) == O_RDONLY
            && UInt64(clamping: status.st_size) <= bytesMax
    }
}
