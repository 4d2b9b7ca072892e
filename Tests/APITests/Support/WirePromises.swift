@testable import GCXServer
@testable import GCXWire

/// What a document of the wire promises, a line each. What one document of a version promises, all later ones of it do.
///
/// A line is there for everything that a peer may have been built on, so a change that is allowed adds lines and takes none away:
/// a member that may be absent, a parameter, a header, a call. Words for people and the bounds of pages are not in it.
struct WirePromises {
    private(set) var lines: Set<String> = []
    /// Schemas that a client sends: of these a server may never need more than it did.
    private var sent: Set<String> = []

    init(_ document: JSONNode) throws {
        let calls = document["paths"]?.members ?? [:]
        for (path, methods) in calls.sorted(by: { $0.key < $1.key }) {
            for (method, operation) in methods.members { try add(operation, as: "\(method.uppercased()) \(path)") }
        }
        let schemas = document["components"]?["schemas"]?.members ?? [:]
        // Goes into a header, and so is no body.
        sent.insert("SignedApiSession")
        while true {
            let found = sent.union(sent.flatMap { schemas[$0].map(Self.references) ?? [] })
            if found == sent { break }
            sent = found
        }
        for (name, schema) in schemas { try add(schema, at: name, isSent: sent.contains(name)) }
        for (name, value) in document["x-eip712-domain"]?.members ?? [:] {
            try lines.insert("domain \(name): \(Self.text(value))")
        }
    }

    private mutating func add(_ operation: JSONNode, as call: String) throws {
        let tags = try operation["tags"].map(Self.text) ?? ""
        lines.insert("\(call) is \(try operation["operationId"].map(Self.text) ?? "") of \(tags)")
        if operation["security"] == nil { lines.insert("\(call) is open to anybody") }
        let parameters = operation["parameters"]?.items ?? []
        for parameter in parameters {
            try add(parameter["schema"] ?? [:], at: "\(call) \(try Self.text(parameter["name"] ?? ""))", isSent: true)
        }
        let needed = try parameters.filter { $0["required"] == true }.map { try Self.text($0["name"] ?? "") }
        lines.insert("\(call) needs \(needed.sorted())")
        let body = operation["requestBody"]?["content"]?.members ?? [:]
        if body.isEmpty { lines.insert("\(call) needs no body") }
        for (type, content) in body { try add(content, at: "\(call) body as \(type)", isSent: true) }
        for (status, response) in operation["responses"]?.members ?? [:] {
            try add(response, at: "\(call) \(status)")
        }
    }

    private mutating func add(_ response: JSONNode, at place: String) throws {
        lines.insert(place)
        if let reference = response["$ref"] { lines.insert("\(place): \(try Self.text(reference))") }
        for name in response["headers"]?.members.keys.sorted() ?? [] {
            lines.insert("\(place) may have the header \(name)")
        }
        for (type, content) in response["content"]?.members ?? [:] {
            try add(content, at: "\(place) as \(type)", isSent: false)
        }
    }

    private mutating func add(_ content: JSONNode, at place: String, isSent: Bool) throws {
        guard let schema = content["schema"] else { return try describe(content, at: place, isSent: isSent) }
        if isSent { sent.formUnion(Self.references(schema)) }
        try describe(schema, at: place, isSent: isSent)
    }

    private mutating func describe(_ schema: JSONNode, at place: String, isSent: Bool) throws {
        if let alternatives = schema["oneOf"]?.items {
            return try describe(alternatives, at: place, isSent: isSent)
        }
        for (name, value) in schema.members where name.hasPrefix("x-eip712") {
            lines.insert("\(place) \(name): \(try Self.text(value))")
        }
        if let members = schema["properties"]?.members, !members.isEmpty {
            for (name, member) in members { try describe(member, at: "\(place).\(name)", isSent: isSent) }
            let required = try (schema["required"]?.items ?? []).map(Self.text).sorted()
            // Whoever sends needs no more than before; whoever reads finds all that was always there.
            if isSent { lines.insert("\(place) needs \(required)") }
            for name in required { lines.insert("\(place) always has \(name)") }
        } else if let items = schema["items"] {
            lines.insert("\(place): a list")
            try describe(items, at: "\(place)[]", isSent: isSent)
        } else {
            lines.insert("\(place): \(try Self.text(.object(schema.members.filter { !Self.words.contains($0.key) })))")
        }
    }

    /// Alternatives do not become more, but for the kinds of entries in a journal.
    private mutating func describe(_ alternatives: [JSONNode], at place: String, isSent: Bool) throws {
        var names: [String] = []
        for alternative in alternatives {
            let members = alternative["properties"]?.members ?? [:]
            let kind = try members["kind"]?["const"].map(Self.text)
            let name = kind ?? members.keys.sorted().joined(separator: "+")
            names.append(name)
            try describe(alternative, at: "\(place)(\(name))", isSent: isSent)
        }
        lines.insert(place == "Entry" ? "\(place) is one of several" : "\(place) is one of \(names.sorted())")
    }

    private static let words: Set<String> = ["description", "title", "maxItems", "x-eip712", "x-eip712-with-conduct"]

    private static func text(_ node: JSONNode) throws -> String {
        if case .text(let text) = node { return text }
        return String(decoding: try WireJSON.encode(node), as: UTF8.self)
    }

    private static func references(_ node: JSONNode) -> Set<String> {
        switch node {
        case .list(let items): Set(items.flatMap(references))
        case .object(let members):
            if case .text(let place)? = members["$ref"] {
                [String(place.split(separator: "/").last ?? "")]
            } else {
                Set(members.values.flatMap(references))
            }
        default: []
        }
    }
}

extension JSONNode {
    /// Empty where this is no object.
    var members: [String: JSONNode] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// Empty where this is no list.
    var items: [JSONNode] {
        if case .list(let items) = self { items } else { [] }
    }
}
