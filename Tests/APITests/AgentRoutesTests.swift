import GCXLinux
import GCXModel
import GCXSigning
import HTTPTypes
import NIOHTTP1
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct AgentRoutesTests {
    let lease = SampleLease()

    @Test("every call arrives with its arguments and comes back with its answer")
    func roundTrip() async throws {
        let agent = ScriptedAgent(lease, .init(receipts: lease.receipts(3)))
        try await onSocket(agent) { client, _ in
            #expect(try await client.status() == agent.status())
            let proposal = LeaseProposal(terms: lease.terms, payerSignature: lease.payer.sign(lease.id))
            let signed = try await client.propose(proposal)
            try signed.verify(in: lease.domain)
            let request = JobRequest(
                command: ["/bin/echo", "é\u{0}"], environment: ["A": "b"], imageFormat: .oci, wallSecondsMax: .max)
            #expect(try await client.submit(request, lease: lease.id, by: .owner) == lease.status(.starting))
            #expect(agent.state.withLock { $0.submitted } == request)
            #expect(try await client.jobs(by: .owner) == [lease.status()])
            #expect(try await client.job(lease.id, by: .owner) == lease.status())
            #expect(try await client.cancel(lease.id, by: .owner) == lease.status(.ending))
            let receipts = try await client.receipts(lease.id, after: 1, waitSeconds: 0, by: .owner)
            #expect(receipts == Array(lease.receiptsOf(agent).dropFirst()))
        }
    }

    @Test("an agent's error arrives as the same error, and with a fitting status")
    func errors() async throws {
        let agent = ScriptedAgent(lease)
        let errors: [(AgentError, status: Int)] = [
            (.notAllowed("no"), 403), (.grantExpired(at: 7), 403), (.unknownLease(lease.id), 404),
            (.wrongPhase(lease.id, phase: "open", wanted: "running"), 409),
            (.termsRefused("why", remedy: "do"), 422), (.escrowMissing(lease.id, "none"), 409),
            (.voucherRefused(lease.id, "low"), 422), (.imageRefused("bad", remedy: "good"), 422),
            (.badRequest("what"), 400), (.tooLarge("it", bytesMax: .max), 413), (.noRoom("full"), 507),
            (.sandbox("broke", remedy: "mend"), 500), (.storage("full"), 500), (.ledger("down", remedy: "up"), 502),
            (.unreachable("it"), 502), (.waitingForLedger("it"), 503), (.sessionRevoked(at: 7), 403),
            (.revocationRefused("why", remedy: "do"), 422),
        ]
        try await onSocket(agent) { client, _ in
            for (error, status) in errors {
                agent.state.withLock { $0.failure = error }
                await #expect(throws: error) { try await client.job(lease.id, by: .owner) }
                #expect(error.status.code == status, "\(error)")
            }
        }
        #expect(AgentError.unknownLease(lease.id).code == "unknownLease")
    }

    @Test("a caller without a session is the owner on a unix socket, and nobody on TCP")
    func authentication() async throws {
        let agent = ScriptedAgent(lease)
        let session = Caller.session(lease.apiSession)
        try await onSocket(agent) { client, _ in
            _ = try await client.jobs(by: .owner)
            _ = try await client.jobs(by: session)
        }
        #expect(agent.state.withLock { $0.callers } == [.owner, session])
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            _ = try await client.jobs(by: session)
            for call in refusedOnTCP(client) {
                let error = await #expect(throws: AgentError.self) { try await call() }
                guard case .notAllowed = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
        #expect(agent.state.withLock { $0.callers } == [.owner, session, session])
    }

    private func refusedOnTCP(_ client: AgentClient) -> [@Sendable () async throws -> Void] {
        let id = lease.id
        return [
            { _ = try await client.jobs(by: .owner) },
            { _ = try await client.job(id, by: .owner) },
            { _ = try await client.cancel(id, by: .owner) },
            { _ = try await client.submit(JobRequest(command: [], imageFormat: .oci), lease: id, by: .owner) },
            { _ = try await client.receipts(id, after: 0, waitSeconds: 0, by: .owner) },
            { _ = try await client.log(id, LogQuery(bytesMax: 1), by: .owner) },
            { _ = try await client.upload(.image, lease: id, file: "/proc/self/exe", by: .owner) },
            { _ = try await client.downloadOutput(id, to: "/tmp/gcx-never", by: .owner) },
        ]
    }

    @Test("a stranger's status names neither jobs nor problems")
    func strangersStatus() async throws {
        let agent = ScriptedAgent(lease)
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            let status = try await client.status()
            #expect(status.machine == lease.machine.address)
            #expect(status.jobs.isEmpty && status.problems.isEmpty && status.outboxPending == 0)
        }
    }

    @Test(
        "a session header that is not one is refused, even where the connection is trusted",
        arguments: ["", "Basic dTpw", "GCX-Session", "GCX-Session !!!", "GCX-Session e30=", "GCX-Session e30= e30="])
    func badSession(_ header: String) async throws {
        let agent = ScriptedAgent(lease)
        try await onSocket(agent) { client, _ in
            var call = HTTPCall.get("/v1/jobs")
            call.authorization = header
            let answer = try await client.transport.answer(call, from: client.address)
            #expect(answer.status == 403)
        }
        #expect(agent.state.withLock { $0.callers }.isEmpty)
    }

    @Test("a voucher for another lease, a broken body, an unknown path and a huge body never reach the agent")
    func badRequests() async throws {
        let agent = ScriptedAgent(lease)
        let voucher = Signed(
            Voucher(channel: .random(), cumulative: 1, receipt: .zero), by: lease.session, in: lease.domain)
        let path = "/v1/leases/\(lease.id)/vouchers"
        let cases: [(HTTPCall, UInt)] = [
            (HTTPCall(method: .POST, path: path, body: try WireJSON.encode(voucher), isRepeatable: false), 400),
            (HTTPCall(method: .POST, path: path, body: Array("{".utf8), isRepeatable: false), 400),
            (HTTPCall(method: .POST, path: path, body: Array("{}".utf8), isRepeatable: false), 400),
            (.get("/v1/leases/0x12/job"), 400),
            (.get("/v1/leases/\(lease.id)/receipts?after=-1"), 400),
            (.get("/v1/nothing"), 404),
            (HTTPCall(method: .POST, path: path, body: hugeBody, isRepeatable: false), 413),
        ]
        try await onSocket(agent) { client, _ in
            for (call, status) in cases {
                let answer = try await client.transport.answer(call, from: client.address)
                #expect(answer.status == status, "\(call.method) \(call.path)")
                let envelope = try WireJSON.answer(ErrorSummary.self, from: answer.body)
                #expect(!envelope.code.isEmpty && !envelope.message.isEmpty)
            }
        }
        #expect(agent.state.withLock { $0.vouchers }.isEmpty)
    }

    private var hugeBody: [UInt8] { [UInt8](repeating: 32, count: ServerLimits.documentBodyBytesMax + 1) }

    @Test("a call that waits ends promptly when the server stops, and the client may try again")
    func shutdownEndsLongPolls() async throws {
        let agent = ScriptedAgent(lease)
        try await withScratch { directory in
            let server = try await RunningServer {
                try AgentServer(agent, at: .unix(path: directory + "/s"), logger: quiet, onListening: $0)
            }
            let client = AgentClient(server.endpoint)
            async let page = client.receipts(lease.id, after: 0, waitSeconds: 30, by: .owner)
            while agent.state.withLock({ $0.callers.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            try await server.stop()
            #expect(try await page.isEmpty)
            // The call waits 30 s; a busy machine needs a part of that to stop a server.
            #expect(start.duration(to: .now) < .seconds(15))
            #expect(!Files.exists(directory + "/s"))
            await #expect(throws: AgentError.self) { try await client.status() }
        }
    }

    @Test("health is the agent's own")
    func health() async throws {
        let agent = ScriptedAgent(lease)
        try await onSocket(agent) { client, _ in
            let well = try await client.transport.answer(.get("/healthz"), from: client.address)
            #expect(well.status == 200)
            agent.state.withLock { $0.failure = .storage("gone") }
            let ill = try await client.transport.answer(.get("/healthz"), from: client.address)
            #expect(ill.status == 500)
        }
    }

    private func onSocket(
        _ agent: ScriptedAgent, _ body: (AgentClient, RunningServer) async throws -> Void
    ) async throws {
        try await withScratch { directory in
            try await withAgentServer(agent, at: .unix(path: directory + "/agent.sock"), body)
        }
    }
}

extension SampleLease {
    func receiptsOf(_ agent: ScriptedAgent) -> [Signed<Receipt>] { agent.state.withLock { $0.receipts } }
}
