import GCXModel
import GCXRelay
import GCXSigning

extension FuzzEntry {
    /// The first bytes of a connection to a relay: a ClientHello, or the lines of a registration.
    ///
    /// The first byte says into how many pieces the rest is cut; however it comes, it reads the same.
    static let hello = FuzzEntry(name: "hello") { bytes in
        var reader = ByteReader(bytes)
        let step = Int(reader.byte() % 16) + 1
        let all = reader.remaining()
        let whole = ClientHello.read(all)
        if case .incomplete(let wanted) = whole { precondition(wanted > all.count, "it asks for what it has") }
        for count in stride(from: 0, to: min(all.count, 256), by: step) {
            let part = ClientHello.read(Array(all.prefix(count)))
            if case .incomplete(let wanted) = part {
                precondition(wanted > count, "it asks for what it has")
            } else {
                precondition(part == whole, "what follows changes what was read")
            }
        }
        if case .hello(let hello) = whole { _ = hello.serverName.map(MachineName.init(serverName:)) }
        _ = try? RegistrationLines.read(all, as: RegistrationLines.Challenge.self)
        _ = try? RegistrationLines.read(all, as: RegistrationLines.Verdict.self)
        if let signed = try? RegistrationLines.read(all, as: Signed<RelayRegistration>.self) {
            let challenge = RegistrationLines.Challenge(relay: "relay.example:443", nonce: .zero, at: 0)
            _ = try? RegistrationLines.check(signed, answering: challenge, at: 0, clockSeconds: 300)
        }
        _ = try? RelayAddress(String(decoding: all, as: UTF8.self))
    } seeds: {
        let signed =
            #"{"document":{"at":0,"machine":"0x\#(String(repeating: "11", count: 20))","nonce":"0x"#
            + String(repeating: "00", count: 32)
            + #"","relay":"relay.example:443"},"signature":"0x\#(String(repeating: "1b", count: 65))"}"#
        return [hello(cut: 0), hello(cut: 9), [3] + Array(signed.utf8), [0] + Array("[2001:db8::7]:443".utf8)]
    }

    /// A ClientHello with a name and a protocol, in two records where it is cut.
    private static func hello(cut: Int) -> [UInt8] {
        func long(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
        let name = long([0] + long(Array(String(repeating: "0a", count: 20).utf8)))
        let extensions = long([0, 0] + long(name) + [0, 16] + long(long([2] + Array("h2".utf8))))
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0] + extensions
        let message = [1, 0] + long(body)
        let pieces = cut == 0 ? [message] : [Array(message.prefix(cut)), Array(message.dropFirst(cut))]
        return [5] + pieces.flatMap { [22, 3, 1] + long($0) }
    }
}
