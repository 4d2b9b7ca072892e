import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import Support
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Servers that show what they no longer are, or tell the time wrong, as a client of ours meets them.
@Suite(.serialized, .timeLimit(.minutes(2))) struct OldBindingTests {
    private let site = SecureServing()

    @Test("yesterday's binding is refused, and the remedy names the clocks")
    func yesterday() async throws {
        try await site.serving(try await site.identity(clock: -90_000)) { client, _ in
            #expect(await site.isRefused(client, because: "the server's binding ended"))
            #expect(await site.refusal(client).map { "\($0.remedy)".contains("clock") } == true)
        }
    }

    @Test("a server whose clock is an hour fast is refused with the difference; one that is an hour slow is not")
    func clocks() async throws {
        try await site.serving(try await site.identity(clock: 3_600)) { client, _ in
            #expect(await site.isRefused(client, because: "the server's binding begins 5"))
        }
        try await site.serving(try await site.identity(clock: -3_600)) { client, _ in try await client.checkHealth() }
    }

    @Test("an older binding of today is refused by whoever has seen a newer one, and its key is of no use")
    func olderOfToday() async throws {
        var found: Endpoint?
        try await site.serving(try await site.identity()) { client, endpoint in
            try await client.checkHealth()
            found = endpoint
        }
        guard case .secure(let place) = try #require(found) else { return }
        try await site.serving(try await site.identity(clock: -600), port: place.port) { client, _ in
            #expect(await site.isRefused(client, because: "somebody shows an old one"))
        }
    }

    @Test("a post to a ledger of another operator is not sent, and is known not to be")
    func ledger() async throws {
        let ledger = ScriptedLedger(.closeWindowNotOver(.zero, closesAt: 9))
        let identity = try await site.identity()
        let server = try await RunningServer {
            LedgerServer(
                ledger, at: [.secure(SecurePlace(host: "127.0.0.1", port: 0))], as: identity, logger: quiet,
                onListening: $0)
        }
        try await server.during {
            let other = HTTPLedger(ServerAddress(server.endpoint, signer: .random()))
            let error = await #expect(throws: LedgerError.self) { try await other.post(.finalize(.zero)) }
            #expect(error?.description.contains("is not the ledger that was asked for") == true)
            #expect(error?.isOfLedger == true)
            #expect(ledger.posts.withLock { $0 } == 0)
        }
    }
}
