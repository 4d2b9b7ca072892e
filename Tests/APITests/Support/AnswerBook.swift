import GCXModel
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Answers of servers, each with what the document says of it.
final class AnswerBook {
    private let reader = SchemaReader()
    private var schemas: [String: JSONNode] = [:]
    private var answers: [(name: String, json: [UInt8])] = []
    /// Names of the calls that were answered.
    private(set) var asked: Set<String> = []

    func ask(_ route: Route, _ call: HTTPCall, _ endpoint: Endpoint) async throws {
        let answer = try await HTTPTransport.shared.answer(call, from: ServerAddress(endpoint))
        #expect(answer.status == 200, "\(call.path): \(String(decoding: answer.body, as: UTF8.self))")
        #expect(answer.headers.first(name: "content-type") == route.answer.contentType)
        let schema = try #require(route.answer.schema)
        asked.insert(route.name)
        note("\(route.name) at \(call.path)", try schema(reader), answer.body)
    }

    func post(_ route: Route, _ path: String, _ body: some Encodable, _ endpoint: Endpoint) async throws {
        let bytes = try WireJSON.encode(body)
        guard case .json(let schema, let most) = route.body else { preconditionFailure("\(route.name) takes no JSON") }
        #expect(bytes.count <= most)
        note("body of \(route.name)", try schema(reader), bytes)
        try await ask(route, HTTPCall(method: .POST, path: path, body: bytes, isRepeatable: false), endpoint)
    }

    /// A call that is answered by a problem.
    func ask(_ call: HTTPCall, _ endpoint: Endpoint) async throws {
        let answer = try await HTTPTransport.shared.answer(call, from: ServerAddress(endpoint))
        #expect(answer.status >= 400)
        #expect(answer.headers.first(name: "content-type") == "application/problem+json")
        note("problem at \(call.path)", .reference("Problem"), answer.body)
    }

    func add<Value: Codable>(_ name: String, _ value: Value) throws {
        note(name, try reader.schema(of: Value.self), try WireJSON.encode(value))
    }

    private func note(_ name: String, _ schema: JSONNode, _ json: [UInt8]) {
        let place = "\(answers.count) \(name)"
        schemas[place] = schema
        answers.append((place, json))
    }

    var schema: JSONNode {
        [
            "type": "object", "properties": .object(schemas), "required": .texts(schemas.keys.sorted()),
            "components": ["schemas": .object(reader.components.merging(["Problem": OpenAPI.problem]) { $1 })],
        ]
    }

    var document: [UInt8] {
        get throws {
            var text: [UInt8] = []
            for (name, json) in answers {
                text += text.isEmpty ? [UInt8(ascii: "{")] : [UInt8(ascii: ",")]
                text += try WireJSON.encode(name) + [UInt8(ascii: ":")] + json
            }
            return text + [UInt8(ascii: "}")]
        }
    }
}
