import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

/// A type of the wire that says itself what JSON it is read from, because it does not read member by member.
protocol Described: Decodable {
    /// Any value, for whoever goes on reading behind it.
    static var wireSample: Self { get }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode
    /// The component that it is; nil where it is written out wherever it stands.
    static var wireName: String? { get }
}

extension Described {
    static var wireName: String? { nil }
}

extension JSONNode {
    static func reference(_ component: String) -> JSONNode { ["$ref": .text("#/components/schemas/\(component)")] }

    static func integer(bits: Int, least: UInt64? = 0) -> JSONNode {
        var members: [String: JSONNode] = ["type": "integer", "format": .text("\(least == nil ? "" : "u")int\(bits)")]
        if let least { members["minimum"] = .number(least) }  // bounded: a dictionary
        return .object(members)
    }

    /// `0x` and so many bytes in hexadecimal.
    static func hexadecimal(bytes: Int) -> JSONNode {
        // bounded: a length of ours
        ["type": "string", "pattern": .text("^0x[0-9a-f]{\(bytes * 2)}$")]
    }

    /// A whole number below 2^128 as text, for JSON readers round large numbers.
    static let decimal: JSONNode = ["type": "string", "pattern": "^(0|[1-9][0-9]{0,38})$"]

    /// An object with one member, named like the case.
    static func oneOf(_ cases: [(name: String, schema: JSONNode)]) -> JSONNode {
        ["oneOf": .list(cases.map { .record([($0.name, $0.schema)]) })]
    }

    /// An object with all of these members; those whose names end with `?` need not be there.
    static func record(_ members: [(name: String, schema: JSONNode)]) -> JSONNode {
        let names = members.map { $0.name.hasSuffix("?") ? String($0.name.dropLast()) : $0.name }
        let required = members.map(\.name).filter { !$0.hasSuffix("?") }
        let object: JSONNode = [
            "type": "object",
            "properties": .object(Dictionary(zip(names, members.map(\.schema))) { $1 }),
        ]
        return required.isEmpty ? object : object.with(["required": .texts(required)])
    }
}

extension Bool: Described {
    static var wireSample: Bool { false }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { ["type": "boolean"] }
}

extension String: Described {
    static var wireSample: String { "" }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { ["type": "string"] }
}

extension Untrusted: Described {
    static var wireSample: Untrusted { "" }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { ["type": "string"] }
}

extension UInt8: Described {
    static var wireSample: UInt8 { 0 }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .integer(bits: 8) }
}

extension UInt16: Described {
    static var wireSample: UInt16 { 0 }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .integer(bits: 16) }
}

extension UInt32: Described {
    static var wireSample: UInt32 { 0 }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .integer(bits: 32) }
}

extension UInt64: Described {
    static var wireSample: UInt64 { 0 }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .integer(bits: 64) }
}

extension Int32: Described {
    static var wireSample: Int32 { 0 }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .integer(bits: 32, least: nil) }
}

extension Address: Described {
    static var wireSample: Address { .zero }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .hexadecimal(bytes: length) }
}

extension Digest: Described {
    static var wireSample: Digest { .zero }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .hexadecimal(bytes: length) }
}

extension Signature: Described {
    static var wireSample: Signature { .zero }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .hexadecimal(bytes: length) }
}

extension Amount: Described {
    static var wireSample: Amount { .zero }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .decimal }
}

extension Currency: Described {
    static var wireSample: Currency { .test }
    static var wireName: String? { "Currency" }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode {
        .record([
            ("symbol", ["type": "string", "pattern": .text("^[A-Z][A-Z0-9]*$")]), ("decimals", .integer(bits: 8)),
            ("token?", .hexadecimal(bytes: Address.length)),
        ])
    }
}

extension ByteSeconds: Described {
    static var wireSample: ByteSeconds { .zero }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { .decimal }
}

extension PUSet: Described {
    static var wireSample: PUSet { PUSet([]) }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode {
        ["type": "string", "pattern": "^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$"]
    }
}

extension IPv4Address: Described {
    static var wireSample: IPv4Address { IPv4Address(bits: 0) }
    static func wireSchema(_ reader: SchemaReader) -> JSONNode { ["type": "string", "format": "ipv4"] }
}

extension Array: Described where Element: Decodable {
    static var wireSample: [Element] { [] }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        ["type": "array", "items": try reader.schema(of: Element.self)]
    }
}

extension Dictionary: Described where Key == String, Value: Decodable {
    static var wireSample: [String: Value] { [:] }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        ["type": "object", "additionalProperties": try reader.schema(of: Value.self)]
    }
}

extension ExitReason: Described {
    static var wireSample: ExitReason { .outOfMemory }
    static var wireName: String? { "ExitReason" }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        let nothing = JSONNode.record([])
        let number = try reader.schema(of: Int32.self)
        return .oneOf([
            ("exited", .record([("code", number)])), ("signalled", .record([("signal", number)])),
            ("outOfMemory", nothing), ("timeLimit", nothing), ("budget", nothing),
            ("cancelled", .record([("by", try reader.schema(of: Canceller.self))])),
            ("hostFailure", .record([("description", ["type": "string"]), ("isBuyers?", ["type": "boolean"])])),
        ])
    }
}

extension Escrow: Described {
    static var wireSample: Escrow { .open(deposit: .zero, settled: .zero) }
    static var wireName: String? { "Escrow" }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        let (amount, time) = (JSONNode.decimal, try reader.schema(of: UInt64.self))
        return .oneOf([
            ("open", .record([("deposit", amount), ("settled", amount)])),
            (
                "closing",
                .record([("deposit", amount), ("settled", amount), ("requestedAt", time), ("closesAt", time)])
            ),
            ("closed", .record([("settled", amount), ("refunded", amount), ("closedAt", time)])),
        ])
    }
}

extension Entry: Described {
    static var wireSample: Entry { .finalize(.zero) }
    static var wireName: String? { "Entry" }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        [
            "oneOf": .list(
                try EntryKind.allCases.map { kind in
                    .record([("kind", ["const": .text(kind.rawValue)]), ("body", try body(of: kind, reader))])
                })
        ]
    }

    private static func body(of kind: EntryKind, _ reader: SchemaReader) throws -> JSONNode {
        switch kind {
        case .grant: try reader.schema(of: Signed<MachineGrant>.self)
        case .attestation: try reader.schema(of: Signed<AttestationRecord>.self)
        case .offer: try reader.schema(of: Signed<Offer>.self)
        case .demand: try reader.schema(of: Signed<Demand>.self)
        case .withdrawal: try reader.schema(of: Signed<Withdrawal>.self)
        case .leaseOpened: try reader.schema(of: CountersignedTerms.self)
        case .topUp: try reader.schema(of: Signed<TopUp>.self)
        case .claim: try reader.schema(of: Signed<Voucher>.self)
        case .closeRequest: try reader.schema(of: Signed<CloseRequest>.self)
        case .finalize: try reader.schema(of: LeaseID.self)
        case .rating: try reader.schema(of: Signed<Rating>.self)
        case .faucet: try reader.schema(of: Signed<FaucetGrant>.self)
        case .creditIssued: try reader.schema(of: Signed<CreditIssue>.self)
        case .creditRedeemed: try reader.schema(of: CountersignedRedemption.self)
        case .clock: try reader.schema(of: Signed<ClockOrder>.self)
        }
    }
}

extension PostedEntry: Described {
    static var wireName: String? { "PostedEntry" }
    static var wireSample: PostedEntry {
        PostedEntry(index: 0, postedAt: 0, previous: .zero, entry: .wireSample, json: [])
    }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        let (number, digest) = (try reader.schema(of: UInt64.self), try reader.schema(of: Digest.self))
        return .record([
            ("index", number), ("postedAt", number), ("previous", digest), ("entry", try reader.schema(of: Entry.self)),
            ("entryHash", digest), ("leafHash", digest),
        ])
    }
}

extension RelayProblem: Described {
    static var wireName: String? { "RelayProblem" }
    static var wireSample: RelayProblem { RelayProblem(code: "", RequestError.failed) }
    static func wireSchema(_ reader: SchemaReader) throws -> JSONNode {
        let text: JSONNode = ["type": "string"]
        let remedy = OpenAPI.problem["properties"]?["remedy"] ?? [:]
        return .record([("type", text), ("title", text), ("detail", text), ("code", text), ("remedy", remedy)])
    }
}
