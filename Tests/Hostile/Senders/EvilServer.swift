import Foundation
import GCXLinux
import Glibc

/// An agent or a ledger that means no good: it hands every call on to the real one, but some it answers itself.
package final class EvilServer: @unchecked Sendable {
    package let path: String
    private let listener: Int32
    private let real: Place
    private let answers: @Sendable (String) -> EvilAnswer?
    private let lock = NSLock()
    private var isOver = false
    private var sent = 0

    /// - Parameters:
    ///   - path: of the unix socket that it listens on.
    ///   - answers: what is answered to a request line; nil hands it on.
    package init(at path: String, before real: Place, answers: @escaping @Sendable (String) -> EvilAnswer?) throws {
        (self.path, self.real, self.answers) = (path, real, answers)
        unsafe unlink(path)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        let isBound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isBound == 0, listen(listener, 16) == 0 else {
            throw LinuxError.systemCall(operation: "listen", object: path, errno: errno)
        }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Bytes that its own answers brought to the other side.
    package var bytesSent: Int { lock.withLock { sent } }

    package func stop() {
        lock.withLock { isOver = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        unsafe unlink(path)
    }

    private func accept() {
        while !lock.withLock({ isOver }) {
            let number = Glibc.accept(listener, nil, nil)
            guard number >= 0 else { return }
            var limit = timeval(tv_sec: 60, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                unsafe setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
            let peer = Peer(owning: number)
            Thread.detachNewThread { [self] in serve(peer) }
        }
    }

    private func serve(_ peer: Peer) {
        let request = Self.request(peer)
        guard !request.isEmpty else { return }
        let line = String(decoding: request.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        switch answers(line) {
        case nil: peer.send(forward(request))
        case .bytes(let bytes)?: send(bytes, to: peer)
        case .endless(let head, let piece, let most)?:
            guard send(head, to: peer) else { return }
            var count = 0
            while count < most, send(piece, to: peer) { count += piece.count }
        case .drip(let bytes, let every)?:
            for byte in bytes {
                guard send([byte], to: peer) else { return }
                pause(for: every)
            }
        case .edited(let edit)?:
            let reply = Reply(forward(request))
            let body = edit(reply.body)
            let status = reply.head.prefix { $0 != "\r\n" }.split(separator: " ").dropFirst().joined(separator: " ")
            let headers = reply.head.split(separator: "\r\n").dropFirst().filter {
                let name = $0.lowercased()
                return !["content-length:", "connection:", "transfer-encoding:"].contains { name.hasPrefix($0) }
            }.map(String.init)
            send(HTTPText.answer(Array(body.utf8), status, headers), to: peer)
        }
        peer.finish()
    }

    @discardableResult
    private func send(_ bytes: [UInt8], to peer: Peer) -> Bool {
        guard peer.send(bytes) else { return false }
        lock.withLock { sent += bytes.count }
        return true
    }

    /// Head and body of one request.
    private static func request(_ peer: Peer) -> [UInt8] {
        var all: [UInt8] = []
        while all.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
            let piece = peer.piece()
            if piece.isEmpty { return all }
            all += piece
        }
        let head = Reply(all)
        let length = head.header("content-length").flatMap { Int($0) } ?? 0
        var missing = length - head.bytes.count
        while missing > 0, case let piece = peer.piece(), !piece.isEmpty {
            all += piece
            missing -= piece.count
        }
        return all
    }

    private func forward(_ request: [UInt8]) -> [UInt8] {
        guard let other = try? Peer(real, seconds: 60), let end = request.firstRange(of: Array("\r\n".utf8)) else {
            return []
        }
        other.send(Array(request[..<end.upperBound]) + Array("Connection: close\r\n".utf8) + request[end.upperBound...])
        return other.rest()
    }
}

/// What an evil server answers.
package enum EvilAnswer: Sendable {
    case bytes([UInt8])
    /// After a head the same piece again and again, up to so many bytes.
    case endless(head: [UInt8], piece: [UInt8], bytesMax: Int)
    /// One byte at a time.
    case drip([UInt8], every: Duration)
    /// The real answer with another body.
    case edited(@Sendable (String) -> String)
}
