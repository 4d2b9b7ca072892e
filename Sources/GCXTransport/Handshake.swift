package import GCXSigning
package import NIOCore
import NIOPosix
import NIOSSL

/// One handshake with a server, to learn who answers there; then the connection is closed.
package enum Handshake {
    /// Puts TLS in front of a connection that is being dialled; nothing is sent inside before the server has proved who it is.
    ///
    /// - Parameter onFailure: told why the connection is closed, on its event loop.
    package static func encrypt(
        _ channel: any Channel, as expectation: BindingExpectation, protocols: [String], at now: UInt64,
        onFailure: @escaping (HandshakeError) -> Void
    ) throws {
        let check = ServerCheck(expectation, at: now)
        try encrypt(channel, check, protocols) { result in
            do throws(HandshakeError) { _ = try proven(check, result) } catch { onFailure(error) }
        }
    }

    private static func encrypt(
        _ channel: any Channel, _ check: ServerCheck, _ protocols: [String],
        onEnd: @escaping (Result<String, HandshakeError>) -> Void
    ) throws {
        let settings = try NIOSSLContext(configuration: TLSSettings.client(protocols: protocols))
        let tls = try NIOSSLClientHandler(
            context: settings, serverHostname: nil, customVerificationCallback: check.verify)
        let gate = HandshakeGate(deadline: TransportLimits.handshakeTimeout, onEnd: onEnd)
        try channel.pipeline.syncOperations.addHandlers([tls, gate])
    }

    /// - Parameters:
    ///   - host: a name or an address, without brackets.
    ///   - now: Unix seconds of this machine's clock.
    /// - Returns: the server, once it has proved to hold the key that `expectation`'s signer bound.
    /// - Complexity: one connection, two round trips.
    package static func prove(
        host: String, port: UInt16, as expectation: BindingExpectation, protocols: [String] = ["http/1.1"],
        at now: UInt64
    ) async throws(HandshakeError) -> ProvenServer {
        let check = ServerCheck(expectation, at: now)
        let group = MultiThreadedEventLoopGroup.singleton
        let ended = group.any().makePromise(of: Result<String, HandshakeError>.self)
        do {
            let channel = try await ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(TransportLimits.connectTimeout))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try encrypt(channel, check, protocols) { ended.succeed($0) }
                    }
                }
                // bounded: 16 bits
                .connect(host: host, port: Int(port)).get()
            let result = try await ended.futureResult.get()
            channel.close(promise: nil)
            return try proven(check, result)
        } catch let error as HandshakeError {
            throw error
        } catch {
            ended.succeed(.failure(.closed))
            throw .notReached(ConnectionWords.text(error))
        }
    }

    /// What the certificate told counts for more than that the handshake ended for it.
    private static func proven(
        _ check: ServerCheck, _ result: Result<String, HandshakeError>
    ) throws(HandshakeError) -> ProvenServer {
        guard let server = try check.result?.get() else {
            _ = try result.get()
            throw .certificateUnreadable
        }
        _ = try result.get()
        return server
    }
}
