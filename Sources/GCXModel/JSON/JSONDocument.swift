/// A text that was found to be JSON: its values in the order in which they stand, each a few numbers.
///
/// An object is followed by its fields, each a name and then a value; a list by its elements.
struct JSONDocument {
    /// What stands at a place. A name is a string.
    enum Kind: UInt8 { case object, list, string, number, yes, no, null }

    /// A value or a name. Sixteen bytes, so that a body of many small values stays small.
    struct Node {
        let kind: Kind
        /// A string without escapes: its bytes are its text.
        var isPlain = true
        var isASCII = true
        var isName = false
        /// Of the bytes between the quotes, or of the whole number; of an object or list, where it begins.
        let start: Int32
        var end: Int32
        /// The node after this one and everything inside it.
        var next: Int32
    }

    let bytes: [UInt8]
    let nodes: [Node]

    init(_ bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        try parser.parse()
        (self.bytes, nodes) = (bytes, parser.nodes)
    }

    // bounded: the parser made the nodes: each ends in the text, and leads to one behind it
    func token(_ node: Node) -> ArraySlice<UInt8> { bytes[Int(node.start)..<Int(node.end)] }

    /// The text of a string, without quotes and escapes.
    func text(_ node: Node) -> String { JSONText.text(token(node), isPlain: node.isPlain) }

    /// Whether a name is this one.
    func isName(_ node: Node, _ name: String) -> Bool {
        // bounded here: the parser made the nodes: each ends in the text, and leads to one behind it
        guard node.isPlain, node.isASCII else { return text(node) == name }
        return Int(node.end - node.start) == name.utf8.count && token(node).elementsEqual(name.utf8)
    }

    /// The value of the field with this name, in an object.
    func value(of name: String, in object: Int) -> Int? {
        // bounded here: the parser made the nodes: each ends in the text, and leads to one behind it
        var index = object + 1
        while index < Int(nodes[object].next) {
            if isName(nodes[index], name) { return index + 1 }
            index = Int(nodes[index + 1].next)
        }
        return nil
    }

    /// The names in an object with the places of their values, in the order in which they stand.
    func fields(of object: Int) -> [(name: String, value: Int)] {
        // bounded here: the parser made the nodes: each ends in the text, and leads to one behind it
        var (fields, index): ([(name: String, value: Int)], Int) = ([], object + 1)
        while index < Int(nodes[object].next) {
            fields.append((text(nodes[index]), index + 1))
            index = Int(nodes[index + 1].next)
        }
        return fields
    }

    /// The way from the document to a value. Looked for when it is asked for: nearly nobody asks.
    func keys(to target: Int) -> [any CodingKey] {
        // bounded here: the parser made the nodes: each ends in the text, and leads to one behind it
        var (keys, place): ([any CodingKey], Int) = ([], 0)
        while place < target {
            let isObject = nodes[place].kind == .object
            var (child, count) = (place + 1, 0)
            while Int(nodes[isObject ? child + 1 : child].next) <= target {
                child = Int(nodes[isObject ? child + 1 : child].next)
                count += 1
            }
            keys.append(isObject ? TextKey(text(nodes[child])) : JSONPath.Index(count))
            place = isObject ? child + 1 : child
        }
        return keys
    }

    func path(to target: Int) -> String { JSONPath.text(keys(to: target)) }

    /// A value in words, for an error.
    func words(_ node: Node) -> String {
        switch node.kind {
        case .object: "an object"
        case .list: "a list"
        case .string: "the text “\(PlainText.excerpt(text(node)))”"
        case .number: PlainText.excerpt(String(decoding: token(node), as: UTF8.self))
        case .yes: "true"
        case .no: "false"
        case .null: "null"
        }
    }
}
