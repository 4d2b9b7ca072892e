import GCXModel
import GCXSigning

/// Learns what JSON a type is read from by letting the type read: each member that it asks for is noted, and whether it can do
/// without. So what the document says of a body is what the code does with it.
///
/// Structs become components under their names. Types that read in a way of their own say what they are: ``Described``.
final class SchemaReader {
    /// A JSON Schema for each struct that was met, by its name.
    private(set) var components: [String: JSONNode] = [:]
    private var known: [ObjectIdentifier: (value: Any, schema: JSONNode)] = [:]

    /// - Throws: ``UndescribedType`` for a type that reads in a way of its own and does not say which.
    func schema<Value: Decodable>(of type: Value.Type) throws -> JSONNode { try read(type).schema }

    /// A value of the type, for whoever reads on, and its schema.
    func read<Value: Decodable>(_ type: Value.Type) throws -> (value: Value, schema: JSONNode) {
        let found = try known[ObjectIdentifier(type)] ?? describe(type)  // bounded: a dictionary
        known[ObjectIdentifier(type)] = found  // bounded: a dictionary
        guard let value = found.value as? Value else { throw UndescribedType(name: "\(type)") }
        return (value, found.schema)
    }

    private func describe<Value: Decodable>(_ type: Value.Type) throws -> (value: Any, schema: JSONNode) {
        if let described = type as? any Described.Type { return try known(described) }
        if let cases = type as? any CaseIterable.Type, let found = Self.enumeration(cases) { return found }
        let recorder = SchemaRecorder(reader: self, type: "\(type)")
        let value = try Value(from: recorder)
        let name = Self.name(of: type)
        // bounded: a dictionary
        precondition(components[name] == nil, "two types of the wire are called \(name)")
        components[name] = Self.signed(type, recorder.schema)  // bounded: a dictionary
        return (value, .reference(name))
    }

    private func known<Known: Described>(_ type: Known.Type) throws -> (value: Any, schema: JSONNode) {
        let schema = try Known.wireSchema(self)
        guard let name = Known.wireName else { return (Known.wireSample, schema) }
        components[name] = schema  // bounded: a dictionary
        return (Known.wireSample, .reference(name))
    }

    /// An enumeration without associated values, by its raw values.
    private static func enumeration<Cases: CaseIterable>(_ type: Cases.Type) -> (value: Any, schema: JSONNode)? {
        let values = Cases.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue }
        guard let first = Cases.allCases.first else { return nil }
        let texts = values.compactMap { $0 as? String }
        if texts.count == Cases.allCases.count { return (first, ["type": "string", "enum": .texts(texts)]) }
        let numbers = values.compactMap { $0 as? UInt8 }
        guard numbers.count == Cases.allCases.count else { return nil }
        return (first, ["type": "integer", "enum": .list(numbers.map { .number(UInt64($0)) })])  // bounded: 8 bits
    }

    /// With what is signed of it, where something is.
    private static func signed(_ type: Any.Type, _ schema: JSONNode) -> JSONNode {
        if type == Offer.self {
            return schema.with([
                "x-eip712": .text(Offer.encodeType),
                "x-eip712-with-conduct": .text(Offer.schemaWithConduct.type.encodeType),
            ])
        }
        guard let typed = type as? any TypedStructure.Type else { return schema }
        return schema.with(["x-eip712": .text(typed.encodeType)])
    }

    /// `Published<Offer>` becomes `PublishedOffer`.
    private static func name(of type: Any.Type) -> String {
        "\(type)".filter { $0.isLetter || $0.isNumber }
    }
}

/// A type of the wire that reads its JSON in a way that only itself can tell.
struct UndescribedType: Error, CustomStringConvertible {
    let name: String

    var description: String { "\(name) reads JSON in a way of its own; let it conform to Described" }
}

/// What a type asks of its JSON object.
private final class SchemaRecorder: Decoder {
    let reader: SchemaReader
    let type: String
    private var properties: [String: JSONNode] = [:]
    private var optional: Set<String> = []
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(reader: SchemaReader, type: String) {
        self.reader = reader
        self.type = type
    }

    var schema: JSONNode {
        let required = properties.keys.filter { !optional.contains($0) }.sorted()
        let object: JSONNode = ["type": "object", "properties": .object(properties)]
        return required.isEmpty ? object : object.with(["required": .texts(required)])
    }

    /// Whoever looks whether a member is there can do without.
    func look(_ name: String) { optional.insert(name) }

    func member<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value {
        let (value, schema) = try reader.read(type)
        properties[name] = schema  // bounded: a dictionary
        return value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(SchemaMembers<Key>(recorder: self))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw UndescribedType(name: type) }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw UndescribedType(name: type) }
}

private struct SchemaMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        recorder.look(key.stringValue)
        return true
    }
    func decodeNil(forKey key: Key) -> Bool { false }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try recorder.member(key.stringValue, type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw UndescribedType(name: recorder.type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw UndescribedType(name: recorder.type)
    }
    func superDecoder() throws -> any Decoder { throw UndescribedType(name: recorder.type) }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw UndescribedType(name: recorder.type) }
}
