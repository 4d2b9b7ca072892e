import AsyncHTTPClient
import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import GCXWire
import NIOCore
import NIOHTTP1
import Synchronization

// dictionaries: clients

/// A client of one server behind TLS, and what a session names its key by.
struct SecureClient: Sendable {
    let client: HTTPClient
    let key: Address
}

/// Clients for servers behind TLS: one for each server, so that a connection that was judged for one carries calls to no other.
///
/// They live as long as the process.
final class SecureClients: Sendable {
    private let clients = Mutex<[ServerAddress: SecureClient]>([:])
    /// Takes whoever answers, and so tells them nothing but that it asks.
    private let asking: HTTPClient

    init() {
        var configuration = HTTPTransport.configuration
        configuration.tlsConfiguration = ServerJudge.settings
        asking = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Throws: ``TransportError/notSent(_:)`` when nobody is named who has to answer there.
    func client(for address: ServerAddress) throws(TransportError) -> SecureClient {
        guard let signer = address.signer else { throw .notSent("nobody said whose server has to answer there") }
        return try clients.withLock { clients throws(TransportError) in
            if let known = clients[address] { return known }
            guard clients.count < TransportLimits.serversMax else {
                throw .notSent("this process speaks to \(TransportLimits.serversMax) servers already")
            }
            let made = try make(address.endpoint, signer)
            clients[address] = made
            return made
        }
    }

    private func make(_ endpoint: Endpoint, _ signer: Address) throws(TransportError) -> SecureClient {
        guard let key = try? ClientKey(at: WallClock.seconds()) else { throw .notSent("no TLS key could be made") }
        let judge = ServerJudge(signer: signer, now: WallClock.seconds) { [asking] () async throws(HandshakeError) in
            try await Self.binding(at: endpoint, asking)
        }
        var configuration = HTTPTransport.configuration
        configuration.tlsConfiguration = key.settings
        configuration.http1_1ConnectionDebugInitializer = judge.judge
        return SecureClient(
            client: HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration), key: key.address)
    }

    /// What a server says of itself. It is judged on the connection that it is asked for.
    private static func binding(
        at endpoint: Endpoint, _ client: HTTPClient
    ) async throws(HandshakeError) -> Signed<EndpointBinding> {
        let call = HTTPCall.get("/v1/binding", answerBytesMax: TransportLimits.bindingBytesMax)
        let body: [UInt8]?
        do {
            let response = try await client.execute(call.request(to: endpoint), timeout: TimeAmount(call.timeout))
            body =
                response.status == .ok
                ? try await HTTPTransport.read(
                    response.body, bytesMax: call.answerBytesMax, within: call.timeout) : nil
        } catch {
            throw .notReached(TransportError(error).detail)
        }
        guard let body else { throw .unbound }
        return try Signed<EndpointBinding>(said: body)
    }
}
