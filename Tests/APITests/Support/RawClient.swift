import Foundation
import GCXLinux
import Glibc

@testable import GCXWire

/// A client that says what it likes, byte by byte.
final class RawClient: Sendable {
    private let file: GCXLinux.FileDescriptor

    /// - Parameter receiveBuffer: bytes that the kernel takes for a client that does not read; nil for the usual.
    init(_ endpoint: Endpoint, receiveBuffer: Int32? = nil) throws {
        switch endpoint {
        case .unix(let path): file = try RawSocket.connected(to: path, sending: [])
        case .loopback(_, let port): file = try Self.connected(to: port, receiveBuffer)
        case .secure(let place): file = try Self.connected(to: place.port, receiveBuffer)
        }
    }

    private static func connected(to port: UInt16, _ receiveBuffer: Int32?) throws -> GCXLinux.FileDescriptor {
        let file = GCXLinux.FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        if var size = receiveBuffer {
            setsockopt(file.number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw LinuxError.systemCall(operation: "connect", object: "\(port)", errno: errno) }
        return file
    }

    /// Of this machine, from which it came.
    var port: UInt16 {
        get throws {
            var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
            let result = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file.number, $0, &length) }
            }
            guard result == 0 else { throw LinuxError.systemCall(operation: "getsockname", object: "", errno: errno) }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    /// Returns whether all of it went away.
    @discardableResult
    func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool { await aside { self.sendAll(bytes) } }

    /// The same from many, at one go.
    static func send(_ text: String, to clients: [RawClient]) async {
        guard let first = clients.first else { return }
        await first.aside { for client in clients { _ = client.sendAll(Array(text.utf8)) } }
    }

    /// On a thread of its own, for the server of the test runs on those that tasks share; and a queue of the system's gets more
    /// threads only slowly when many wait on it.
    private func aside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    private func sendAll(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(file.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// All that comes until the server closes, or until nothing came for so long; nil when it was still open then.
    func rest(within seconds: Int = 10) async -> String? { await aside { self.readAll(seconds) } }

    private func readAll(_ seconds: Int) -> String? {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(file.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 64 << 10))
        while true {
            let count = recv(file.number, &piece, piece.count, 0)
            if count < 0, errno == EAGAIN { return nil }
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += piece.prefix(count)
        }
    }

    /// What there is within so long, whether the connection ends or not.
    func some(within milliseconds: Int32) async -> String { await aside { self.readSome(milliseconds) } }

    private func readSome(_ milliseconds: Int32) -> String {
        var wait = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, milliseconds) > 0 else { return "" }
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(file.number, &piece, piece.count, Int32(MSG_DONTWAIT))
        return String(decoding: piece.prefix(max(count, 0)), as: UTF8.self)
    }

    /// Whether the server has ended the connection.
    var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(file.number, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }
}
