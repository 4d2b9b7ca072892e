import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// An agent behind TLS on a port of the loopback interface, and whose it is.
struct SecureServing: Sendable {
    let lease = SampleLease()
    let key = PrivateKey.generate()

    /// - Parameter seconds: how far the server's clock is from ours.
    func identity(_ own: OwnCertificate? = nil, clock seconds: Int64 = 0) async throws -> ServerIdentity {
        try await ServerIdentity(
            for: ServerPlaces(endpoints: ["https://127.0.0.1:443"]), by: MemoryCustody(key), protocols: ["http/1.1"],
            own: own, at: WallClock.seconds().advanced(by: Int(seconds)))
    }

    func serving(
        _ identity: ServerIdentity?, _ limits: ConnectionLimits = ConnectionLimits(), port: UInt16 = 0,
        _ body: (AgentClient, Endpoint) async throws -> Void
    ) async throws {
        let server = try await RunningServer {
            try AgentServer(
                ScriptedAgent(lease), at: [.secure(SecurePlace(host: "127.0.0.1", port: port))], as: identity,
                logger: quiet, onListening: $0
            ).limited(limits)
        }
        try await server.during {
            try await body(AgentClient(ServerAddress(server.endpoint, signer: key.address)), server.endpoint)
        }
    }

    /// What a call throws.
    func refusal(_ client: AgentClient) async -> AgentError? {
        do throws(AgentError) {
            try await client.checkHealth()
            return nil
        } catch {
            return error
        }
    }
}

extension SecureServing {
    /// Whether a call was refused because of who answers, in these words, with a remedy.
    func isRefused(_ client: AgentClient, because words: String) async -> Bool {
        guard case .notTrusted(let why, let remedy) = await refusal(client) else { return false }
        return why.shown.contains(words) && !remedy.isEmpty
    }
}
