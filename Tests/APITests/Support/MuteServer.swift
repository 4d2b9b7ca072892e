import GCXLinux
import Glibc
import NIOPosix
import Synchronization

/// A server that answers what a test says, or hangs up in the middle of a call.
final class MuteServer: Sendable {
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    /// First lines of the requests so far.
    var requests: [String] { seen.withLock { $0 } }

    /// - Parameter answer: the whole answer to a request line; nil hangs up.
    init(at path: String, answer: @escaping @Sendable (String) -> String?) throws {
        listener = RawSocket.bound(at: path)
        guard listen(listener, 8) == 0 else {
            throw LinuxError.systemCall(operation: "listen", object: path, errno: errno)
        }
        NIOThreadPool.singleton.submit { [self] _ in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                serve(GCXLinux.FileDescriptor(owning: connection), answer)
            }
        }
    }

    private func serve(_ connection: borrowing GCXLinux.FileDescriptor, _ answer: (String) -> String?) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(connection.number, &buffer, buffer.count)
        guard count > 0 else { return }
        let line = String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        seen.withLock { $0.append(line) }
        guard let text = answer(line) else { return }
        try? connection.write(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8,
            object: "connection")
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
