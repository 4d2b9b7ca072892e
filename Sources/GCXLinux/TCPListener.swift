import Glibc

/// A TCP socket that waits for connections.
package struct TCPListener: ~Copyable {
    private let socket: FileDescriptor
    /// `ADDRESS:PORT`, with the port that the kernel gave where 0 was asked for.
    package let endpoint: String

    /// - Parameter host: a numeric address, of either family.
    /// - Throws: ``LinuxError/malformed(object:reason:)`` for a host that is no address, or what the kernel says.
    package init(host: String, port: UInt16) throws(LinuxError) {
        let bound = try Self.bound(host, port)
        endpoint = "\(host.contains(":") ? "[\(host)]" : host):\(Self.port(of: bound.number) ?? port)"
        socket = bound
    }

    private static func bound(_ host: String, _ port: UInt16) throws(LinuxError) -> FileDescriptor {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)  // bounded: a constant of the kernel
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &found) == 0, let address = unsafe found else {
            throw .malformed(object: host, reason: "no numeric address")
        }
        defer { unsafe freeaddrinfo(found) }
        // bounded here: a constant of the kernel
        let number = try posix("socket", host) {
            unsafe Glibc.socket(
                address.pointee.ai_family, address.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        let socket = FileDescriptor(owning: number)
        var yes: Int32 = 1
        // bounded: a size of the C library
        unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        try posix("bind", "\(host):\(port)") {
            unsafe bind(number, address.pointee.ai_addr, address.pointee.ai_addrlen)
        }
        try posix("listen", "\(host):\(port)") { listen(number, backlog) }
        return socket
    }

    /// The next connection, or nil when none came in time. It is closed on exec.
    package func accept(milliseconds: Int32) throws(LinuxError) -> FileDescriptor? {
        var ready = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)  // bounded: a constant of the kernel
        guard unsafe poll(&ready, 1, milliseconds) > 0 else { return nil }
        let number = Glibc.accept(socket.number, nil, nil)
        // Whoever hung up meanwhile is nobody's error.
        guard number >= 0 else { return nil }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return FileDescriptor(owning: number)
    }

    private static func port(of socket: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)  // bounded: a size of the C library, 128
        let code = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
        }
        guard code == 0 else { return nil }
        // The port stands at the same place in both families, in network order.
        // bounded: two bytes of an address of 128
        return unsafe withUnsafeBytes(of: &storage) { unsafe UInt16($0[2]) << 8 | UInt16($0[3]) }
    }

    /// Connections that wait while one is served.
    private static let backlog: Int32 = 8
}
