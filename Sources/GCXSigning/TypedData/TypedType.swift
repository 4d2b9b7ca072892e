package import GCXModel

/// A type of EIP-712, as far as the documents need it.
package indirect enum TypedType: Sendable {
    /// An unsigned integer of this many bits, 8 ... 256.
    case uint(bits: Int)
    case bytes32
    case address
    case bool
    case string
    case structure(TypedStruct)
    /// Any number of elements of one type.
    case array(of: TypedType)

    /// The type's name in an encoded type: `uint64`, `Fact`, `Fact[]`.
    package var name: String {
        switch self {
        case .uint(let bits): "uint\(bits)"
        case .bytes32: "bytes32"
        case .address: "address"
        case .bool: "bool"
        case .string: "string"
        case .structure(let structure): structure.name
        case .array(let element): element.name + "[]"
        }
    }

    /// The struct this type is, or is an array of.
    var structure: TypedStruct? {
        switch self {
        case .structure(let structure): structure
        case .array(let element): element.structure
        case .uint, .bytes32, .address, .bool, .string: nil
        }
    }
}

/// A struct type: its name, its members in order, and the type hash that follows from them.
package struct TypedStruct: Sendable {
    package struct Member: Sendable {
        package let name: String
        package let type: TypedType
    }

    package let name: String
    package let members: [Member]
    /// `Voucher(bytes32 channel,uint256 cumulative,bytes32 receipt)`, then every struct it refers to, by name.
    package let encodeType: String
    /// The Keccak-256 digest of ``encodeType``.
    package let typeHash: Digest

    package init(name: String, members: [Member]) {
        self.name = name
        self.members = members
        let referenced = Self.referenced(by: members).sorted { $0.key < $1.key }
        let others = referenced.map { Self.signature($0.key, $0.value.members) }.joined()
        encodeType = Self.signature(name, members) + others  // bounded: joins texts
        typeHash = Keccak.hash(encodeType)
    }

    /// Every struct that the members reach, by name.
    static func referenced(by members: [Member]) -> [String: TypedStruct] {
        var found: [String: TypedStruct] = [:]
        for structure in members.compactMap(\.type.structure) {
            // bounded: a dictionary
            found[structure.name] = structure
            found.merge(referenced(by: structure.members)) { first, _ in first }
        }
        return found
    }

    private static func signature(_ name: String, _ members: [Member]) -> String {
        "\(name)(\(members.map { "\($0.type.name) \($0.name)" }.joined(separator: ",")))"
    }
}
