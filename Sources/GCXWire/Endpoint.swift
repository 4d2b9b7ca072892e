package import GCXModel

/// Where a server of ours listens: a unix socket, a port of the loopback interface, or any port with TLS.
///
/// Nothing else can be expressed, so nothing else is ever listened on or spoken to without TLS.
///
/// ```swift
/// let endpoint = try Endpoint("unix:/run/gcx/ledger.sock")
/// ```
package enum Endpoint: Hashable, Sendable {
    /// A socket file; whoever may write to it may connect.
    case unix(path: String)
    /// Port 0 lets the kernel choose one; only a server can use that.
    case loopback(Loopback, port: UInt16)
    /// Encrypted, and so anywhere.
    case secure(SecurePlace)

    /// An address of this machine that no other machine reaches.
    package enum Loopback: String, Sendable, CaseIterable {
        case v4 = "127.0.0.1"
        case v6 = "::1"
    }
}

extension Endpoint {
    /// - Parameter text: `unix:/path`, `https://HOST:PORT`, or `http://` with `127.0.0.1`, `[::1]` or `localhost`, and a port.
    ///   `localhost` is taken as 127.0.0.1, whatever the resolver says.
    /// - Throws: ``EndpointError/invalid(_:reason:)``, or ``EndpointError/notLocal(_:)`` for every other
    ///   host.
    package init(_ text: String) throws(EndpointError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.socketPath(text))
        } else if text.hasPrefix("http://") {
            self = try Self.port(text)
        } else if text.hasPrefix("https://") {
            self = try Self.secure(text)
        } else if text.contains("://") {
            throw .notLocal(text)
        } else {
            throw .invalid(text, reason: "it begins neither with `unix:` nor with `http://` or `https://`")
        }
    }

    /// A place that a stranger names.
    package init(_ text: Untrusted) throws(EndpointError) { try self.init(text.raw(for: .reading)) }

    private static func socketPath(_ text: String) throws(EndpointError) -> String {
        let path = String(text.dropFirst("unix:".count))
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 != 0 }), !path.hasSuffix("/") else {
            throw .invalid(text, reason: "the path of the socket is not absolute")
        }
        // An offer says where its agent answers, and no document holds such a text.
        if let refusal = PlainText.refusal(of: path) {
            throw .invalid(text, reason: "the path of the socket \(refusal)")
        }
        guard path.utf8.count <= WireLimits.socketPathBytesMax else {
            throw .invalid(
                text, reason: "a socket's path has at most \(NumberText.count(WireLimits.socketPathBytesMax, "byte"))")
        }
        return path
    }

    private static func port(_ text: String) throws(EndpointError) -> Endpoint {
        var rest = text.dropFirst("http://".count)
        if rest.last == "/" { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":"), rest.last != "]" else {
            throw .invalid(text, reason: "it names no port")
        }
        // bounded here: places that were found in the text
        guard let host = loopback(rest[..<colon]) else { throw .notLocal(text) }
        let digits = rest[rest.index(after: colon)...]
        guard let port = UInt16(digits: digits), port > 0 else {
            throw .invalid(text, reason: "“\(digits)” is no port from 1 to 65535")
        }
        return .loopback(host, port: port)
    }

    private static func secure(_ text: String) throws(EndpointError) -> Endpoint {
        var rest = text.dropFirst("https://".count)
        if rest.last == "/" { rest.removeLast() }
        do throws(SecurePlace.Flaw) {
            return .secure(try SecurePlace(rest))
        } catch {
            throw .invalid(text, reason: error.reason)
        }
    }

    private static func loopback(_ host: Substring) -> Loopback? {
        switch host {
        case "127.0.0.1", "localhost": .v4
        case "[::1]": .v6
        default: nil
        }
    }

    /// Whether connections are encrypted.
    package var isSecure: Bool {
        if case .secure = self { true } else { false }
    }

    /// Whether the file mode of a socket decides who may connect.
    package var isUnixSocket: Bool {
        if case .unix = self { true } else { false }
    }
}

extension Endpoint: CustomStringConvertible {
    /// The text that ``init(_:)-(String)`` takes.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .loopback(.v4, let port): "http://127.0.0.1:\(port)"
        case .loopback(.v6, let port): "http://[::1]:\(port)"
        case .secure(let place): "https://\(place)"
        }
    }
}
