import AsyncHTTPClient
import GCXLinux
import GCXModel
import GCXSigning
import GCXTransport
import GCXWire
import NIOCore
import NIOHTTP1
import Synchronization

// dictionaries: clients, keys

/// A client of one server behind TLS, and what a session names its key by.
struct SecureClient: Sendable {
    let client: HTTPClient
    let key: Address
}

/// Clients for servers behind TLS: one for each way to a server, so that a connection that was judged for one carries calls to no
/// other. All ways to one server show it the same key, so that a session is good on each of them.
///
/// They live as long as the process.
final class SecureClients: Sendable {
    private struct Known: Sendable {
        var clients: [ServerAddress: SecureClient] = [:]
        /// By whose server it is that they are shown to.
        var keys: [Address: ClientKey] = [:]
    }

    private let known = Mutex(Known())

    /// - Throws: ``TransportError/notSent(_:)`` when nobody is named who has to answer there.
    func client(for address: ServerAddress) throws(TransportError) -> SecureClient {
        guard let signer = address.signer else { throw .notSent("nobody said whose server has to answer there") }
        return try known.withLock { known throws(TransportError) in
            if let client = known.clients[address] { return client }
            guard known.clients.count < TransportLimits.serversMax else {
                throw .notSent("this process speaks to \(TransportLimits.serversMax) servers already")
            }
            guard let key = known.keys[signer] ?? (try? ClientKey(at: WallClock.seconds())) else {
                throw .notSent("no TLS key could be made")
            }
            let made = SecureClient(client: try Self.make(address, signer, key), key: key.address)
            (known.keys[signer], known.clients[address]) = (key, made)
            return made
        }
    }

    private static func make(
        _ address: ServerAddress, _ signer: Address, _ key: ClientKey
    ) throws(TransportError) -> HTTPClient {
        var configuration = HTTPTransport.configuration
        configuration.localAddress = try SourceAddress.required()
        if let relayed = address.relayed { configuration.dnsOverride = [relayed.name: relayed.place.host] }
        configuration.tlsConfiguration = ServerJudge.settings
        // Takes whoever answers, and so tells them nothing but that it asks.
        let asking = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let judge = ServerJudge(signer: signer, now: WallClock.seconds) { () async throws(HandshakeError) in
            try await binding(at: address, asking)
        }
        configuration.tlsConfiguration = key.settings
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(.recvAllocator, value: buffers).flatMap { judge.judge(channel) }
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// A connection over which much comes reads much at once.
    private static let buffers = AdaptiveRecvByteBufferAllocator(
        minimum: 2_048, initial: 4_096, maximum: ClientLimits.readBytesMax)

    /// What a server says of itself. It is judged on the connection that it is asked for.
    private static func binding(
        at address: ServerAddress, _ client: HTTPClient
    ) async throws(HandshakeError) -> Signed<EndpointBinding> {
        let call = HTTPCall.get("/v1/binding", answerBytesMax: TransportLimits.bindingBytesMax)
        let body: [UInt8]?
        do {
            let response = try await client.execute(call.request(to: address), timeout: TimeAmount(call.timeout))
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
