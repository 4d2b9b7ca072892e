/// What the first message of a TLS connection says in the clear: whom it wants, and which protocols it would speak there.
///
/// Nothing is decrypted, and nothing else in it is judged: that is for whoever has the key.
///
/// Source: RFC 8446, 4.1.2 and 5.1; RFC 6066, 3 (server_name); RFC 7301, 3.1 (ALPN).
package struct ClientHello: Equatable, Sendable {
    /// The name as it stands there; nil where none does.
    package var serverName: String?
    /// In the client's order.
    package var protocols: [String] = []

    package init(serverName: String? = nil, protocols: [String] = []) {
        self.serverName = serverName
        self.protocols = protocols
    }

    package enum Reading: Equatable, Sendable {
        /// More is needed: there must be so many bytes before another look is worth while.
        case incomplete(bytesWanted: Int)
        case hello(ClientHello)
        case notTLS(Fault)
    }

    /// Why the bytes are no ClientHello.
    package enum Fault: String, Error, Equatable, Sendable {
        case notAHandshake = "it does not begin with a TLS handshake"
        case notAClientHello = "its first message is no ClientHello"
        case recordEmpty = "a record of the handshake is empty"
        case recordTooLong = "a record is longer than TLS allows"
        case tooManyRecords = "its ClientHello comes in too many pieces"
        case tooLong = "its ClientHello is too long"
        case torn = "a field of its ClientHello ends beyond its end"
        case extensionTwice = "an extension stands in its ClientHello twice"
        case tooManyExtensions = "its ClientHello has too many extensions"
        case nameMalformed = "the server name in it is none"
        case protocolsMalformed = "the list of protocols in it is none"
    }

    /// - Parameter bytes: all that the connection has sent so far.
    /// - Complexity: O(records) until the message is there, then one pass over it.
    package static func read(_ bytes: [UInt8]) -> Reading {
        do throws(Fault) {
            var message: [UInt8] = []
            let needed = try collect(ArraySlice(bytes), into: &message)
            guard needed == 0 else {
                // bounded: what was held, and at most one record more
                return .incomplete(bytesWanted: bytes.count + needed)
            }
            return .hello(try ClientHello(body: message.dropFirst(messageHeadBytes)))
        } catch {
            return .notTLS(error)
        }
    }

    private static let recordHeadBytes = 5
    private static let messageHeadBytes = 4

    /// Joins the pieces of the first message.
    ///
    /// - Returns: how many bytes are missing at least; 0 when `message` is whole.
    private static func collect(_ bytes: ArraySlice<UInt8>, into message: inout [UInt8]) throws(Fault) -> Int {
        // bounded here: a handful of bytes of a head, a record of 2^14, and a message of `helloBytesMax`
        var cursor = ByteCursor(bytes)
        for _ in 0..<HelloLimits.recordsMax {
            try checkHead(cursor.rest)
            guard let head = cursor.take(recordHeadBytes) else { return recordHeadBytes - cursor.rest.count }
            let length = head.suffix(2).reduce(0) { $0 << 8 | Int($1) }
            guard length > 0 else { throw .recordEmpty }
            guard length <= HelloLimits.recordBytesMax else { throw .recordTooLong }
            guard let piece = cursor.take(length) else {
                _ = try wanted(message + cursor.rest)
                return length - cursor.rest.count
            }
            message += piece
            if let wanted = try wanted(message), message.count >= wanted {
                message.removeLast(message.count - wanted)
                return 0
            }
        }
        throw .tooManyRecords
    }

    /// The beginning of a record, as far as it is there.
    private static func checkHead(_ bytes: ArraySlice<UInt8>) throws(Fault) {
        var cursor = ByteCursor(bytes)
        guard let kind = cursor.byte() else { return }
        guard kind == 22 else { throw .notAHandshake }
        guard let major = cursor.byte() else { return }
        guard major == 3 else { throw .notAHandshake }
    }

    /// How long the message is with its head; nil while that is not there.
    private static func wanted(_ message: some Collection<UInt8>) throws(Fault) -> Int? {
        var cursor = ByteCursor(Array(message.prefix(messageHeadBytes))[...])
        guard let kind = cursor.byte() else { return nil }
        guard kind == 1 else { throw .notAClientHello }
        guard let length = cursor.number(bytes: 3) else { return nil }
        guard length <= HelloLimits.helloBytesMax else { throw .tooLong }
        return length + messageHeadBytes  // bounded: `helloBytesMax` and four
    }

    /// - Parameter body: the message behind its head.
    private init(body: ArraySlice<UInt8>) throws(Fault) {
        var cursor = ByteCursor(body)
        // Version and random, session, cipher suites, compressions.
        self.init()
        guard cursor.take(34) != nil, cursor.field(lengthBytes: 1) != nil, cursor.field(lengthBytes: 2) != nil,
            cursor.field(lengthBytes: 1) != nil
        else { throw .torn }
        if cursor.isAtEnd { return }
        guard let extensions = cursor.field(lengthBytes: 2), cursor.isAtEnd else { throw .torn }
        var list = ByteCursor(extensions)
        var seen: Set<Int> = []
        while !list.isAtEnd {
            guard let kind = list.number(bytes: 2), let content = list.field(lengthBytes: 2) else { throw .torn }
            guard seen.insert(kind).inserted else { throw .extensionTwice }
            guard seen.count <= HelloLimits.extensionsMax else { throw .tooManyExtensions }
            if kind == 0 { serverName = try Self.serverName(content) }
            if kind == 16 { protocols = try Self.protocols(content) }
        }
    }

    /// The one host name of the list: the standard knows no other kind of name, and no second one.
    private static func serverName(_ content: ArraySlice<UInt8>) throws(Fault) -> String {
        var cursor = ByteCursor(content)
        guard let entries = cursor.field(lengthBytes: 2), cursor.isAtEnd else { throw .nameMalformed }
        var list = ByteCursor(entries)
        guard list.byte() == 0, let name = list.field(lengthBytes: 2), list.isAtEnd,
            (1...HelloLimits.nameBytesMax).contains(name.count), name.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw .nameMalformed }
        return String(decoding: name, as: UTF8.self)
    }

    private static func protocols(_ content: ArraySlice<UInt8>) throws(Fault) -> [String] {
        var cursor = ByteCursor(content)
        guard let entries = cursor.field(lengthBytes: 2), cursor.isAtEnd, !entries.isEmpty else {
            throw .protocolsMalformed
        }
        var list = ByteCursor(entries)
        var names: [String] = []
        while !list.isAtEnd {
            guard let name = list.field(lengthBytes: 1), !name.isEmpty, names.count < HelloLimits.protocolsMax else {
                throw .protocolsMalformed
            }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }
}
