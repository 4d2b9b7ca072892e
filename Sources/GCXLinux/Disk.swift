import GCXModel
import Glibc

/// The room of a filesystem.
package enum Disk {
    /// Bytes that may still be written at `path`.
    package static func freeBytes(at path: String) throws(LinuxError) -> UInt64 {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else {
            throw .systemCall(operation: "statvfs", object: path, errno: errno)
        }
        return UInt64(clamping: status.f_bavail).saturatingProduct(UInt64(clamping: status.f_frsize))
    }

    /// Bytes that a file takes on the disk, which for a sparse file is less than its size; nil when it is missing.
    package static func bytesTaken(by path: String) -> UInt64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? UInt64(clamping: status.st_blocks).saturatingProduct(512) : nil
    }

    /// Bytes in a file; nil when it is missing.
    package static func size(of path: String) -> UInt64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? UInt64(clamping: status.st_size) : nil
    }
}
