import GCXModel
import GCXWire
import HTTPTypes
import Hummingbird

/// One call of a server, declared once: the router takes method, path and bounds from it, and `Config/openapi.json` is made of it.
struct Route: Sendable {
    /// Unique among all servers.
    let name: String
    let method: HTTPRequest.Method
    /// With its variables in braces.
    let path: String
    /// One sentence.
    let summary: String
    var access = Access.anybody
    var query: [Parameter] = []
    var body = Body.none
    let answer: Answer

    /// Who may call.
    enum Access: Sendable {
        case anybody
        /// Anybody, for what is sent carries its signatures.
        case signed
        /// The owner at the unix socket, or whoever has a session.
        case ownerOrSession
    }

    /// A value after `?name=`.
    struct Parameter: Sendable {
        let name: String
        let schema: JSONNode
        let text: String
        var isRequired = false
    }

    /// What is sent.
    enum Body: Sendable {
        case none
        /// JSON of so many bytes at most.
        case json(schema: @Sendable (SchemaReader) throws -> JSONNode, bytesMax: Int)
        /// A tar, as long as `Content-Length` says.
        case tar

        static func json<Value: Decodable & Sendable>(_ type: Value.Type, bytesMax: Int) -> Body {
            .json(schema: { try $0.schema(of: Value.self) }, bytesMax: bytesMax)
        }
    }

    /// What a success says.
    struct Answer: Sendable {
        let contentType: String
        /// Nil for bytes.
        var schema: (@Sendable (SchemaReader) throws -> JSONNode)?
        /// By their names; a text each.
        var headers: [String: String] = [:]
        /// Whether there may be nothing to say: 204.
        var mayBeEmpty = false
        /// Whether a part can be asked for: 206 and 416.
        var hasRanges = false
    }

    /// Which call is being answered.
    @TaskLocal static var current: Route?

    /// The bound of a JSON body; nil for another.
    var bodyBytesMax: Int? {
        if case .json(_, let most) = body { most } else { nil }
    }
}

extension Route.Answer {
    static func json<Value: Decodable & Sendable>(_ type: Value.Type) -> Self {
        Self(contentType: "application/json", schema: { try $0.schema(of: Value.self) })
    }

    /// A page of a list: so many items at most, and a header that names the next page.
    static func page<Item: Decodable & Sendable>(of item: Item.Type, most: Int, cursor: String) -> Self {
        Self(
            contentType: "application/json",
            schema: { reader in
                // bounded: a limit of ours
                try reader.schema(of: [Item].self).with(["maxItems": .number(UInt64(most))])
            },
            headers: [
                ListWire.next.rawName: "The value of `\(cursor)` for the next page. Absent at the end of the list."
            ])
    }
}

extension Route.Parameter {
    /// Where a list goes on.
    static let from = Self(
        name: "from", schema: ["type": "string", "pattern": "^[0-9]{1,20}$"],
        text: "The `gcx-next` of the page before, unchanged. Without it the list begins.")
    static let after = Self(
        name: "after", schema: .integer(bits: 64),
        text:
            "The highest sequence that the caller has: only what follows it is answered. Without it, from the first on."
    )
    static let wait = Self(
        name: "wait", schema: .integer(bits: 64),
        text:
            "Seconds to wait for something to answer, at most \(WireLimits.longPollSecondsMax). Without it there is no wait."
    )
    static let live = Self(
        name: "live", schema: ["type": "boolean"],
        text: "Whether only what stands is wanted. Without it, all that ever was.")

    static func digest(_ text: String, isRequired: Bool = false) -> Self {
        Self(
            name: "digest", schema: ["type": "string", "pattern": "^[0-9a-f]{64}$"], text: "SHA-256. " + text,
            isRequired: isRequired)
    }

    static func number(_ name: String, _ text: String, isRequired: Bool = false) -> Self {
        Self(name: name, schema: .integer(bits: 64), text: text, isRequired: isRequired)
    }
}

extension APIRouter {
    /// Answers the calls of a route. The handler reads no parameter that the route does not declare.
    func answer(
        _ route: Route,
        _ handler: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) {
        on(RouterPath(route.path), method: route.method) { request, context in
            try await Route.$current.withValue(route) { try await handler(request, context) }
        }
    }
}

extension Request {
    /// The JSON body of a call of `route`, within its bound, and how many bytes it has.
    func body<Value: Decodable>(
        of route: Route, as type: Value.Type = Value.self
    ) async throws -> (value: Value, bytes: Int) {
        guard let most = route.bodyBytesMax else { preconditionFailure("\(route.name) takes no JSON") }
        return try await sizedJSON(type, bytesMax: most)
    }
}
