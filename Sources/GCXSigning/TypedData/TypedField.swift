package import GCXModel

/// A Swift type that can be a member of a signed document: it knows its EIP-712 type and its value in it.
package protocol TypedField: SendableMetatype {
    static var typedType: TypedType { get }
    var typedValue: TypedValue { get }
}

extension Bool: TypedField {
    package static var typedType: TypedType { .bool }
    package var typedValue: TypedValue { .bool(self) }
}

extension String: TypedField {
    package static var typedType: TypedType { .string }
    package var typedValue: TypedValue { .string(self) }
}

extension Untrusted: TypedField {
    package static var typedType: TypedType { .string }
    package var typedValue: TypedValue { .string(raw(for: .signing)) }
}

extension UInt8: TypedField {
    package static var typedType: TypedType { .uint(bits: 8) }
    package var typedValue: TypedValue { .uint(UInt128(self)) }
}

extension UInt32: TypedField {
    package static var typedType: TypedType { .uint(bits: 32) }
    package var typedValue: TypedValue { .uint(UInt128(self)) }
}

extension UInt64: TypedField {
    package static var typedType: TypedType { .uint(bits: 64) }
    package var typedValue: TypedValue { .uint(UInt128(self)) }
}

extension Amount: TypedField {
    package static var typedType: TypedType { .uint(bits: 256) }
    package var typedValue: TypedValue { .uint(value) }
}

extension ByteSeconds: TypedField {
    package static var typedType: TypedType { .uint(bits: 256) }
    package var typedValue: TypedValue { .uint(value) }
}

extension Digest: TypedField {
    package static var typedType: TypedType { .bytes32 }
    package var typedValue: TypedValue { .bytes32(self) }
}

extension Address: TypedField {
    package static var typedType: TypedType { .address }
    package var typedValue: TypedValue { .address(self) }
}

extension TrustLevel: TypedField {
    package static var typedType: TypedType { .uint(bits: 8) }
    package var typedValue: TypedValue { .uint(UInt128(rawValue)) }
}

extension IsolationLevel: TypedField {
    package static var typedType: TypedType { .uint(bits: 8) }
    package var typedValue: TypedValue { .uint(UInt128(rawValue)) }
}

extension Array: TypedField where Element: TypedField {
    package static var typedType: TypedType { .array(of: Element.typedType) }
    package var typedValue: TypedValue { .array(map(\.typedValue)) }
}
