import Foundation
import GCXRelay
import Testing

@Suite struct ClientHelloTests {
    private let name = "00112233445566778899aabbccddeeff00112233"

    @Test("the name and the protocols stand where a client of OpenSSL writes them")
    func openSSL() throws {
        let bytes = try OpenSSL.clientHello(name: name, protocols: ["gcx-relay/1", "h2"])
        guard case .hello(let hello) = ClientHello.read(bytes) else {
            Issue.record("\(ClientHello.read(bytes))")
            return
        }
        #expect(hello == ClientHello(serverName: name, protocols: ["gcx-relay/1", "h2"]))
    }

    @Test("torn at every byte, it asks for what is missing, and never for more than there is")
    func torn() throws {
        let bytes = try OpenSSL.clientHello(name: name)
        for count in bytes.indices {
            guard case .incomplete(let wanted) = ClientHello.read(Array(bytes.prefix(count))) else {
                Issue.record("\(count) bytes of \(bytes.count) read as \(ClientHello.read(Array(bytes.prefix(count))))")
                continue
            }
            #expect(count < wanted && wanted <= bytes.count)
        }
    }

    @Test("in pieces, one record each, it reads the same", arguments: [1, 4, 40, 100])
    func records(bytesOfFirst: Int) throws {
        let hello = HelloBytes(name: name, protocols: ["h2"])
        let bytes = hello.records(cutAt: [bytesOfFirst, bytesOfFirst + 2])
        #expect(ClientHello.read(bytes) == .hello(ClientHello(serverName: name, protocols: ["h2"])))
    }

    @Test("in more pieces than any library makes, it is refused before it is whole")
    func manyRecords() {
        let bytes = HelloBytes(name: name, protocols: []).records(cutAt: Array(1...HelloLimits.recordsMax))
        #expect(ClientHello.read(bytes) == .notTLS(.tooManyRecords))
    }

    @Test("what follows the message is no part of it")
    func following() {
        let bytes = HelloBytes(name: name, protocols: []).records() + [20, 3, 3, 0, 1, 1]
        #expect(ClientHello.read(bytes) == .hello(ClientHello(serverName: name)))
    }

    @Test("what is no ClientHello is told by its first bytes")
    func others() {
        #expect(ClientHello.read(Array("GET / HTTP/1.1\r\n".utf8)) == .notTLS(.notAHandshake))
        #expect(ClientHello.read([22, 2]) == .notTLS(.notAHandshake))
        #expect(ClientHello.read([22, 3, 1, 0, 0]) == .notTLS(.recordEmpty))
        #expect(ClientHello.read([22, 3, 1, 0x40, 1]) == .notTLS(.recordTooLong))
        #expect(ClientHello.read([22, 3, 1, 0, 4, 2]) == .notTLS(.notAClientHello))
        #expect(ClientHello.read([22, 3, 1, 0, 4, 1, 0, 0x40, 1]) == .notTLS(.tooLong))
        #expect(ClientHello.read([]) == .incomplete(bytesWanted: 5))
    }

    @Test("names that are none, and extensions that stand there twice, are refused")
    func malformed() {
        func read(_ extensions: [[UInt8]]) -> ClientHello.Reading { .init(HelloBytes(extensions: extensions)) }
        let good = HelloBytes.serverName(name)
        #expect(read([good, good]) == .notTLS(.extensionTwice))
        #expect(read([HelloBytes.serverName("")]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.serverName("a b")]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.serverName("a\nb")]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.serverName(String(repeating: "a", count: 256))]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.extension(0, [])]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.extension(0, [0, 4, 1, 0, 1, 97])]) == .notTLS(.nameMalformed))
        #expect(read([HelloBytes.extension(16, [0, 1, 0])]) == .notTLS(.protocolsMalformed))
        #expect(read([HelloBytes.extension(16, [0, 3, 4, 97, 97])]) == .notTLS(.protocolsMalformed))
        #expect(read([[0, 0, 0, 9, 1]]) == .notTLS(.torn))
        #expect(
            read((1...129).map { HelloBytes.extension(UInt16(1_000 + $0), []) }) == .notTLS(.tooManyExtensions))
    }

    @Test("no byte changed at random ends the reader")
    func changed() {
        let bytes = HelloBytes(name: name, protocols: ["h2", "http/1.1"]).records(cutAt: [60])
        var generator = SystemRandomNumberGenerator()
        for place in bytes.indices {
            for _ in 0..<4 {
                var copy = bytes
                copy[place] = UInt8.random(in: .min ... .max, using: &generator)
                _ = ClientHello.read(copy)
            }
        }
    }

    @Test("a machine's name is its address, in the first label, in either case")
    func names() {
        #expect(MachineName(serverName: name)?.description == name)
        #expect(MachineName(serverName: name.uppercased())?.description == name)
        #expect(MachineName(serverName: name + ".relay.example")?.description == name)
        #expect(MachineName(serverName: "0x" + name.dropFirst(2)) == nil)
        #expect(MachineName(serverName: String(name.dropFirst())) == nil)
        #expect(MachineName(serverName: "relay.example") == nil)
        #expect(name.utf8.count <= 63)
    }
}

extension ClientHello.Reading {
    init(_ bytes: HelloBytes) { self = ClientHello.read(bytes.records()) }
}

/// A ClientHello written by hand.
struct HelloBytes {
    let message: [UInt8]

    init(extensions: [[UInt8]]) {
        let list = extensions.flatMap { $0 }
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + [0, 2, 0x13, 1] + [1, 0] + Self.long(list)
        message = [1, 0] + Self.long(body)
    }

    init(name: String, protocols: [String]) {
        let offered = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        self.init(
            extensions: [Self.serverName(name)]
                + (protocols.isEmpty ? [] : [Self.extension(16, Self.long(offered))]))
    }

    static func serverName(_ name: String) -> [UInt8] {
        `extension`(0, long([0] + long(Array(name.utf8))))
    }

    static func `extension`(_ kind: UInt16, _ content: [UInt8]) -> [UInt8] {
        [UInt8(kind >> 8), UInt8(kind & 255)] + long(content)
    }

    /// Behind its length in two bytes.
    static func long(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }

    /// The message in records, cut at these bytes.
    func records(cutAt places: [Int] = []) -> [UInt8] {
        let ends = places + [message.count]
        return zip([0] + places, ends).flatMap { [22, 3, 1] + Self.long(Array(message[$0..<$1])) }
    }
}
