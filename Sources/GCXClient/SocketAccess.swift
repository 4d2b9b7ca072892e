import GCXLinux
import Glibc

/// Whom the owner of a socket lets in.
enum SocketAccess {
    /// The group whose members may open a socket; nil where there is none, or where this user cannot see it.
    static func groupAllowed(_ path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IWGRP != 0 else { return nil }
        return UserGroup.name(of: status.st_gid)
    }
}
