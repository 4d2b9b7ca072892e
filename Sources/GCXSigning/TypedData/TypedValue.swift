package import GCXModel

/// A value of a ``TypedType``, ready to be hashed or shown to a wallet.
package enum TypedValue: Sendable {
    /// Any width; no document holds more than 128 bits.
    case uint(UInt128)
    case bytes32(Digest)
    case address(Address)
    case bool(Bool)
    case string(String)
    /// The members' values, in the type's order.
    case structure(TypedStruct, [TypedValue])
    case array([TypedValue])

    /// The 32 bytes that stand for this value inside a struct.
    ///
    /// Source: EIP-712, "Definition of encodeData".
    var word: [UInt8] {
        switch self {
        case .uint(let number): Self.word(number)
        case .bytes32(let digest): digest.bytes
        case .address(let address): [UInt8](repeating: 0, count: 12) + address.bytes  // bounded: joins bytes
        case .bool(let flag): Self.word(flag ? 1 : 0)
        case .string(let text): Keccak.hash(text).bytes
        case .structure(let type, let values): Self.structHash(type, values).bytes
        case .array(let elements): Keccak.hash(elements.flatMap(\.word)).bytes
        }
    }

    /// EIP-712's `hashStruct`.
    static func structHash(_ type: TypedStruct, _ values: [TypedValue]) -> Digest {
        Keccak.hash(type.typeHash.bytes + values.flatMap(\.word))  // bounded: joins bytes
    }

    private static func word(_ number: UInt128) -> [UInt8] {
        // bounded: 16 places from the right, of eight bits each: shifts of at most 120
        (0..<32).map { index in index < 16 ? 0 : UInt8(truncatingIfNeeded: number >> UInt128(8 * (31 - index))) }
    }
}
