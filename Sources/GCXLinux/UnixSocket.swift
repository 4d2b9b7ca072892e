import CLinux
import Glibc

/// A socket of this machine that waits for connections, at a path.
package struct UnixListener: ~Copyable, Sendable {
    private let socket: FileDescriptor
    private let path: String

    /// - Parameters:
    ///   - group: who may connect besides root and this process's user; nil for nobody else.
    /// - Throws: what the kernel says; a path that is too long is `ENAMETOOLONG`.
    package init(at path: String, group: UInt32?) throws(LinuxError) {
        let made = try UnixSocket.make()
        try Files.remove(path)
        let number = made.number
        try unsafe UnixSocket.withAddress(path) { (address, length) throws(LinuxError) in
            _ = try posix("bind", path) { unsafe bind(number, address, length) }
        }
        try posix("chown", path) { unsafe chown(path, uid_t.max, group ?? gid_t.max) }
        try posix("chmod", path) { unsafe chmod(path, group == nil ? 0o600 : 0o660) }
        try posix("listen", path) { listen(number, UnixSocket.backlog) }
        socket = made
        self.path = path
    }

    deinit { unsafe unlink(path) }

    package var number: Int32 { socket.number }

    /// The next connection; nil when none came in time. It is closed on exec.
    package func accept(milliseconds: Int32) -> FileDescriptor? {
        var ready = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
        guard unsafe poll(&ready, 1, milliseconds) > 0 else { return nil }
        // Whoever hung up meanwhile is nobody's error.
        let number = Glibc.accept(socket.number, nil, nil)
        guard number >= 0 else { return nil }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return FileDescriptor(owning: number)
    }
}

/// Sockets of this machine.
package enum UnixSocket {
    /// Connects to whoever listens at a path.
    package static func connect(to path: String) throws(LinuxError) -> FileDescriptor {
        let socket = try make()
        let number = socket.number
        try unsafe withAddress(path) { (address, length) throws(LinuxError) in
            _ = try posix("connect", path) { unsafe Glibc.connect(number, address, length) }
        }
        return socket
    }

    /// Two ends of one stream.
    package static func pair() throws(LinuxError) -> (OpenFile, OpenFile) {
        var numbers: [Int32] = [-1, -1]
        try linux("socketpair", "new pair of sockets") { unsafe gcx_stream_pair(&numbers) }
        // bounded here: the two of the list above
        return (OpenFile(FileDescriptor(owning: numbers[0])), OpenFile(FileDescriptor(owning: numbers[1])))
    }

    /// The user of whoever connected, as it was then.
    ///
    /// Source: unix(7), SO_PEERCRED, which nobody can forge.
    package static func user(of socket: borrowing FileDescriptor) throws(LinuxError) -> UInt32 {
        var user = UInt32.max
        let number = socket.number
        try linux("getsockopt", "peer of a socket") { unsafe gcx_peer_user(number, &user) }
        return user
    }

    /// The process at the other end: the one that listened there, for whoever connected. 0 for one that this namespace does not see.
    ///
    /// Source: as that.
    package static func process(of socket: borrowing FileDescriptor) throws(LinuxError) -> Int32 {
        var process: Int32 = 0
        let number = socket.number
        try linux("getsockopt", "peer of a socket") { unsafe gcx_peer_process(number, &process) }
        return process
    }

    /// Reads and writes that wait longer than this fail with `EAGAIN`.
    package static func setPatience(_ seconds: Int, of socket: Int32) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)  // bounded: a size of the C library
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, length)
    }

    /// Says that nothing more is sent; what the other end sends is still received.
    package static func endSending(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_WR)) }  // bounded: a constant

    /// Ends it in both directions: the other end sees nobody there any more.
    package static func end(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_RDWR)) }  // bounded: a constant

    /// Whether the other end sends nothing more, or is gone.
    package static func isHungUp(_ socket: Int32) -> Bool {
        var item = pollfd(fd: socket, events: peerEnded, revents: 0)
        let signs = peerEnded | Int16(POLLHUP | POLLERR)  // bounded: constants of the kernel
        return unsafe poll(&item, 1, 0) > 0 && item.revents & signs != 0
    }

    /// `POLLRDHUP` of poll(2), which the Glibc module leaves out.
    private static let peerEnded: Int16 = 0x2000

    /// Whether something came, after so many milliseconds at the most.
    package static func hasNews(_ socket: Int32, milliseconds: Int32) -> Bool {
        var item = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
        return unsafe poll(&item, 1, milliseconds) > 0
    }

    static func make() throws(LinuxError) -> FileDescriptor {
        // bounded: constants of the kernel
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        return FileDescriptor(owning: try posix("socket", "unix socket") { socket(AF_UNIX, kind, 0) })
    }

    static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(LinuxError) -> Void
    ) throws(LinuxError) {
        var address = sockaddr_un()
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .systemCall(operation: "bind or connect", object: path, errno: ENAMETOOLONG)
        }
        address.sun_family = sa_family_t(AF_UNIX)  // bounded: a constant of the kernel
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)  // bounded: a size of the C library
        let result: Result<Void, LinuxError> = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                do throws(LinuxError) { return .success(try unsafe body(pointer, length)) } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
    }

    /// Connections that wait while others are served.
    static let backlog: Int32 = 64
}
