package import GCXModel

/// A struct with an EIP-712 type: a signed document, or a part of one.
package protocol TypedStructure: TypedField, Sendable {
    /// Declare it as a `static let`, so that the type hash is computed once.
    static var schema: TypedSchema<Self> { get }

    /// The type of this very value; ``schema`` unless a later edition of the document has members that the first had not.
    var ownSchema: TypedSchema<Self> { get }
}

extension TypedStructure {
    package static var typedType: TypedType { .structure(schema.type) }
    package var ownSchema: TypedSchema<Self> { Self.schema }
    package var typedValue: TypedValue { .structure(ownSchema.type, typedValues) }

    /// The members' values, in the schema's order.
    package var typedValues: [TypedValue] { ownSchema.members.map { $0.value(self) } }

    /// The type as EIP-712 spells it, with the structs it refers to.
    package static var encodeType: String { schema.type.encodeType }
    package static var typeHash: Digest { schema.type.typeHash }

    /// EIP-712's `hashStruct`: it depends on the content alone, not on the ledger.
    package var structHash: Digest { TypedValue.structHash(ownSchema.type, typedValues) }
}

/// A document that is signed as a whole, in a ledger's domain.
package protocol TypedDocument: TypedStructure {}

extension TypedDocument {
    /// What is signed, and the document's id on the ledger of this domain.
    ///
    /// Source: EIP-712, `keccak256("\x19\x01" ‖ domainSeparator ‖ hashStruct(message))`.
    package func digest(in domain: EIP712Domain) -> Digest {
        Keccak.hash([0x19, 0x01] + domain.separator.bytes + structHash.bytes)  // bounded: joins bytes
    }
}

/// The EIP-712 type of `Structure` and where each member's value is found, said once for both.
///
/// ```swift
/// extension Voucher: TypedDocument {
///     package static let schema = TypedSchema<Voucher>(
///         "Voucher", .init("channel", \.channel), .init("cumulative", \.cumulative), .init("receipt", \.receipt))
/// }
/// ```
package struct TypedSchema<Structure>: Sendable {
    package struct Member: Sendable {
        let name: String
        let type: TypedType
        let value: @Sendable (Structure) -> TypedValue

        /// A member whose EIP-712 type follows from its Swift type.
        package init<Field: TypedField>(_ name: String, _ path: any KeyPath<Structure, Field> & Sendable) {
            self.init(name, type: Field.typedType) { $0[keyPath: path].typedValue }
        }

        init(_ name: String, type: TypedType, value: @escaping @Sendable (Structure) -> TypedValue) {
            self.name = name
            self.type = type
            self.value = value
        }
    }

    package let type: TypedStruct
    let members: [Member]

    package init(_ name: String, _ members: Member...) { self.init(name, members) }

    /// A later edition of the same document, with further members behind.
    package func adding(_ further: Member...) -> TypedSchema {
        TypedSchema(type.name, members + further)  // bounded: joins lists
    }

    private init(_ name: String, _ members: [Member]) {
        self.members = members
        type = TypedStruct(name: name, members: members.map { .init(name: $0.name, type: $0.type) })
    }
}
