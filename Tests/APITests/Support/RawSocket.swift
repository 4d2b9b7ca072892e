import GCXLinux
import Glibc

/// A client without manners: it sends some bytes and goes away.
enum RawSocket {
    static func send(_ bytes: [UInt8], to path: String) throws { _ = try connected(to: path, sending: bytes) }

    /// The first bytes that come back.
    static func exchange(_ bytes: [UInt8], with path: String) throws -> String {
        let file = try connected(to: path, sending: bytes)
        var answer = [UInt8](repeating: 0, count: 4_096)
        let count = read(file.number, &answer, answer.count)
        return String(decoding: answer.prefix(max(count, 0)), as: UTF8.self)
    }

    static func connected(to path: String, sending bytes: [UInt8]) throws -> GCXLinux.FileDescriptor {
        let file = GCXLinux.FileDescriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw LinuxError.systemCall(operation: "connect", object: path, errno: errno) }
        try file.write(bytes, object: path)
        return file
    }

    /// Binds a socket and closes it, as a server that died leaves it.
    static func leaveStale(at path: String) { close(bound(at: path)) }

    static func bound(at path: String) -> Int32 {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return number
    }
}
