import GCXLinux
import GCXModel
import GCXWire
import Glibc

/// The socket file of a server: it appears under its name only once it listens and has its mode.
///
/// The server binds in a directory that nobody else can enter; ``publish()`` sets the mode and moves the socket to its
/// place. So there is no moment in which somebody who may not connect could, and a file left by a server that died is
/// replaced at once, never while another server answers on it.
struct UnixSocketFile: Sendable {
    let path: String
    let mode: mode_t
    /// Whom the file belongs to besides its user; nil leaves that to the process.
    let group: gid_t?
    private var directory: String { path + "~" }
    /// Where the server binds.
    var staging: String { directory + "/s" }

    /// - Throws: ``ServingError/socketBusy(path:)`` when another process answers on `path`, and
    ///   ``ServingError/socketUnusable(path:reason:)`` when `path` is something other than a socket, or too long.
    init(_ path: String, mode: mode_t, group: gid_t? = nil) throws(ServingError) {
        self.path = path
        self.mode = mode
        self.group = group
        guard staging.utf8.count <= WireLimits.socketPathBytesMax else {
            throw unusable("its path has more than \(NumberText.count(WireLimits.socketPathBytesMax - 3, "byte"))")
        }
        try checkFree()
        unsafe unlink(staging)
        guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST, unsafe chmod(directory, 0o700) == 0 else {
            throw unusable("cannot make \(directory): \(Self.errnoText)")
        }
    }

    /// Gives the bound socket its group, its mode and its name.
    func publish() throws(ServingError) {
        if let group, unsafe chown(staging, uid_t.max, group) != 0 {
            let reason = "it cannot be given to the group \(UserGroup.name(of: group) ?? "\(group)"): \(Self.errnoText)"
            retract()
            throw unusable(reason)
        }
        guard unsafe chmod(staging, mode) == 0, unsafe rename(staging, path) == 0 else {
            let reason = Self.errnoText
            retract()
            throw unusable(reason)
        }
        unsafe rmdir(directory)
    }

    /// Removes what a server that never came to listen left behind.
    func retract() {
        unsafe unlink(staging)
        unsafe rmdir(directory)
    }

    /// Removes the socket after the server has closed it, unless another server has taken the name since.
    func remove() {
        if !Self.isAnswered(path) { unsafe unlink(path) }
    }

    private func checkFree() throws(ServingError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw unusable("there is a file that is not a socket") }
        if Self.isAnswered(path) { throw .socketBusy(path: path) }
    }

    private func unusable(_ reason: String) -> ServingError { .socketUnusable(path: path, reason: reason) }

    /// Whether somebody listens on this socket. A socket that we may not open counts as answered: it is not ours.
    ///
    /// Source: unix(7); connect(2) answers ECONNREFUSED when no process has the socket bound.
    static func isAnswered(_ path: String) -> Bool {
        // bounded: constants of the kernel
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return true }
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)  // bounded: a constant of the kernel
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8.prefix(WireLimits.socketPathBytesMax))
        }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                // bounded: a size of the C library, 110
                unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || (errno != ECONNREFUSED && errno != ENOENT)
    }

    private static var errnoText: String {
        unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "errno \(errno)"
    }
}
