import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import HTTPTypes
import NIOHTTP1
import Support
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// A request that a server does not even hand on, or does, and what comes back.
struct GuardedCall: Sendable, CustomTestStringConvertible {
    let method: HTTPMethod
    let path: String
    let body: [UInt8]
    let status: UInt
    /// The name of the error's case; nil where it does not matter.
    let code: String?

    var testDescription: String {
        "\(method) \(path) \(PlainText.excerpt(String(decoding: body.prefix(40), as: UTF8.self))) -> \(status)"
    }

    init(_ method: HTTPMethod, _ path: String, _ status: UInt, _ code: String? = nil, _ body: [UInt8] = []) {
        (self.method, self.path, self.body, self.status, self.code) = (method, path, body, status, code)
    }
}

@Suite("What a server does not hand on", .timeLimit(.minutes(2))) struct RouteGuardTests {
    static let lease = SampleLease()
    private static let path: String = "/v1/leases/\(lease.id)"

    /// Texts that are no document of any route.
    private static let noDocuments: [String] = [
        "", " ", "null", "[]", "1", "\"a\"", "{", "{}", "{}{}", "{\"a\":1,\"a\":1}", "\u{FEFF}{}", "{\"terms\":null}",
        String(repeating: "{\"a\":", count: 65), String(repeating: "[", count: 1_000), "\u{0}", "{\"\u{1}\":1}",
        "a=b&c=d",
    ]

    private static let posts: [String] = ["/v1/leases", "\(path)/vouchers", "\(path)/job"]

    private static func blanks(_ count: Int) -> [UInt8] { [UInt8](repeating: 32, count: count) }

    /// A job, with spaces behind it up to so many bytes.
    private static func job(_ bytes: Int) -> [UInt8] {
        let job = (try? WireJSON.encode(JobRequest(command: ["a"], imageFormat: .oci))) ?? []
        return job + blanks(bytes - job.count)
    }

    static let agentCalls: [GuardedCall] = [queries, paths, bodies].flatMap { $0 }

    private static let queries: [GuardedCall] = [
        GuardedCall(.GET, "\(path)/receipts?after=18446744073709551615&wait=0", 200),
        GuardedCall(.GET, "\(path)/receipts?after=18446744073709551616", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=1&after=1", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=1.0", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=-0", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=%2B1", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=0x1", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?wait=-1", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?wait=99999999999999999999", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=%00", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?after=%1B%5B2J", 400, "malformed"),
        GuardedCall(.GET, "\(path)/receipts?unknown=1", 200),
        GuardedCall(
            .GET, "\(path)/log?from=18446744073709551615&max=18446744073709551615&tail=18446744073709551615", 200),
        GuardedCall(.GET, "\(path)/log?max=0", 200), GuardedCall(.GET, "\(path)/log?stream=", 400, "malformed"),
        GuardedCall(.GET, "\(path)/log?stream=STDOUT", 400, "malformed"),
        GuardedCall(.GET, "\(path)/log?job=-1", 400, "malformed"),
    ]

    private static let paths: [GuardedCall] = [
        GuardedCall(.GET, "/", 404, "noSuchRoute"), GuardedCall(.GET, "/v1", 404, "noSuchRoute"),
        GuardedCall(.GET, "/v2/status", 404, "noSuchRoute"), GuardedCall(.GET, "/v1/status/more", 404, "noSuchRoute"),
        GuardedCall(.GET, "/V1/status", 404, "noSuchRoute"), GuardedCall(.GET, "/v1/../v1/status", 404, "noSuchRoute"),
        GuardedCall(.GET, "/v1/leases/\(Digest.random().description.dropLast())/job", 400, "malformed"),
        GuardedCall(.GET, "/v1/leases/\(Digest.random())ab/job", 400, "malformed"),
        GuardedCall(.GET, "/v1/leases/%1B%5B2J/job", 400, "malformed"),
        GuardedCall(.GET, "/v1/leases//job", 404),
        GuardedCall(.GET, "/v1/leases/\(Digest.random())/job", 404, "unknownLease"),
        GuardedCall(.PUT, "/v1/leases", 404, nil, [0x7B, 0x7D]), GuardedCall(.DELETE, "\(path)/job", 404),
        GuardedCall(.GET, "/v1/leases", 404),
        GuardedCall(.POST, "/v1/status", 404, nil, [0x7B, 0x7D]),
        GuardedCall(.PATCH, "\(path)/job", 404, nil, [0x7B, 0x7D]),
        GuardedCall(.OPTIONS, "/v1/leases", 404),
    ]

    private static var bodies: [GuardedCall] {
        var calls: [GuardedCall] = []
        for path in posts {
            calls += noDocuments.map { text in GuardedCall(.POST, path, 400, "malformed", Array(text.utf8)) }
        }
        let limits: [(path: String, most: Int, status: UInt)] = [
            (posts[0], ServerLimits.proposalBodyBytesMax, 400), (posts[1], ServerLimits.voucherBodyBytesMax, 400),
            (posts[2], ServerLimits.documentBodyBytesMax, 200),
        ]
        for (path, most, status) in limits {
            calls.append(GuardedCall(.POST, path, status, nil, job(most)))
            calls.append(GuardedCall(.POST, path, 413, "bodyTooLarge", job(most + 1)))
        }
        return calls
    }

    @Test("an agent's server takes what a route is for, to the byte, and answers all else with what is wrong")
    func agent() async throws {
        let agent = ScriptedAgent(Self.lease)
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/s")) { client, server in
                for call in Self.agentCalls { try await check(call, client.transport, server.endpoint) }
            }
        }
        #expect(agent.state.withLock { $0.vouchers.isEmpty })
    }

    static let ledgerCalls: [GuardedCall] = {
        let digest = Digest.random()
        var calls: [GuardedCall] = [
            GuardedCall(.GET, "/v1/entries?limit=-1", 200), GuardedCall(.GET, "/v1/entries?limit=0", 200),
            GuardedCall(.GET, "/v1/entries?limit=9223372036854775807", 200),
            GuardedCall(.GET, "/v1/entries?limit=-9223372036854775808", 200),
            GuardedCall(.GET, "/v1/entries?limit=9223372036854775808", 400, "malformed"),
            GuardedCall(.GET, "/v1/entries?from=18446744073709551615", 200),
            GuardedCall(.GET, "/v1/entries?from=-1", 400, "malformed"),
            GuardedCall(.GET, "/v1/entries/18446744073709551615", 404, "unknownEntry"),
            GuardedCall(.GET, "/v1/entries/-1", 400, "malformed"),
            GuardedCall(.GET, "/v1/entries/%2B0", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers?live=maybe", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers?live=1", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers?live=true&from=18446744073709551615", 200),
            GuardedCall(.GET, "/v1/offers/\(digest)/free?from=1", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers/\(digest)/free?from=1&until=1", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers/\(digest)/free?from=2&until=1", 400, "malformed"),
            GuardedCall(.GET, "/v1/offers/\(digest)/free?from=0&until=18446744073709551615", 404, "unknownOffer"),
            GuardedCall(.GET, "/v1/proofs/inclusion?index=0", 400, "malformed"),
            GuardedCall(.GET, "/v1/proofs/inclusion?index=18446744073709551615&treeSize=18446744073709551615", 404),
            GuardedCall(.GET, "/v1/proofs/consistency?from=18446744073709551615&to=0", 404),
            GuardedCall(.GET, "/v1/accounts/0x12", 400, "malformed"),
            GuardedCall(.GET, "/v1/accounts/\(digest)", 400, "malformed"),
            GuardedCall(.GET, "/v1/accounts/\(Address.random())", 200),
            GuardedCall(.GET, "/v1/leases/\(digest)", 404, "leaseUnknown"),
            GuardedCall(.GET, "/v1/parties/\(Address.zero)/ratings?from=18446744073709551615", 200),
            GuardedCall(.DELETE, "/v1/entries/0", 404), GuardedCall(.PUT, "/v1/entries", 404, nil, [0x7B, 0x7D]),
        ]
        let limits: [(path: String, most: Int)] = [
            ("/v1/signs", ServerLimits.signBodyBytesMax), ("/v1/entries", WireLimits.entryBodyBytesMax),
        ]
        for (path, most) in limits {
            calls.append(GuardedCall(.POST, path, 400, "malformed", blanks(most)))
            calls.append(GuardedCall(.POST, path, 413, "bodyTooLarge", blanks(most + 1)))
            calls += noDocuments.map { text in GuardedCall(.POST, path, 400, "malformed", Array(text.utf8)) }
        }
        return calls
    }()

    @Test("a ledger's server does the same, and answers numbers at the ends of what there is")
    func ledger() async throws {
        let world = try TestWorld()
        try await withScratch { directory in
            let ledger = try SQLiteLedger(
                path: directory + "/l", operatorKey: world.operator, isTestNetwork: true, founding: TestWorld.founding,
                now: { world.clock.now })
            _ = try await ledger.post(.faucet(world.faucet(world.buyer.address, 1)))
            try await withLedgerServer(ledger, at: .unix(path: directory + "/s")) { client, server in
                for call in Self.ledgerCalls { try await check(call, .shared, server.endpoint) }
                #expect(try await client.entries(from: 0, limit: 10).count == 1)
            }
        }
    }

    private func check(_ call: GuardedCall, _ transport: HTTPTransport, _ endpoint: Endpoint) async throws {
        let answer = try await transport.answer(
            HTTPCall(method: call.method, path: call.path, body: call.body, isRepeatable: false),
            from: ServerAddress(endpoint))
        let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
        #expect(answer.status == call.status, "\(call.testDescription): \(answer.status) \(text)")
        guard answer.status >= 400 else { return }
        let envelope = try WireJSON.answer(ErrorSummary.self, from: answer.body)
        #expect(call.code == nil || envelope.code == call.code, "\(call.testDescription): \(text)")
        #expect(
            !envelope.message.isEmpty && envelope.message.refusal == nil && envelope.message.byteCount < 600, "\(text)")
    }

    @Test(
        "what a document is called does not matter, and neither does what nobody asked about",
        arguments: ["application/json", "text/plain", "application/x-www-form-urlencoded", "", "a/b; charset=utf-16"])
    func contentType(_ type: String) async throws {
        let agent = ScriptedAgent(Self.lease)
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/s")) { _, server in
                let body = String(decoding: Self.job(200), as: UTF8.self)
                let raw = try RawClient(server.endpoint)
                await raw.send(
                    "POST \(Self.path)/job HTTP/1.1\r\nHost: a\r\nContent-Type: \(type)\r\nX-Other: \(type)\r\n"
                        + "Content-Length: 200\r\nConnection: close\r\n\r\n\(body)")
                #expect(await raw.rest()?.hasPrefix("HTTP/1.1 200 ") == true)
            }
        }
        #expect(agent.state.withLock { $0.submitted?.command } == ["a"])
    }
}
