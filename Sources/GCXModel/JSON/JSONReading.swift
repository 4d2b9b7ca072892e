/// One document being read, and which of its values were.
final class JSONReading {
    let document: JSONDocument
    private var isRead: [Bool]

    init(_ document: JSONDocument) {
        // bounded here: places are those of nodes, of which the first is always there; a digit is looked at before
        self.document = document
        isRead = [Bool](repeating: false, count: document.nodes.count)
        isRead[0] = true
    }

    /// The first value that nothing has asked for. An object in it does not count by itself: it lies inside.
    var firstUnread: Int? {
        // bounded here: places are those of nodes, of which the first is always there; a digit is looked at before
        document.nodes.indices.first { !isRead[$0] && !document.nodes[$0].isName }
    }

    // bounded: places are those of nodes, of which the first is always there; a digit is looked at before
    func markRead(_ place: Int) { isRead[place] = true }

    // bounded: places are those of nodes, of which the first is always there; a digit is looked at before
    func node(_ place: Int) -> JSONDocument.Node { document.nodes[place] }

    func decode<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
        do {
            return try Value(from: JSONValueDecoder(reading: self, place: place))
        } catch DecodingError.dataCorrupted(let context) {
            guard let names = Self.names(of: type), node(place).kind == .string else {
                throw DecodingError.dataCorrupted(context)
            }
            throw wrong(place, "one of \(names.joined(separator: ", "))")
        }
    }

    func string(at place: Int) throws(JSONError) -> String {
        guard node(place).kind == .string else { throw wrong(place, "a text in quotes") }
        return document.text(node(place))
    }

    func bool(at place: Int) throws(JSONError) -> Bool {
        switch node(place).kind {
        case .yes: return true
        case .no: return false
        default: throw wrong(place, "true or false")
        }
    }

    /// A number with a point or an exponent, or without.
    func double(at place: Int) throws(JSONError) -> Double {
        guard node(place).kind == .number,
            let value = Double(String(decoding: document.token(node(place)), as: UTF8.self)), value.isFinite
        else { throw wrong(place, "a number") }
        return value
    }

    /// Plain digits, with a sign where the type has one. What stands for zero is 0, and nothing else.
    func integer<Number: FixedWidthInteger>(at place: Int) throws(JSONError) -> Number {
        guard let value: Number = Self.integer(document.token(node(place))), node(place).kind == .number else {
            throw wrong(place, "a whole number from \(Number.min) to \(Number.max) in plain digits")
        }
        return value
    }

    private static func integer<Number: FixedWidthInteger>(_ token: ArraySlice<UInt8>) -> Number? {
        // bounded here: places are those of nodes, of which the first is always there; a digit is looked at before
        let isNegative = token.first == UInt8(ascii: "-")
        var value: Number = 0
        for byte in token.dropFirst(isNegative ? 1 : 0) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Number(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (sum, overflow) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return isNegative && value == 0 ? nil : value
    }

    /// The names of an enum's cases, when it is one whose cases are texts.
    private static func names<Value>(of type: Value.Type) -> [String]? {
        guard let cases = type as? any CaseIterable.Type else { return nil }
        let names = (cases.allCases as any Collection).map { value in
            (value as? any RawRepresentable)?.rawValue as? String
        }
        return names.contains(nil) ? nil : names.compactMap(\.self)
    }

    func wrong(_ place: Int, _ expected: String) -> JSONError {
        .wrongForm(document.path(to: place), expected: expected, found: document.words(node(place)))
    }
}
