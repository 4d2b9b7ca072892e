import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Servers behind TLS, reached with nothing but an address.
@Suite(.serialized, .timeLimit(.minutes(3))) struct SecureServerTests {
    private let site = SecureServing()
    private var key: PrivateKey { site.key }

    private func identity() async throws -> ServerIdentity { try await site.identity() }

    private func serving(
        _ identity: ServerIdentity?, _ limits: ConnectionLimits = ConnectionLimits(),
        _ body: (AgentClient, Endpoint) async throws -> Void
    ) async throws { try await site.serving(identity, limits, body) }

    @Test("whoever knows the machine's key calls its agent, and is its owner for nobody")
    func call() async throws {
        try await serving(try await identity()) { client, _ in
            try await client.checkHealth()
            await #expect(throws: AgentError.self) { try await client.jobs(by: .owner) }
        }
    }

    @Test(
        "a server of another machine is refused before anything is said to it, and so is one that nobody is named for")
    func wrongSigner() async throws {
        try await serving(try await identity()) { _, endpoint in
            let other = PrivateKey.generate().address
            let wrong = AgentClient(ServerAddress(endpoint, signer: other))
            let words = "speaks for \(key.address.checksummed), not for \(other.checksummed)"
            #expect(await site.isRefused(wrong, because: words))
            let nobody = await site.refusal(AgentClient(ServerAddress(endpoint)))
            #expect(nobody?.description.contains("nobody said whose server") == true)
        }
    }

    @Test("when the server's key is renewed, the next connection finds the new one by itself")
    func renewal() async throws {
        var limits = ConnectionLimits()
        (limits.idle, limits.tick) = (.milliseconds(200), .milliseconds(50))
        let identity = try await identity()
        try await serving(identity, limits) { client, _ in
            for _ in 0..<3 {
                try await client.checkHealth()
                try await identity.renew(at: WallClock.seconds())
                try await Task.sleep(for: .milliseconds(600))
            }
            try await client.checkHealth()
        }
    }

    @Test("what comes in plain gets no answer in plain")
    func plain() async throws {
        try await serving(try await identity()) { client, endpoint in
            let plain = try RawClient(endpoint)
            await plain.send("GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await plain.rest()?.contains("HTTP/") == false)
            try await client.checkHealth()
        }
    }

    @Test("handshakes that do not go on are bounded for each peer, and end")
    func halfOpen() async throws {
        var limits = ConnectionLimits()
        (limits.halfOpenPerPeerMax, limits.handshake) = (8, .seconds(1))
        try await serving(try await identity(), limits) { client, endpoint in
            let crowd = try (0..<40).map { _ in try RawClient(endpoint) }
            await RawClient.send("\u{16}\u{3}\u{1}", to: crowd)
            try await Task.sleep(for: .milliseconds(500))
            #expect(crowd.filter { $0.isClosed }.count == 32)
            try await Task.sleep(for: .seconds(1))
            #expect(crowd.filter { !$0.isClosed }.isEmpty)
            try await client.checkHealth()
        }
    }

    private enum Tools {
        static let lacks = ["python3"].first { ChildProcess.find($0) == nil }
    }

    /// What the attack of a fixture printed: the first line of the answer, and the bytes that went out.
    private func attack(_ kind: String, _ endpoint: Endpoint) async throws -> (answer: String, sent: Int) {
        guard case .secure(let place) = endpoint else { return ("", 0) }
        let folder = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let text = try await Task.detached {
            try ChildProcess("python3", [folder + "/Fixtures/TLS/attack.py", "\(place.port)", kind]).run()
        }.value
        let words = text.split(separator: "\n").joined().split(separator: " ")
        return (words.dropLast().joined(separator: " "), words.last.flatMap { Int($0) } ?? 0)
    }

    @Test(
        "a body of 100 MB is refused long before it is there, and another caller is served",
        .enabled(if: Tools.lacks == nil, "needs python3"))
    func largeBody() async throws {
        try await serving(try await identity()) { client, endpoint in
            async let attack = attack("body", endpoint)
            for _ in 0..<10 { try await client.checkHealth() }
            let (answer, sent) = try await attack
            #expect(answer.hasPrefix("HTTP/1.1 413") || answer == "closed", "\(answer)")
            #expect(sent < 32 << 20, "\(sent)")
        }
    }

    @Test("a head that drips behind TLS is ended", .enabled(if: Tools.lacks == nil, "needs python3"))
    func drippingHead() async throws {
        var limits = ConnectionLimits()
        (limits.head, limits.firstByte, limits.tick) = (.seconds(1), .seconds(1), .milliseconds(50))
        try await serving(try await identity(), limits) { client, endpoint in
            let (answer, _) = try await attack("drip", endpoint)
            #expect(answer.hasPrefix("HTTP/1.1 408") || answer == "closed", "\(answer)")
            try await client.checkHealth()
        }
    }

    @Test("an agent answers at several places at once, each with its own rule")
    func severalPlaces() async throws {
        try await withScratch { directory in
            let (places, announce) = AsyncStream<Endpoint>.makeStream()
            let identity = try await identity()
            let server = try await RunningServer { ready in
                try AgentServer(
                    ScriptedAgent(site.lease),
                    at: [.unix(path: directory + "/s"), .secure(SecurePlace(host: "127.0.0.1", port: 0))], as: identity,
                    logger: quiet
                ) {
                    announce.yield($0)
                    await ready($0)
                }
            }
            try await server.during {
                var found: [Endpoint] = []
                for await place in places {
                    found.append(place)
                    if found.count == 2 { break }
                }
                for place in found {
                    try await AgentClient(ServerAddress(place, signer: place.isSecure ? key.address : nil))
                        .checkHealth()
                }
            }
        }
    }

    @Test("a server behind TLS without an identity does not listen")
    func noIdentity() async throws {
        let error = await #expect(throws: ServingError.self) { try await serving(nil) { _, _ in } }
        #expect(error?.description.contains("nobody's key") == true)
    }

    @Test("a peer is an IPv4 address or the first half of an IPv6 address, and the loopback interface is one")
    func peers() {
        #expect(Peer.of([192, 0, 2, 1]) == .address([192, 0, 2, 1]))
        #expect(Peer.of([127, 9, 9, 9]) == .loopback)
        let half: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 7]
        #expect(Peer.of(half + [1, 2, 3, 4, 5, 6, 7, 8]) == .address(half))
        #expect(Peer.of([UInt8](repeating: 0, count: 15) + [1]) == .loopback)
        let mapped = [UInt8](repeating: 0, count: 10) + [255, 255]
        #expect(Peer.of(mapped + [192, 0, 2, 1]) == .address([192, 0, 2, 1]))
        #expect(Peer.of(mapped + [127, 0, 0, 1]) == .loopback)
        #expect(!Peer.address([192, 0, 2, 1]).isOwner)
    }
}
