import FoundationEssentials
import GCXJSON
import GCXModel

extension TypedDocument {
    /// The document as JSON for a wallet's `eth_signTypedData_v4`; what the wallet signs is ``digest(in:)``.
    ///
    /// Numbers are decimal text, because a wallet's JSON reader rounds them above 2^53. Keys are sorted.
    package func typedDataJSON(in domain: EIP712Domain) -> String {
        let type = ownSchema.type
        let types =
            TypedStruct.referenced(by: type.members).values + [EIP712Domain.schema.type, type]
        let request = WalletJSON.object([
            "types": .object(Dictionary(uniqueKeysWithValues: types.map { ($0.name, WalletJSON(membersOf: $0)) })),
            "primaryType": .string(type.name),
            "domain": WalletJSON(domain.typedValue),
            "message": WalletJSON(typedValue),
        ])
        guard let data = try? CanonicalJSON.bytes(request) else {
            preconditionFailure("text, booleans, arrays and objects always encode")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// JSON as far as a wallet's request needs it.
private enum WalletJSON: Encodable {
    case string(String)
    case bool(Bool)
    case array([WalletJSON])
    case object([String: WalletJSON])

    init(membersOf type: TypedStruct) {
        self = .array(type.members.map { .object(["name": .string($0.name), "type": .string($0.type.name)]) })
    }

    init(_ value: TypedValue) {
        switch value {
        case .uint(let number): self = .string(String(number))
        case .bytes32(let digest): self = .string(digest.description)
        case .address(let address): self = .string(address.checksummed)
        case .bool(let flag): self = .bool(flag)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(WalletJSON.init))
        case .structure(let type, let values):
            let members = zip(type.members, values).map { ($0.name, WalletJSON($1)) }
            self = .object(Dictionary(uniqueKeysWithValues: members))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let text): try container.encode(text)
        case .bool(let flag): try container.encode(flag)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}
