import GCXLinux
import Glibc

/// Names of jobs to come for which something was read: each may have a group, and until its job has a directory nothing else tells.
struct ReadingMarks {
    let path: String

    /// Writes it down before there is a group.
    func note(_ id: String) throws(LinuxError) {
        try Files.makeDirectories(path, mode: 0o700)
        _ = try FileDescriptor.open("\(path)/\(id)", O_WRONLY | O_CREAT | O_NOFOLLOW)
    }

    /// Forgets it once there is none.
    func forget(_ id: String) { unsafe unlink("\(path)/\(id)") }

    var names: [String] {
        get throws(LinuxError) { Files.exists(path) ? try Files.names(in: path) : [] }
    }
}
