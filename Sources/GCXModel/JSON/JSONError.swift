/// Why a text was not taken as the JSON that was to come. Places are key paths such as `body.facts[2].name`.
package enum JSONError: RemediedError, Equatable {
    /// The bytes are not UTF-8 from the first to the last.
    case notUTF8(String)
    /// Not JSON. Line and column begin with 1; the column counts bytes.
    case syntax(line: Int, column: Int, expected: String)
    case duplicateField(String)
    case unknownField(String)
    case missingField(String)
    case wrongForm(String, expected: String, found: String)
    /// The right form, with a value that cannot be.
    case badValue(String, reason: String)
    case tooLarge(String, max: Int, unit: String)

    package var description: String {
        switch self {
        case .notUTF8(let reason): "the text is not UTF-8: \(reason)"
        case .syntax(let line, let column, let expected): "line \(line), column \(column): \(expected) was expected"
        case .duplicateField(let path): "the field \(Self.ticked(path)) is there twice"
        case .unknownField(let path): "the field \(Self.ticked(path)) is not known here"
        case .missingField(let path): "the field \(Self.ticked(path)) is missing"
        case .wrongForm(let path, let expected, let found): "\(Self.ticked(path)) takes \(expected), not \(found)"
        case .badValue(let path, let reason): "\(Self.ticked(path)): \(reason)"
        case .tooLarge(let what, let max, let unit): "\(what) has more than \(max) \(unit)"
        }
    }

    private static func ticked(_ path: String) -> String { path == JSONPath.root ? path : "`\(path)`" }

    package var remedy: Remedy {
        switch self {
        case .notUTF8: .fix("Write the document in UTF-8, without a byte order mark.")
        case .unknownField: .fix("Leave the field out, or check its spelling and the version of the program.")
        default: .fix("Correct the document at that place.")
        }
    }

    /// What a value's own `init(from:)` threw, as one of these.
    init(_ error: any Error) {
        // bounded here: joins texts and paths
        switch error {
        case let error as JSONError: self = error
        case DecodingError.keyNotFound(let key, let context):
            self = .missingField(JSONPath.text(context.codingPath + [key]))
        case DecodingError.typeMismatch(_, let context):
            // Of all that we read, only Swift's own reader of enums with payload says this.
            self = .wrongForm(
                JSONPath.text(context.codingPath), expected: "an object with one field, the name of a case",
                found: "this object")
        case DecodingError.valueNotFound(_, let context):
            self = .badValue(JSONPath.text(context.codingPath), reason: "there is no value")
        case DecodingError.dataCorrupted(let context):
            // A raw value that is no case; Swift's words for it name the type.
            let isRaw = context.debugDescription.hasPrefix("Cannot initialize ")
            self = .badValue(
                JSONPath.text(context.codingPath),
                reason: isRaw ? "it is none of the values that are known here" : context.debugDescription)
        default: self = .badValue(JSONPath.text([]), reason: ForeignError.words(error))
        }
    }
}

/// The place of a value in a document, as people write it.
enum JSONPath {
    static let root = "the document"

    static func text(_ keys: [any CodingKey]) -> String {
        // bounded here: joins texts and paths
        guard !keys.isEmpty else { return root }
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + PlainText.excerpt(key.stringValue)
            }
        }
        return text
    }

    /// An element of a list.
    struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "\(intValue ?? 0)" }

        init(_ index: Int) { intValue = index }
        init?(intValue: Int) { self.init(intValue) }
        init?(stringValue: String) { nil }
    }
}
