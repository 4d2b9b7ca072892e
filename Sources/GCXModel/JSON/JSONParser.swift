/// Reads a text once, from its first byte to its last, and refuses what is not JSON (RFC 8259) in UTF-8 with every name once.
struct JSONParser {
    private(set) var nodes: [JSONDocument.Node] = []
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        guard bytes.count < Int(Int32.max) else { throw .tooLarge("the text", max: Int(Int32.max), unit: "bytes") }
        try requireUTF8Beginning()
        // Sixteen bytes of text a value is what documents have.
        nodes.reserveCapacity(min(bytes.count / 16 + 1, Limits.jsonValuesMax))
        try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw wrong("the end of the text") }
    }

    /// UTF-16 and UTF-32 have a zero byte among the first four of any JSON, or a mark before it.
    private func requireUTF8Beginning() throws(JSONError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw .notUTF8("it begins with a byte order mark") }
        let beginning = bytes.prefix(4)
        if beginning.starts(with: [0xFE, 0xFF]) || beginning.starts(with: [0xFF, 0xFE]) || beginning.contains(0) {
            throw .notUTF8("it looks like UTF-16 or UTF-32")
        }
    }

    private mutating func value(depth: Int) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        guard depth < Limits.jsonDepthMax else {
            throw .tooLarge("the nesting of objects and lists", max: Limits.jsonDepthMax, unit: "levels")
        }
        skipSpace()
        guard at < bytes.count else { throw wrong("a value") }
        switch bytes[at] {
        case UInt8(ascii: "{"): try object(depth)
        case UInt8(ascii: "["): try list(depth)
        case UInt8(ascii: "\""): try string(isName: false)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try literal("true", .yes)
        case UInt8(ascii: "f"): try literal("false", .no)
        case UInt8(ascii: "n"): try literal("null", .null)
        default: throw wrong("a value")
        }
    }

    private mutating func object(_ depth: Int) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let place = try open(.object)
        var names = JSONNames(object: place)
        skipSpace()
        if take("}") { return close(place) }
        repeat {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw wrong("a field's name in quotes") }
            let name = nodes.count
            try string(isName: true)
            guard names.add(name, nodes, bytes) else { throw duplicate(name) }
            skipSpace()
            guard take(":") else { throw wrong("a colon after the field's name") }
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("}") else { throw wrong("a comma or the end of the object") }
        close(place)
    }

    private mutating func list(_ depth: Int) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let place = try open(.list)
        skipSpace()
        if take("]") { return close(place) }
        repeat {
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("]") else { throw wrong("a comma or the end of the list") }
        close(place)
    }

    private mutating func string(isName: Bool) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        at += 1
        var node = JSONDocument.Node(kind: .string, isName: isName, start: Int32(at), end: 0, next: 0)
        while true {
            guard at < bytes.count else { throw wrong("the quote that ends the text") }
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                node.isPlain = false
                guard let end = JSONText.endOfEscape(bytes, at) else {
                    throw wrong("an escape that JSON knows, with both halves of a surrogate pair")
                }
                at = end
                continue
            }
            guard byte >= 0x20 else { throw wrong("an escape in place of the control character") }
            if byte >= 0x80 { node.isASCII = false }
            at += 1
        }
        node.end = Int32(at)
        if !node.isASCII, String(validating: bytes[Int(node.start)..<at], as: UTF8.self) == nil {
            throw .notUTF8("the text that begins at byte \(node.start) holds other bytes")
        }
        at += 1
        try append(node)
    }

    private mutating func number() throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let start = at
        _ = take("-")
        if !take("0") { try digits() }
        if at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) {
            throw wrong("a number without zeros before it")
        }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        try append(.init(kind: .number, start: Int32(start), end: Int32(at), next: 0))
    }

    private mutating func digits() throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let start = at
        while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
        guard at > start else { throw wrong("a digit") }
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONDocument.Kind) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let end = at + word.utf8CodeUnitCount
        guard end <= bytes.count, "\(word)".utf8.elementsEqual(bytes[at..<end]) else { throw wrong("a value") }
        try append(.init(kind: kind, start: Int32(at), end: Int32(end), next: 0))
        at = end
    }

    private mutating func open(_ kind: JSONDocument.Kind) throws(JSONError) -> Int {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        try append(.init(kind: kind, start: Int32(at), end: 0, next: 0))
        at += 1
        return nodes.count - 1
    }

    private mutating func close(_ place: Int) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        nodes[place].end = Int32(at)
        nodes[place].next = Int32(nodes.count)
    }

    private mutating func append(_ node: JSONDocument.Node) throws(JSONError) {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        guard nodes.count < Limits.jsonValuesMax else {
            throw .tooLarge("the text", max: Limits.jsonValuesMax, unit: "names and values")
        }
        nodes.append(node)
        nodes[nodes.count - 1].next = Int32(nodes.count)
    }

    private mutating func skipSpace() {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        while at < bytes.count, bytes[at] == 0x20 || (0x09...0x0A).contains(bytes[at]) || bytes[at] == 0x0D { at += 1 }
    }

    private mutating func take(_ letter: Unicode.Scalar) -> Bool {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        guard at < bytes.count, UInt32(bytes[at]) == letter.value else { return false }
        at += 1
        return true
    }

    private func wrong(_ expected: String) -> JSONError {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let before = bytes[..<min(at, bytes.count)]
        let line = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return .syntax(line: before.count { $0 == 0x0A } + 1, column: at - line + 1, expected: expected)
    }

    private func duplicate(_ name: Int) -> JSONError {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        // The objects and lists that are still open are those without an end.
        var keys: [any CodingKey] = []
        for (place, node) in nodes[..<name].enumerated() where node.end == 0 {
            if let last = lastKey(of: place, before: name) { keys.append(last) }
        }
        return .duplicateField(JSONPath.text(keys))
    }

    /// The last name in an object, or the number of the last element of a list, that begins at or before `limit`.
    private func lastKey(of place: Int, before limit: Int) -> (any CodingKey)? {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        let isObject = nodes[place].kind == .object
        var (child, count) = (place + 1, 0)
        while true {
            // The one that is still open, or the name itself, has nothing behind it.
            let value = isObject ? child + 1 : child
            guard value < nodes.count, nodes[value].end != 0, Int(nodes[value].next) <= limit else { break }
            (child, count) = (Int(nodes[value].next), count + 1)
        }
        guard isObject else { return JSONPath.Index(count) }
        let node = nodes[child]
        return TextKey(JSONText.text(bytes[Int(node.start)..<Int(node.end)], isPlain: node.isPlain))
    }
}

/// The names that an object has had so far.
struct JSONNames {
    private let object: Int
    private var count = 0
    /// In a large object, or one with names beyond plain ASCII. Swift compares texts as people read them: é is é, however
    /// it is composed.
    private var seen: Set<String>?

    /// Up to here, looking at each is faster than a set.
    private static let listedMax = 16

    init(object: Int) { self.object = object }

    /// False when the name was there before.
    mutating func add(_ name: Int, _ nodes: [JSONDocument.Node], _ bytes: [UInt8]) -> Bool {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        defer { count += 1 }
        let isSimple = nodes[name].isPlain && nodes[name].isASCII && count < Self.listedMax
        guard seen == nil, isSimple else {
            var seen = seen ?? Set(names(before: name, nodes).map { Self.text(nodes[$0], bytes) })
            self.seen = nil
            defer { self.seen = seen }
            return seen.insert(Self.text(nodes[name], bytes)).inserted
        }
        let (start, length) = (Int(nodes[name].start), Int(nodes[name].end - nodes[name].start))
        var index = object + 1
        while index < name {
            let other = nodes[index]
            if Int(other.end - other.start) == length,
                (0..<length).allSatisfy({ bytes[start + $0] == bytes[Int(other.start) + $0] })
            {
                return false
            }
            index = Int(nodes[index + 1].next)
        }
        return true
    }

    private func names(before name: Int, _ nodes: [JSONDocument.Node]) -> [Int] {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        var (names, index): ([Int], Int) = ([], object + 1)
        while index < name {
            names.append(index)
            index = Int(nodes[index + 1].next)
        }
        return names
    }

    private static func text(_ node: JSONDocument.Node, _ bytes: [UInt8]) -> String {
        // bounded here: no place passes the end of the text, below 2^31, or of the nodes
        JSONText.text(bytes[Int(node.start)..<Int(node.end)], isPlain: node.isPlain)
    }
}
