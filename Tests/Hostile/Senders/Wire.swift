import Foundation
package import GCXLinux
import Glibc

/// Where something listens.
package enum Place: Sendable {
    case unix(String)
    /// A port of the loopback interface, reached from one of its addresses.
    case port(UInt16, from: String = "127.0.0.1")

    /// The same, reached from another address of the loopback interface; a socket's file knows users, not addresses.
    package func from(_ address: String) -> Place {
        if case .port(let port, _) = self { return .port(port, from: address) }
        return self
    }
}

/// One connection, spoken to in bytes. Not answered in time is an end of the connection.
package final class Peer: @unchecked Sendable {
    private let number: Int32

    /// - Parameter seconds: how long connecting, one write and one read may take.
    /// - Throws: ``LinuxError`` when no connection comes about.
    package init(_ place: Place, seconds: Int = 10) throws(LinuxError) {
        let family: Int32
        if case .unix = place { family = AF_UNIX } else { family = AF_INET }
        number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let result: Int32
        switch place {
        case .unix(let path): result = Self.connect(number, path)
        case .port(let port, let address): result = Self.connect(number, port, from: address)
        }
        guard result == 0 else {
            let why = errno
            close(number)
            throw .systemCall(operation: "connect", object: "\(place)", errno: why)
        }
    }

    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    private static func connect(_ number: Int32, _ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func connect(_ number: Int32, _ port: UInt16, from source: String) -> Int32 {
        var own = internet(source, 0)
        var other = internet("127.0.0.1", port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafePointer(to: &own) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, size) }
        }
        guard isBound == 0 else { return isBound }
        return unsafe withUnsafePointer(to: &other) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(number, $0, size) }
        }
    }

    private static func internet(_ host: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr(host)
        return address
    }

    /// False when the other side takes no more, or has something to say first.
    @discardableResult
    package func send(_ bytes: some Collection<UInt8>) -> Bool {
        let buffer = Array(bytes)
        var offset = 0
        while offset < buffer.count {
            var ready = pollfd(fd: number, events: Int16(POLLIN | POLLOUT), revents: 0)
            guard unsafe poll(&ready, 1, Self.sendMilliseconds) > 0, ready.revents & Int16(POLLOUT) != 0 else {
                return false
            }
            if offset > 0, ready.revents & Int16(POLLIN) != 0 { return false }
            let count = unsafe buffer.withUnsafeBytes {
                let start = unsafe $0.baseAddress?.advanced(by: offset)
                return unsafe Glibc.send(number, start, min(buffer.count - offset, 64 << 10), Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            offset += count
        }
        return true
    }

    /// Who reads nothing for so long reads no more.
    private static let sendMilliseconds: Int32 = 10_000

    @discardableResult
    package func send(_ text: String) -> Bool { send(text.utf8) }

    /// Says that nothing more will come from here.
    package func finish() { shutdown(number, Int32(SHUT_WR)) }

    /// A piece; empty at the end of the connection, or when nothing came in time.
    package func piece(_ most: Int = 64 << 10) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: most)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, most, 0) }
        return Array(buffer.prefix(max(count, 0)))
    }

    /// Everything up to the end of the connection.
    package func rest(bytesMax: Int = 64 << 20) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < bytesMax, case let piece = piece(1 << 20), !piece.isEmpty { all += piece }
        return all
    }

    /// One answer, whether the connection ends after it or not.
    package func reply() -> Reply {
        var all: [UInt8] = []
        while !Reply.isWhole(all), case let piece = piece(1 << 20), !piece.isEmpty { all += piece }
        return Reply(all)
    }
}

/// An answer over HTTP, as it came.
package struct Reply: Sendable {
    /// 0 when there was none.
    package var status: Int
    package var head: String
    package var bytes: [UInt8]
    package var body: String { String(decoding: bytes, as: UTF8.self) }
    package var isSuccess: Bool { (200..<300).contains(status) }

    private static let blank = Array("\r\n\r\n".utf8)

    package init(_ all: [UInt8]) {
        let end = all.firstRange(of: Self.blank)
        head = String(decoding: all[..<(end?.lowerBound ?? all.count)], as: UTF8.self)
        bytes = end.map { Array(all[$0.upperBound...]) } ?? []
        let words = head.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
        status = words.count > 1 && words[0].hasPrefix("HTTP/") ? Int(words[1]) ?? 0 : 0
    }

    /// The value of a header; nil without it.
    package func header(_ name: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name.lowercased()):") }
            .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }

    /// Whether head and body are all there, as far as the head tells.
    static func isWhole(_ all: [UInt8]) -> Bool {
        guard all.firstRange(of: blank) != nil else { return false }
        let reply = Reply(all)
        if let length = reply.header("content-length").flatMap({ Int($0) }) { return reply.bytes.count >= length }
        if reply.header("transfer-encoding") != nil { return reply.bytes.suffix(5) == Array("0\r\n\r\n".utf8) }
        return [204, 304].contains(reply.status)
    }
}

/// Requests in bytes.
package enum HTTPText {
    /// With its length, and an end of the connection after it.
    package static func request(
        _ method: String, _ path: String, _ headers: [String] = [], body: [UInt8] = []
    ) -> [UInt8] {
        let all = headers + ["Connection: close"] + (body.isEmpty ? [] : ["Content-Length: \(body.count)"])
        return head(method, path, all) + body
    }

    package static func head(_ method: String, _ path: String, _ headers: [String] = []) -> [UInt8] {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: gcx"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// An answer with its length.
    package static func answer(_ body: [UInt8], _ status: String = "200 OK", _ headers: [String] = []) -> [UInt8] {
        let lines = ["HTTP/1.1 \(status)", "Connection: close", "Content-Length: \(body.count)"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    package static func answer(_ body: String, _ headers: [String] = ["Content-Type: application/json"]) -> [UInt8] {
        answer(Array(body.utf8), "200 OK", headers)
    }
}
