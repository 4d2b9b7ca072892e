import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Sessions behind TLS: each is for the key of one client.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BoundSessionTests {
    private let site = SecureServing()
    /// What another process has: other keys. It lives as long as this one, as clients do.
    private static let thief = HTTPTransport()

    private func session(_ client: AgentClient) throws -> Caller {
        sign(
            try client.session(
                of: site.lease.payer.address, machine: site.key.address, at: WallClock.seconds(), seconds: 600))
    }

    private func sign(_ session: ApiSession) -> Caller {
        .session(Signed(session, by: site.lease.payer, in: site.lease.domain))
    }

    /// What is said to a call with a session.
    private func refusal(_ client: AgentClient, _ caller: Caller) async -> String? {
        do throws(AgentError) {
            _ = try await client.jobs(by: caller)
            return nil
        } catch {
            guard case .notAllowed(let why) = error else { return "another error: \(error.description)" }
            return why.shown
        }
    }

    @Test("a session is taken from the client that it was made for, on each of its connections")
    func own() async throws {
        var limits = ConnectionLimits()
        (limits.idle, limits.tick) = (.milliseconds(200), .milliseconds(50))
        try await site.serving(try await site.identity(), limits) { client, _ in
            let caller = try session(client)
            #expect(await refusal(client, caller) == nil)
            try await Task.sleep(for: .milliseconds(600))
            #expect(await refusal(client, caller) == nil)
        }
    }

    @Test("whoever finds a session cannot use it: with a key of his own, or where a key cannot be shown")
    func stolen() async throws {
        try await site.serving(try await site.identity()) { client, endpoint in
            let caller = try session(client)
            let thief = AgentClient(client.address, transport: Self.thief)
            #expect(await refusal(thief, caller)?.contains("and the client's own is") == true)
            #expect(await refusal(client, caller) == nil)
            try await withScratch { directory in
                let plain = Endpoint.unix(path: directory + "/s")
                try await withAgentServer(ScriptedAgent(site.lease), at: plain) { client, _ in
                    #expect(await refusal(client, caller)?.contains("nobody can show without TLS") == true)
                }
            }
        }
    }

    @Test(
        "whoever finds a session and shows no key at all cannot use it either",
        .enabled(if: ChildProcess.find("python3") != nil, "needs python3"))
    func keyless() async throws {
        try await site.serving(try await site.identity()) { client, endpoint in
            guard case .session(let session) = try session(client), case .secure(let place) = endpoint else { return }
            let folder = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
            let token = try SessionHeader.value(session)
            let text = try await Task.detached {
                try ChildProcess(
                    "python3", [folder + "/Fixtures/TLS/attack.py", "\(place.port)", "session", token]
                ).run()
            }.value
            #expect(text.hasPrefix("HTTP/1.1 403"), "\(text)")
        }
    }

    @Test(
        "a client of another language, written from the documents, is let in with a key of its own",
        .enabled(
            if: ["python3", "openssl"].allSatisfy { ChildProcess.find($0) != nil }, "needs python3 and openssl"))
    func python() async throws {
        let (agent, identity) = (ScriptedAgent(site.lease), try await site.identity())
        let server = try await RunningServer {
            try AgentServer(
                agent, at: [.secure(SecurePlace(host: "127.0.0.1", port: 0))], as: identity, logger: quiet,
                onListening: $0)
        }
        guard case .secure(let place) = server.endpoint else { return }
        let folder = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        try await server.during {
            try await withScratch { directory in
                let file = directory + "/account"
                try DurableFile.write(Hex.encode(site.lease.payer.exposedBytes).utf8, to: file, mode: 0o600)
                let words = [
                    folder + "/Fixtures/TLS/client.py", "127.0.0.1", "\(place.port)", "\(site.key.address)",
                    "\(WallClock.seconds())", file, "\(site.lease.domain.verifyingContract)",
                ]
                let outcome = try await Task.detached { try ChildProcess("python3", words).outcome() }.value
                #expect(outcome.text == "HTTP/1.1 200 OK\n", "\(outcome.text)\(outcome.errorLine)")
            }
        }
        guard case .session(let session)? = agent.state.withLock({ $0.callers.last }) else {
            Issue.record("nobody came with a session")
            return
        }
        try session.verify(signer: site.lease.payer.address, in: site.lease.domain)
        #expect(session.document.audience == site.key.address)
    }

    @Test("a session for a socket of the machine is worth nothing behind TLS, and neither is one for another server")
    func plain() async throws {
        let payer = site.lease.payer.address
        try await site.serving(try await site.identity()) { client, endpoint in
            let local = ApiSession(
                account: payer, session: payer, audience: site.key.address, issuedAt: WallClock.seconds(),
                expiresAt: WallClock.seconds() + 600)
            #expect(await refusal(client, sign(local))?.contains("and the client's own is") == true)
            let other = AgentClient(ServerAddress(endpoint, signer: .random()))
            let others = try session(other)
            #expect(await refusal(client, others)?.contains("and the client's own is") == true)
        }
    }

    @Test("who needs no session needs no key")
    func anybody() async throws {
        try await site.serving(try await site.identity()) { client, _ in
            _ = try await client.publicStatus()
            try await client.checkHealth()
        }
    }
}
