import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// What may change within a version of the wire, and what a peer of another age makes of it.
@Suite("The rules of the wire", .timeLimit(.minutes(1)))
struct WireRulesTests {
    let lease = SampleLease()

    private func onSocket(
        _ agent: ScriptedAgent, _ body: (AgentClient) async throws -> Void
    ) async throws {
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/s")) { client, _ in try await body(client) }
        }
    }

    @Test(
        "whatever is not there, or asked for wrongly, is answered by a problem document",
        arguments: [
            ("GET", "/v1/nothing", 404), ("GET", "/v2/jobs", 404), ("GET", "/", 404), ("DELETE", "/v1/jobs", 404),
            ("GET", "/v1/leases/0x12/job", 400), ("GET", "/v1/jobs?from=x", 400),
        ])
    func problems(_ method: String, _ path: String, _ status: Int) async throws {
        try await onSocket(ScriptedAgent(lease)) { client in
            let call = HTTPCall(method: .init(rawValue: method), path: path, isRepeatable: true)
            let answer = try await client.transport.answer(call, from: client.address)
            #expect(answer.status == status)
            #expect(answer.headers.first(name: "content-type") == "application/problem+json")
            let problem = try WireJSON.answer(ErrorEnvelope<RequestError>.self, from: answer.body)
            #expect(problem.type == "urn:gcx:problem:\(problem.code)")
            #expect(problem.status == status && problem.detail == problem.message)
            #expect(problem.instance == Untrusted(String(path.prefix { $0 != "?" })))
        }
    }

    @Test("a head that no server reads is a problem document too, and names no path")
    func unreadable() async throws {
        try await onSocket(ScriptedAgent(lease)) { client in
            let raw = try RawClient(client.endpoint)
            await raw.send("GET /v1/status HTTP/9.9\r\n\r\n")
            let answer = try #require(await raw.rest())
            #expect(answer.lowercased().contains("content-type: application/problem+json"))
            #expect(answer.contains("\"type\":\"urn:gcx:problem:") && !answer.contains("\"instance\""))
        }
    }

    @Test("a title says the kind, and a path that is too long is left out")
    func words() {
        #expect(ProblemWire.title("unknownLease") == "Unknown lease")
        #expect(ProblemWire.title("") == "")
        let longest = String(repeating: "a", count: ProblemWire.instanceBytesMax)
        #expect(ProblemWire.instance(longest) == Untrusted(longest))
        #expect(ProblemWire.instance(longest + "a") == nil)
    }

    @Test("an error of a server older than problem documents arrives as it always did")
    func olderServer() throws {
        let error = AgentError.unknownLease(lease.id)
        let json = """
            {"code":"unknownLease","error":{"unknownLease":{"_0":"\(lease.id)"}},"message":"m","remedy":{"kind":"refuse"}}
            """
        let envelope = try WireJSON.answer(ErrorEnvelope<AgentError>.self, from: Array(json.utf8))
        #expect(envelope.error == error && envelope.type == nil && envelope.status == nil)
    }

    @Test("a client older than problem documents finds what was always there")
    func olderClient() throws {
        struct Old: Decodable {
            var code: String
            var message: Untrusted
            var remedy: WireRemedy
            var error: AgentError
        }
        let error = AgentError.unknownLease(lease.id)
        let old = try WireJSON.answer(Old.self, from: WireJSON.encode(ErrorEnvelope(error, at: "/v1/jobs")))
        #expect(old.code == "unknownLease" && old.error == error)
        #expect(old.message == Untrusted(error.description) && old.remedy == WireRemedy(error.remedy))
    }

    @Test(
        "a member that a server does not know is refused in a body, and a parameter that it does not know is passed over"
    )
    func newerClient() async throws {
        let agent = ScriptedAgent(lease)
        try await onSocket(agent) { client in
            let body = Array(#"{"command":[],"environment":{},"imageFormat":"oci","colour":"red"}"#.utf8)
            let call = HTTPCall(method: .POST, path: "/v1/leases/\(lease.id)/job", body: body, isRepeatable: false)
            let refused = try await client.transport.answer(call, from: client.address)
            #expect(refused.status == 400)
            #expect(String(decoding: refused.body, as: UTF8.self).contains("colour"))
            let taken = try await client.transport.answer(.get("/v1/jobs?colour=red"), from: client.address)
            #expect(taken.status == 200)
        }
        #expect(agent.state.withLock { $0.submitted } == nil)
    }

    @Test("a member that a client does not know is passed over in an answer and in a problem")
    func newerServer() async throws {
        let status = String(decoding: try WireJSON.encode(lease.status()), as: UTF8.self)
        let newer = "[{\"colour\":\"red\"," + status.dropFirst() + "]"
        try await withEvilAgent { _, write in
            _ = write(EvilServer.answer(Array(newer.utf8)))
        } _: { client, _ in
            let jobs = try await client.jobs(by: .owner)
            #expect(jobs == [lease.status()])
        }
    }

    @Test("a problem that a client has never heard of is told in the server's words, with the server's remedy")
    func newerProblem() async throws {
        let problem = """
            {"code":"tooBlue","detail":"it is too blue","error":{"tooBlue":{"_0":3}},"message":"it is too blue",\
            "remedy":{"kind":"fix","instruction":"Paint it red."},"status":409,"title":"Too blue","type":"urn:gcx:problem:tooBlue"}
            """
        try await withEvilAgent { _, write in
            _ = write(
                EvilServer.head("409 Conflict", ["content-length": "\(problem.utf8.count)"]) + Array(problem.utf8))
        } _: { client, _ in
            let error = try await #require(throws: AgentError.self) { try await client.jobs(by: .owner) }
            guard case .newer(let code, let message, _) = error else { throw error }
            #expect(code == "tooBlue" && message == "it is too blue")
            #expect(error.remedy == .fix("Paint it red."))
        }
    }

    @Test("a journal with a kind of entry that a client has never heard of is no journal that it can judge")
    func newerEntry() throws {
        let posted = try PostedEntry(index: 0, postedAt: 1, previous: .zero, entry: .finalize(.zero))
        let page = String(decoding: try WireJSON.encode([posted]), as: UTF8.self)
        #expect(try WireJSON.answer([PostedEntry].self, from: Array(page.utf8)) == [posted])
        let newer = page.replacing("finalize", with: "blue")
        let error = #expect(throws: JSONError.self) {
            try WireJSON.answer([PostedEntry].self, from: Array(newer.utf8))
        }
        #expect(error?.description.contains("blue") == true)
    }

    @Test("a list of jobs is followed to its end, and one that turns back is refused")
    func jobPages() async throws {
        let agent = ScriptedAgent(lease)
        let first = lease.status(.running)
        var second = lease.status(.closed)
        second.lease = .random()
        agent.state.withLock {
            $0.jobPages = [
                nil: Page(items: [first], next: 9), 9: Page(items: [], next: 4),
                // The first one closed meanwhile.
                4: Page(items: [second, lease.status(.closed)], next: nil),
            ]
        }
        try await onSocket(agent) { client in
            let (newest, all) = (try await client.jobs(by: .owner), try await client.allJobs(by: .owner))
            #expect(newest == [first])
            #expect(all == [first, second])
            await #expect(throws: AgentError.self) { try await client.allJobs(by: .owner, most: 1) }
            agent.state.withLock { $0.jobPages?[4] = Page(items: [], next: 9) }
            await #expect(throws: AgentError.self) { try await client.allJobs(by: .owner) }
        }
    }

    @Test("pages of receipts and events say what to ask for next, until there is nothing more")
    func cursors() async throws {
        let agent = ScriptedAgent(lease)
        agent.state.withLock { $0.receipts = lease.receipts(3) }
        try await onSocket(agent) { client in
            let path = "/v1/leases/\(lease.id)/receipts"
            let page = try await client.transport.answer(.get(path), from: client.address)
            #expect(page.headers.first(name: "gcx-next") == "3")
            let end = try await client.transport.answer(.get("\(path)?after=3"), from: client.address)
            #expect(end.body == Array("[]".utf8) && end.headers.first(name: "gcx-next") == nil)
        }
    }
}
