import GCXLinux
import Testing

@testable import GCXServer

/// Within a version nothing is taken away: what may change stands in GCXWire's article on it.
@Suite("What the wire promised")
struct WirePromisesTests {
    private static let path = "\(WireDocumentTests.root)/Tests/Fixtures/Wire/promises-1.txt"

    @Test("the document still promises what version 1 promised")
    func kept() throws {
        let promised = Set(try Files.text(Self.path).split(separator: "\n").map(String.init))
        let lines = try WirePromises(OpenAPI.document()).lines
        #expect(promised.count > 500)
        for broken in promised.subtracting(lines).sorted() {
            Issue.record("no longer so: \(broken)")
        }
        if promised != lines {
            let text = lines.sorted().joined(separator: "\n") + "\n"
            try DurableFile.write(text.utf8, to: "\(WireDocumentTests.root)/.build/promises-1.txt")
        }
    }

    /// What the calls of the tests below begin from.
    private static let member: JSONNode = ["type": "string"]
    private static let enumerated: JSONNode = ["type": "string", "enum": ["x", "y"]]
    private static let entries: [(String, JSONNode)] = [
        ("kind", ["const": "offer"]), ("body", .reference("Sent")),
    ]

    private func document(
        query: [JSONNode] = [["name": "a", "in": "query", "schema": ["type": "string"]]],
        sent: [(String, JSONNode)] = [("a", member), ("b?", member)],
        answered: [(String, JSONNode)] = [("a", member), ("b?", enumerated)],
        entries: [[(String, JSONNode)]] = [entries], further: [String: JSONNode] = [:], isOpen: Bool = true
    ) -> JSONNode {
        var operation: JSONNode = [
            "operationId": "call", "tags": ["agent"], "parameters": .list(query),
            "requestBody": ["content": ["application/json": ["schema": .reference("Sent")]]],
            "responses": [
                "200": ["content": ["application/json": ["schema": .reference("Answered")]], "headers": ["h": [:]]]
            ],
        ]
        if !isOpen { operation = operation.with(["security": []]) }
        return [
            "paths": .object(["/v1/a": ["post": operation]].merging(further) { $1 }),
            "components": [
                "schemas": [
                    "Sent": .record(sent), "Answered": .record(answered),
                    "Entry": ["oneOf": .list(entries.map { .record($0) })],
                ]
            ],
        ]
    }

    private func broken(_ later: JSONNode) throws -> Int {
        try WirePromises(document()).lines.subtracting(WirePromises(later).lines).count
    }

    @Test("what may be added breaks nothing")
    func allowed() throws {
        let (member, enumerated) = (Self.member, Self.enumerated)
        #expect(try broken(document()) == 0)
        #expect(try broken(document(sent: [("a", member), ("b?", member), ("c?", member)])) == 0)
        #expect(try broken(document(answered: [("a", member), ("b?", enumerated), ("c", member)])) == 0)
        // What could be absent may always be there.
        #expect(try broken(document(answered: [("a", member), ("b", enumerated)])) == 0)
        #expect(try broken(document(entries: [Self.entries, [("kind", ["const": "new"])]])) == 0)
        #expect(try broken(document(further: ["/v1/b": ["get": ["operationId": "other"]]])) == 0)
        let parameter: JSONNode = ["name": "a", "in": "query", "schema": ["type": "string"]]
        #expect(try broken(document(query: [parameter, parameter.with(["name": "b"])])) == 0)
        let described = member.with(["description": "for people"])
        #expect(try broken(document(sent: [("a", described), ("b?", member)])) == 0)
    }

    @Test("what takes away from what was there breaks something")
    func forbidden() throws {
        let (member, enumerated) = (Self.member, Self.enumerated)
        // A body that needs more than it did, or knows less.
        #expect(try broken(document(sent: [("a", member), ("b", member)])) == 1)
        #expect(try broken(document(sent: [("a", member), ("b?", member), ("c", member)])) == 1)
        #expect(try broken(document(sent: [("a", member)])) == 1)
        // An answer that has less, or other things, than it had.
        #expect(try broken(document(answered: [("b?", enumerated)])) == 2)
        #expect(try broken(document(answered: [("a?", member), ("b?", enumerated)])) == 1)
        #expect(try broken(document(answered: [("a", .decimal), ("b?", enumerated)])) == 1)
        let more: JSONNode = ["type": "string", "enum": ["x", "y", "z"]]
        #expect(try broken(document(answered: [("a", member), ("b?", more)])) == 1)
        // A call that needs more, knows less, or is not for everybody any more.
        let parameter: JSONNode = ["name": "a", "in": "query", "schema": ["type": "string"]]
        #expect(try broken(document(query: [parameter.with(["required": true])])) == 1)
        #expect(try broken(document(query: [])) == 1)
        #expect(try broken(document(isOpen: false)) == 1)
        #expect(try broken(document(further: ["/v1/a": [:]])) > 5)
    }
}
