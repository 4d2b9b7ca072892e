import GCXModel
import GCXSigning
import GCXWire

/// What a relay is asked and answers: no calls over HTTP but lines, each a JSON document, inside TLS by the protocol's name in ALPN.
/// After a registration the connection is HTTP/2, with the relay as its client.
enum RelayCalls {
    /// A conversation in lines.
    struct Talk: Sendable {
        /// Its first line, and its name in ALPN.
        let name: String
        let summary: String
        let lines: [Line]
    }

    /// One line of it.
    struct Line: Sendable {
        enum Side: String, Sendable { case machine, relay }
        let from: Side
        let summary: String
        let schema: @Sendable (SchemaReader) throws -> JSONNode

        static func of<Value: Decodable & Sendable>(
            _ type: Value.Type, from: Side, _ summary: String
        ) -> Line {
            Line(from: from, summary: summary) { try $0.schema(of: Value.self) }
        }
    }

    static let register = Talk(
        name: RelayWire.registration, summary: "A machine registers; then the connection is HTTP/2.",
        lines: [
            .of(
                RelayChallenge.self, from: .relay, "What is to be signed. `relay` is the name that the machine dialled."
            ),
            .of(
                Signed<RelayRegistration>.self, from: .machine,
                "Signed by the machine's key in the domain with `chainId` 0 and a zero `verifyingContract`; `relay` and `nonce` as asked."
            ),
            .of(RelayVerdict.self, from: .relay, "`name` when it is taken; else `refusal` and `problem`, and the end."),
        ])
    static let look = Talk(
        name: RelayWire.look, summary: "Whoever asks is looked at from outside.",
        lines: [
            .of(LookSight.self, from: .relay, "Where the question comes from, and the relay's clock."),
            .of(LookWish.self, from: .machine, "Ports to dial at that address, eight at the most."),
            .of(LookAnswer.self, from: .relay, "What became of each; or `refusal` and `problem`. Then the end."),
        ])

    static let toll = Talk(
        name: RelayWire.toll,
        summary: "A relay with a price and a machine speak of payment, on a stream of the tunnel of its own.",
        lines: [
            .of(TollLine.self, from: .relay, "`tariff`: what each GiB costs, and its offer on the ledger."),
            .of(
                TollLine.self, from: .machine,
                "`lease`: one that is open, whose `session` is the machine; or `proposal`: terms for a new one."),
            .of(
                TollLine.self, from: .relay,
                "`terms`: those terms, signed by both; the machine posts them, and says `lease`."),
            .of(
                TollLine.self, from: .relay,
                "`receipt`: what passed so far, as egress. The same again while it is unanswered."),
            .of(TollLine.self, from: .machine, "`voucher`: the answer. Or `refusal`, from either side, and the end."),
        ])

    static let all = [register, look, toll]
}

extension RelayCalls.Talk {
    func node(_ reader: SchemaReader) throws -> JSONNode {
        let first: JSONNode = ["from": "machine", "summary": "The name.", "schema": ["const": .text(name)]]
        let isStream = name == RelayWire.toll
        let others: [JSONNode] = try lines.map {
            ["from": .text($0.from.rawValue), "summary": .text($0.summary), "schema": try $0.schema(reader)]
        }
        // bounded here: joins lists
        return [
            isStream ? "authority" : "alpn": .text(name), "summary": .text(summary),
            "lines": .list((isStream ? [] : [first]) + others),
        ]
    }
}

extension RelayCalls {
    /// What the document has of a relay.
    static func node(_ reader: SchemaReader) throws -> JSONNode {
        [
            "description": .text(rules), "lineBytesMax": .number(UInt64(clamping: RelayWire.lineBytesMax)),
            "talks": .list(try all.map { try $0.node(reader) }),
            "stream": [
                "method": "CONNECT", "authority": ["type": "string", "pattern": "^[0-9a-f]{40}$"],
                "headers": .object([RelayWire.peerHeader: ["type": "string", "description": .text(peerWords)]]),
                "status": ["200": "The machine takes the buyer; DATA is the buyer's connection from here on."],
            ],
        ]
    }

    private static let peerWords = "Where the buyer comes from, ADDRESS:PORT, in the relay's word; for counting alone."

    private static let rules = """
        One port for all: `relay.listen`. A TLS handshake that names one of these protocols in ALPN is for the relay, whose key its \
        certificate's binding proves; each line is one JSON document and a newline. Every other TLS handshake is a buyer's: its server \
        name begins with the machine's name, forty digits of its address in lower case, and the bytes go there as they came; TLS, and the \
        calls of an agent inside it, are between those two. A name that nobody registered gets the alert `unrecognized_name`, a relay \
        that is full sends `internal_error`.
        """
}
