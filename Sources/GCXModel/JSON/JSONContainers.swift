/// A value of a document as Swift's `Decodable` asks for it.
struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
    let reading: JSONReading
    let place: Int

    var codingPath: [any CodingKey] { reading.document.keys(to: place) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try JSONObject(reading, place))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try JSONList(reading, place) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { reading.node(place).kind == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try reading.bool(at: place) }
    func decode(_ type: String.Type) throws -> String { try reading.string(at: place) }
    func decode(_ type: Double.Type) throws -> Double { try reading.double(at: place) }
    func decode(_ type: Float.Type) throws -> Float { Float(try reading.double(at: place)) }
    func decode(_ type: Int.Type) throws -> Int { try reading.integer(at: place) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reading.integer(at: place) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reading.integer(at: place) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reading.integer(at: place) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reading.integer(at: place) }
    func decode(_ type: UInt.Type) throws -> UInt { try reading.integer(at: place) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reading.integer(at: place) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reading.integer(at: place) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reading.integer(at: place) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reading.integer(at: place) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reading.decode(type, at: place) }
}

/// The fields of an object.
struct JSONObject<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let reading: JSONReading
    private let place: Int
    /// Of a large object: looking through its names for each of them would cost their square.
    private let index: [String: Int]?

    /// Up to here, looking through the names is faster.
    private static var listedMax: Int { 32 }

    init(_ reading: JSONReading, _ place: Int) throws {
        // bounded here: the parser made the nodes: each leads to one behind it, below 2^31
        guard reading.node(place).kind == .object else { throw reading.wrong(place, "an object") }
        (self.reading, self.place) = (reading, place)
        guard Int(reading.node(place).next) - place > 2 * Self.listedMax else {
            index = nil
            return
        }
        let fields = reading.document.fields(of: place)
        index = Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
    }

    var codingPath: [any CodingKey] { reading.document.keys(to: place) }
    var allKeys: [Key] { reading.document.fields(of: place).compactMap { Key(stringValue: $0.name) } }
    func contains(_ key: Key) -> Bool { find(key) != nil }

    /// A null is read by this; anything else will be read by what is asked next.
    func decodeNil(forKey key: Key) throws -> Bool {
        let value = try value(key, isReading: false)
        guard reading.node(value).kind == .null else { return false }
        reading.markRead(value)
        return true
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try reading.bool(at: value(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try reading.string(at: value(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try reading.double(at: value(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try reading.double(at: value(key))) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try reading.integer(at: value(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try reading.integer(at: value(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try reading.integer(at: value(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try reading.integer(at: value(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try reading.integer(at: value(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try reading.integer(at: value(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try reading.integer(at: value(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try reading.integer(at: value(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try reading.integer(at: value(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try reading.integer(at: value(key)) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reading.decode(type, at: value(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try JSONObject<Nested>(reading, value(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try JSONList(reading, value(key))
    }

    func superDecoder() throws -> any Decoder {
        guard let value = find("super") else { throw missing("super") }
        reading.markRead(value)
        return JSONValueDecoder(reading: reading, place: value)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        JSONValueDecoder(reading: reading, place: try value(key))
    }

    private func value(_ key: Key, isReading: Bool = true) throws(JSONError) -> Int {
        guard let value = find(key) else { throw missing(key.stringValue) }
        if isReading { reading.markRead(value) }
        return value
    }

    private func find(_ key: Key) -> Int? { find(key.stringValue) }

    private func find(_ name: String) -> Int? {
        // bounded: the parser made the nodes: each leads to one behind it, below 2^31
        if let index { return index[name] }
        return reading.document.value(of: name, in: place)
    }

    // bounded: the parser made the nodes: each leads to one behind it, below 2^31
    private func missing(_ name: String) -> JSONError { .missingField(JSONPath.text(codingPath + [TextKey(name)])) }
}

/// The elements of a list, one after the other.
struct JSONList: UnkeyedDecodingContainer {
    private let reading: JSONReading
    private let place: Int
    private var cursor: Int
    private(set) var currentIndex = 0

    init(_ reading: JSONReading, _ place: Int) throws {
        // bounded here: the parser made the nodes: each leads to one behind it, below 2^31
        guard reading.node(place).kind == .list else { throw reading.wrong(place, "a list") }
        (self.reading, self.place, cursor) = (reading, place, place + 1)
    }

    var codingPath: [any CodingKey] { reading.document.keys(to: place) }
    var count: Int? { nil }
    // bounded: the parser made the nodes: each leads to one behind it, below 2^31
    var isAtEnd: Bool { cursor >= Int(reading.node(place).next) }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { throw tooShort }
        guard reading.node(cursor).kind == .null else { return false }
        _ = try next()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try reading.bool(at: next()) }
    mutating func decode(_ type: String.Type) throws -> String { try reading.string(at: next()) }
    mutating func decode(_ type: Double.Type) throws -> Double { try reading.double(at: next()) }
    mutating func decode(_ type: Float.Type) throws -> Float { Float(try reading.double(at: next())) }
    mutating func decode(_ type: Int.Type) throws -> Int { try reading.integer(at: next()) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try reading.integer(at: next()) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try reading.integer(at: next()) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try reading.integer(at: next()) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try reading.integer(at: next()) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try reading.integer(at: next()) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try reading.integer(at: next()) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try reading.integer(at: next()) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try reading.integer(at: next()) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try reading.integer(at: next()) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reading.decode(type, at: next())
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try JSONObject<Nested>(reading, next()))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try JSONList(reading, next()) }

    mutating func superDecoder() throws -> any Decoder { JSONValueDecoder(reading: reading, place: try next()) }

    private mutating func next() throws(JSONError) -> Int {
        // bounded here: the parser made the nodes: each leads to one behind it, below 2^31
        guard !isAtEnd else { throw tooShort }
        let place = cursor
        cursor = Int(reading.node(place).next)
        currentIndex += 1
        reading.markRead(place)
        return place
    }

    private var tooShort: JSONError {
        .wrongForm(reading.document.path(to: place), expected: "more elements", found: "\(currentIndex)")
    }
}
