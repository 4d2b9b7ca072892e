import Dispatch
import GCXLinux
import GCXWire
import Glibc

@testable import GCXClient

/// A server that answers each call with whatever bytes a test says, for as long as the client reads them.
final class EvilServer: Sendable {
    /// Takes bytes; false when the client has gone.
    typealias Writer = ([UInt8]) -> Bool

    private let listener: Int32

    /// - Parameter answer: gets the whole request and writes the whole answer, head and all.
    init(at path: String, answer: @escaping @Sendable (String, Writer) -> Void) throws {
        listener = RawSocket.bound(at: path)
        guard listen(listener, 8) == 0 else {
            throw LinuxError.systemCall(operation: "listen", object: path, errno: errno)
        }
        // A thread of its own: those of NIO's pool write the files of the client that is tested.
        DispatchQueue(label: "evil").async { [listener] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                Self.serve(GCXLinux.FileDescriptor(owning: connection), answer)
            }
        }
    }

    private static func serve(
        _ connection: borrowing GCXLinux.FileDescriptor, _ answer: (String, Writer) -> Void
    ) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(connection.number, &buffer, buffer.count)
        guard count > 0 else { return }
        let number = connection.number
        answer(String(decoding: buffer[..<count], as: UTF8.self)) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard sent > 0 else { return false }
                rest = rest.dropFirst(sent)
            }
            return true
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The head of an answer, with its empty line.
    static func head(_ status: String, _ headers: [String: String]) -> [UInt8] {
        Array(
            (["HTTP/1.1 \(status)"] + headers.map { "\($0.key): \($0.value)" } + ["Connection: close", "", ""])
                .joined(separator: "\r\n").utf8)
    }

    /// A whole answer with a body of its length.
    static func answer(_ body: [UInt8], _ headers: [String: String] = [:]) -> [UInt8] {
        head("200 OK", headers.merging(["Content-Length": "\(body.count)"]) { $1 }) + body
    }
}

/// Serves evil for the length of `body`.
func withEvilAgent<Value: Sendable>(
    _ answer: @escaping @Sendable (String, EvilServer.Writer) -> Void,
    _ body: (AgentClient, String) async throws -> Value
) async throws -> Value {
    try await withScratch { directory in
        let server = try EvilServer(at: directory + "/evil.sock", answer: answer)
        defer { server.stop() }
        return try await body(AgentClient(.unix(path: directory + "/evil.sock")), directory)
    }
}
