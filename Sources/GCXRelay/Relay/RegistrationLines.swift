import GCXJSON
package import GCXModel
package import GCXSigning
package import GCXWire

/// What a machine and a relay say to each other before HTTP/2 begins, each on a line of its own:
///
/// ```
/// machine: gcx-relay/1
/// relay:   {"at":1764460800,"nonce":"0x…","relay":"relay.example:443"}
/// machine: {"document":{"at":…,"machine":"0x…","nonce":"0x…","relay":"relay.example:443"},"signature":"0x…"}
/// relay:   {"name":"…"}   or   {"problem":{…},"refusal":"…"} and the end
/// ```
/// From then on the relay is a client of HTTP/2, and the machine the server.
package enum RegistrationLines {
    /// The first line of a machine, and the protocol's name in ALPN.
    package static let greeting = RelayWire.registration

    /// A registration counts in no ledger: it moves nothing.
    package static let domain = EIP712Domain.standalone

    package typealias Challenge = RelayChallenge
    package typealias Verdict = RelayVerdict

    package static func read<Value: Decodable>(_ line: [UInt8], as type: Value.Type) throws(RelayError) -> Value {
        do {
            return try StrictJSON.decode(
                type, from: line, unknownFields: .tolerated, bytesMax: RelayWire.lineBytesMax)
        } catch {
            throw .lineMalformed(reason: error.description)
        }
    }

    static func line(_ value: some Encodable) -> [UInt8] {
        guard let bytes = try? CanonicalJSON.bytes(value) else {
            preconditionFailure("digests, texts and whole numbers always encode")
        }
        return bytes + [newline]
    }

    static let newline = UInt8(ascii: "\n")
    static let greetingLine = Array(greeting.utf8) + [newline]
}

extension RegistrationLines {
    /// - Returns: the machine that signed.
    package static func check(
        _ registration: Signed<RelayRegistration>, answering challenge: Challenge, at now: UInt64,
        clockSeconds: UInt64
    ) throws(RelayError) -> Address {
        let document = registration.document
        guard document.relay == challenge.relay else {
            throw .otherRelay(expected: challenge.relay.shown, found: document.relay)
        }
        guard document.nonce == challenge.nonce else { throw .otherNonce }
        let apart = max(document.at, now) - min(document.at, now)  // bounded: the smaller from the larger
        guard apart <= clockSeconds else { throw .clocksApart(seconds: apart) }
        do {
            try registration.verify(signer: document.machine, in: domain)
        } catch {
            throw .signatureWrong(reason: error.description)
        }
        return document.machine
    }
}
