/// A piece of JSON that is built here and not read from a type.
enum JSONNode: Equatable, Sendable {
    case text(String)
    case number(UInt64)
    case flag(Bool)
    case list([JSONNode])
    case object([String: JSONNode])

    /// The member of an object; nil where there is none, or this is no object.
    subscript(_ name: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members[name]  // bounded: a dictionary
    }

    /// The same object with further members, which win.
    func with(_ further: [String: JSONNode]) -> JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members.merging(further) { $1 })
    }

    static func texts(_ texts: [String]) -> JSONNode { .list(texts.map { .text($0) }) }
}

extension JSONNode: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .list(let items): try container.encode(items)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: UInt64) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: JSONNode...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONNode)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}
