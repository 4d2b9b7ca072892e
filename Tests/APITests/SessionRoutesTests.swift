import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import HTTPTypes
import NIOHTTP1
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

@Suite("Sessions over HTTP", .timeLimit(.minutes(2)))
struct SessionRoutesTests {
    private let lease = SampleLease()
    private var session: Caller { .session(lease.apiSession) }

    private func revocation() -> Signed<SessionRevocation> {
        Signed(
            SessionRevocation(account: lease.payer.address, audience: lease.machine.address, at: 1_800_000_000),
            by: lease.payer, in: lease.domain)
    }

    private func use(_ number: UInt8) -> SessionUse {
        SessionUse(
            id: Digest(checkedBytes: [UInt8](repeating: number, count: Digest.length)),
            session: lease.apiSession.document, firstUsedAt: 1, places: [SessionPlace(from: "a", usedAt: 2)])
    }

    @Test("the sessions of an account come in pages, and a list without an end is refused")
    func pages() async throws {
        let agent = ScriptedAgent(lease)
        agent.state.withLock {
            $0.sessions = [
                nil: Page(items: [use(1), use(2)], next: 7), 7: Page(items: [use(2), use(3)], next: nil),
            ]
        }
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            let all = try await client.allSessions(by: session)
            #expect(all.map(\.id) == [1, 2, 3].map { use($0).id })
            agent.state.withLock { $0.sessions[7] = Page(items: [], next: 7) }
            await #expect(throws: AgentError.self) { _ = try await client.allSessions(by: session) }
            // Nobody's.
            await #expect(throws: AgentError.self) { _ = try await client.sessions(from: nil, by: .owner) }
        }
    }

    @Test("whoever revokes needs no session for it: a thief may have it")
    func revoke() async throws {
        let agent = ScriptedAgent(lease)
        agent.state.withLock { $0.revokedAt = 5 }
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            let revoked = try await client.revoke(revocation())
            #expect(revoked.seen == 1)
            #expect(agent.state.withLock { $0.revocations } == [revocation()])
        }
    }

    @Test("a revoked session is refused by every call that takes one, with a problem that says what to do")
    func refused() async throws {
        let agent = ScriptedAgent(lease)
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            _ = try await client.jobs(by: session)
            agent.state.withLock { $0.revokedAt = 1_800_000_000 }
            let (token, id) = (try SessionHeader.value(lease.apiSession), lease.id)
            for route in AgentCalls.all where route.access == .ownerOrSession {
                let path = route.path.replacing("{lease}", with: "\(id)").replacing("{kind}", with: "image")
                var call = HTTPCall(
                    method: .init(rawValue: route.method.rawValue), path: path, body: [], isRepeatable: true)
                call.authorization = token
                let answer = try await HTTPTransport.shared.answer(call, from: client.address)
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 403, "\(route.name): \(text)")
                #expect(text.contains(#""type":"urn:gcx:problem:sessionRevoked""#), "\(route.name): \(text)")
                #expect(text.contains("Sign a new session"), "\(route.name): \(text)")
            }
            await #expect(throws: AgentError.sessionRevoked(at: 1_800_000_000)) { try await client.jobs(by: session) }
        }
    }

    @Test("an output that is being fetched with a session ends when that is revoked")
    func stream() async throws {
        try await withScratch { directory in
            let agent = ScriptedAgent(lease)
            // More than the kernel and both ends hold on the way.
            try DurableFile.write([UInt8](repeating: 7, count: 64 << 20), to: directory + "/output")
            agent.state.withLock { $0.output = directory + "/output" }
            try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, server in
                let raw = try RawClient(server.endpoint, receiveBuffer: 64 << 10)
                await raw.send(
                    "GET /v1/leases/\(lease.id)/output HTTP/1.1\r\nhost: a\r\nauthorization: "
                        + "\(try SessionHeader.value(lease.apiSession))\r\n\r\n")
                let first = await raw.some(within: 30_000)
                #expect(first.hasPrefix("HTTP/1.1 200"), "\(first.prefix(200))")
                agent.state.withLock { $0.revokedAt = 5 }
                let rest = try #require(await raw.rest(), "the connection stays open")
                #expect(rest.utf8.count < 32 << 20, "\(rest.utf8.count) bytes came all the same")
            }
        }
    }

    @Test("an upload on its way with a session ends when that is revoked, and nothing of it is taken")
    func upload() async throws {
        try await withScratch { directory in
            let agent = ScriptedAgent(lease)
            agent.state.withLock { $0.uploadPath = directory + "/image" }
            try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, server in
                let raw = try RawClient(server.endpoint)
                await raw.send(
                    "PUT /v1/leases/\(lease.id)/uploads/image HTTP/1.1\r\nhost: a\r\ncontent-length: 2000\r\nauthorization: "
                        + "\(try SessionHeader.value(lease.apiSession))\r\n\r\n" + String(repeating: "a", count: 1_000))
                while agent.state.withLock({ $0.uploads.begun }) == 0 { try await Task.sleep(for: .milliseconds(5)) }
                agent.state.withLock { $0.revokedAt = 5 }
                await raw.send(String(repeating: "b", count: 1_000))
                let answer = await raw.some(within: 30_000)
                #expect(answer.hasPrefix("HTTP/1.1 403") && answer.contains("sessionRevoked"), "\(answer)")
                #expect(agent.state.withLock { $0.uploads.whole }.isEmpty)
            }
        }
    }

    @Test("a session is noted with where its holder is")
    func places() async throws {
        let agent = ScriptedAgent(lease)
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { client, _ in
            _ = try await client.jobs(by: session)
        }
        #expect(agent.state.withLock { $0.admitted } == ["the machine itself"])
        #expect(Peer.user(1_000).place == "user 1000 of the machine")
        #expect(Peer.of([203, 0, 113, 7]).place == "203.0.113.7")
        let six = Peer.of([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0xa1] + [UInt8](repeating: 9, count: 8))
        #expect(six.place == "2001:db8:0:a1::/64")
    }
}
