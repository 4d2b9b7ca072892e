import GCXModel
import GCXSigning
import GCXWire
import HTTPTypes

/// The description of the servers for programs that others write: `Config/openapi.json`, OpenAPI 3.1.
///
/// It is made of the routes and of the types that their bodies are read from, so it says what the servers do.
struct OpenAPI {
    private let reader = SchemaReader()
    private var paths: [String: JSONNode] = [:]
    private var relay: JSONNode = [:]

    /// The text of the file.
    static func text() throws -> String {
        // bounded: joins texts
        String(decoding: try WireJSON.readable(document()), as: UTF8.self) + "\n"
    }

    static func document() throws -> JSONNode {
        var document = OpenAPI()
        try document.add(AgentCalls.all, of: "agent")
        try document.add(LedgerCalls.all, of: "ledger")
        document.relay = try RelayCalls.node(document.reader)
        // No call has it as its body: it goes into a header.
        _ = try document.reader.schema(of: Signed<ApiSession>.self)
        return document.node
    }

    private var node: JSONNode {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "gcx", "version": "1", "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
                "description": .text(Self.rules),
            ],
            "servers": [
                [
                    "url": "http://{host}:{port}",
                    "description": "A loopback port. On a unix socket the calls are the same.",
                    "variables": ["host": ["default": "127.0.0.1"], "port": ["default": "7654"]],
                ]
            ],
            "tags": [
                ["name": "agent", "description": "A machine for rent: `agent.listen`."],
                ["name": "ledger", "description": "The market's book: `ledger.listen`."],
            ],
            "paths": .object(paths),
            "x-gcx-relay": relay,
            "x-eip712-domain": ["name": .text(EIP712Domain.name), "version": .text(EIP712Domain.version)],
            "components": [
                "schemas": .object(reader.components.merging(["Problem": Self.problem]) { $1 }),
                "responses": ["Problem": Self.problemResponse],
                "securitySchemes": ["session": Self.session],
            ],
        ]
    }

    private mutating func add(_ routes: [Route], of server: String) throws {
        for route in routes {
            let method = route.method.rawValue.lowercased()
            var tags: [JSONNode] = [.text(server)]
            // bounded here: dictionaries, and joins lists
            if case .list(let others)? = paths[route.path]?[method]?["tags"] { tags = others + tags }
            let operation = try operation(route).with(["tags": .list(tags)])
            paths[route.path] = (paths[route.path] ?? [:]).with([method: operation])
        }
    }

    private func operation(_ route: Route) throws -> JSONNode {
        var operation: [String: JSONNode] = [
            "operationId": .text(route.name), "summary": .text(route.summary), "responses": try responses(route),
        ]
        // bounded here: joins lists, and a dictionary
        let parameters = Self.variables(of: route.path) + route.query.map(Self.parameter)
        if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
        if let body = try body(route.body) { operation["requestBody"] = body }
        switch route.access {
        case .anybody: break
        case .signed: operation["description"] = "Nobody logs in: what is sent carries its signatures."
        case .ownerOrSession:
            // Without one the machine's owner may, at the unix socket.
            operation["security"] = [["session": []], [:]]
        }
        return .object(operation)
    }

    private func body(_ body: Route.Body) throws -> JSONNode? {
        switch body {
        case .none: nil
        case .json(let schema, let most):
            [
                "required": true,
                "description": .text("At most \(NumberText.count(most, "byte")); an unknown member is refused."),
                "content": ["application/json": ["schema": try schema(reader)]],
            ]
        case .tar:
            [
                "required": true, "description": "As long as `Content-Length` says, which has to be there.",
                "content": ["application/x-tar": [:]],
            ]
        }
    }

    private func responses(_ route: Route) throws -> JSONNode {
        let answer = route.answer
        let content = try answer.schema.map { schema in try JSONNode.object(["schema": schema(reader)]) } ?? [:]
        var success: [String: JSONNode] = [
            "description": "Done.", "content": .object([answer.contentType: content]),
        ]
        if !answer.headers.isEmpty {
            // bounded: a dictionary
            success["headers"] = .object(
                answer.headers.mapValues { ["description": .text($0), "schema": ["type": "string"]] })
        }
        var responses: [String: JSONNode] = ["200": .object(success), "4XX": Self.anyProblem, "5XX": Self.anyProblem]
        // bounded here: a dictionary
        if answer.mayBeEmpty { responses["204"] = ["description": "There is none."] }
        if answer.hasRanges {
            responses["206"] = .object(success.merging(["description": "What follows the offset."]) { $1 })
            responses["416"] = ["description": "The offset lies beyond the end."]
        }
        return .object(responses)
    }
}

extension OpenAPI {
    private static func variables(of path: String) -> [JSONNode] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            return ["name": .text(name), "in": "path", "required": true, "schema": variable(name)]
        }
    }

    private static func variable(_ name: String) -> JSONNode {
        switch name {
        case "address": .hexadecimal(bytes: 20)
        case "lease", "digest": .hexadecimal(bytes: 32)
        case "index": .integer(bits: 64)
        case "kind": ["type": "string", "enum": .texts(UploadKind.allCases.map(\.rawValue))]
        default: preconditionFailure("no path has a variable \(name)")
        }
    }

    private static func parameter(_ parameter: Route.Parameter) -> JSONNode {
        let node: JSONNode = [
            "name": .text(parameter.name), "in": "query", "schema": parameter.schema,
            "description": .text(parameter.text),
        ]
        return parameter.isRequired ? node.with(["required": true]) : node
    }

    private static let anyProblem: JSONNode = ["$ref": "#/components/responses/Problem"]

    private static let problemResponse: JSONNode = [
        "description": "Not done, and why.",
        "content": .object([ProblemWire.contentType: ["schema": .reference("Problem")]]),
        "headers": [
            "retry-after": [
                "description": "With 429 and 503: seconds after which the same call may succeed.",
                "schema": .integer(bits: 32),
            ]
        ],
    ]

    /// `ErrorEnvelope`, whatever error is inside.
    static let problem: JSONNode = [
        "type": "object", "description": "RFC 9457, with members of ours.",
        "required": ["type", "title", "status", "detail", "code", "message", "remedy", "error"],
        "properties": [
            "type": ["type": "string", "format": "uri", "description": "`urn:gcx:problem:` and the code."],
            "title": ["type": "string"], "status": .integer(bits: 16),
            "detail": ["type": "string", "description": "For people."],
            "instance": ["type": "string", "description": "The path that was asked for."],
            "code": ["type": "string", "description": "What programs compare. New ones come; see `status` for those."],
            "message": ["type": "string", "description": "The same as `detail`."],
            "remedy": [
                "type": "object", "required": ["kind"],
                "properties": [
                    "kind": ["type": "string", "enum": ["retry", "fix", "refuse"]],
                    "afterSeconds": ["type": "integer", "description": "With `retry`."],
                    "instruction": ["type": "string", "description": "With `fix`: what to do, for people."],
                ],
            ],
            "error": [
                "type": "object", "minProperties": 1, "maxProperties": 1,
                "description": "One member, named like the code, with the particulars.",
            ],
        ],
    ]

    private static let session: JSONNode = [
        "type": "apiKey", "in": "header", "name": "Authorization",
        "description": """
        `GCX-Session TOKEN`: base64 of the JSON of a `SignedApiSession`. Its `account` is the lease's payer, who signs it; its \
        `audience` is the machine; it lasts a day at most. Behind TLS its `session` is the last 20 bytes of SHA-256 of the \
        SubjectPublicKeyInfo in the certificate that the client shows in its handshake; elsewhere it is the `account`. The \
        account ends it with `revokeSessions`; its id there is its EIP-712 digest.
        """,
    ]

    private static let rules = """
        **Versions.** Within version 1 an answer may gain members and headers, and a call may gain parameters: pass over what you do not \
        know. A body may gain members that can be left out; a server refuses one that it does not know, so send it only where it is \
        known. Codes of problems and kinds of entries may be added, words for people said otherwise, and bounds moved. Nothing else \
        changes: what breaks this gets another version in the path.

        **Signing.** EIP-712, in the domain of `x-eip712-domain` with the `chainId` and `verifyingContract` of the ledger's identity; \
        `x-eip712` of a schema says its type. A document's id is its EIP-712 digest, and a lease's id that of its terms. A signature is r, \
        s and v (27 or 28).

        **Lists.** A page is a JSON array. `gcx-next` names the next page until there is none; it is opaque, and given back unchanged. A \
        page may be empty and the list go on.

        **Money.** Whole base units of the ledger. A receipt's `amount` is the sum of each usage times its rate, rounded down once: lease, \
        core and GPU nanoseconds at rates per hour, memory and storage byte-seconds at rates per GiB-hour, egress bytes at a rate per GiB. \
        Full use of some seconds costs that, and one unit more. Terms have `hourlyCap` >= full use of an hour, `burst` >= full use of \
        `receiptSeconds` and `creditLimit`, and a `deposit` of some receipts at least.

        **Logs.** A record is stream (4 bytes: 1 standard output, 2 standard error, 3 to 5 the sandbox's own), length (4), nanoseconds since \
        the boot (8), nanoseconds since 1970 (8), payload, check (8); numbers are little-endian. The head after a record is SHA-256 over \
        the head before it (at first 32 zero bytes), its first 24 bytes and its payload. The check is the first 8 bytes of the head, and a \
        receipt's `logDigest` the head of its moment.

        **Output.** A receipt's event `output sha256:HEX of N bytes` says what the tar has to be.
        """
}
