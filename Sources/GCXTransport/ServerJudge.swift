package import GCXModel
package import GCXSigning
package import NIOCore
package import NIOSSL
import Synchronization

/// Judges whoever answers in one server's place, on each connection anew and before anything is said there.
package final class ServerJudge: Sendable {
    /// Brings the binding of a server that shows its owner's own certificate: whatever answers there says, unchecked.
    package typealias Asking = @Sendable () async throws(HandshakeError) -> Signed<EndpointBinding>

    private struct Memory {
        /// The largest sequence seen.
        var newest: UInt64 = 0
        /// The binding that was asked for last.
        var asked: Signed<EndpointBinding>?
    }

    private let signer: Address
    private let now: @Sendable () -> UInt64
    private let ask: Asking
    private let memory = Mutex(Memory())

    /// - Parameters:
    ///   - signer: whose server it has to be.
    ///   - now: Unix seconds of this machine's clock.
    package init(signer: Address, now: @escaping @Sendable () -> UInt64, ask: @escaping Asking) {
        (self.signer, self.now, self.ask) = (signer, now, ask)
    }

    /// What a client of HTTP connects with: any certificate is taken in the handshake, and ``judge(_:)`` has the word after it.
    package static var settings: TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv13
        settings.certificateVerification = .none
        return settings
    }

    /// Fails with a ``HandshakeError``, and closes the connection, unless the server is there.
    ///
    /// - Parameter channel: its handshake is done, and nothing was sent.
    /// - Complexity: one signature is recovered; the binding is asked for when the certificate carries none and none is known.
    package func judge(_ channel: any Channel) -> EventLoopFuture<Void> {
        let judged = channel.nioSSL_peerCertificate().flatMap { certificate in
            channel.eventLoop.makeFutureWithTask { [self] in try await judge(certificate) }
        }
        judged.whenFailure { _ in channel.close(promise: nil) }
        return judged
    }

    private func judge(_ certificate: NIOSSLCertificate?) async throws(HandshakeError) {
        let shown = try ShownCertificate(certificate)
        let binding = try await binding(of: shown)
        let newest = memory.withLock { $0.newest }
        try BindingExpectation(signer: signer, newestSeen: newest)
            .judge(binding, at: now(), publicKey: shown.publicKey)
        memory.withLock { $0.newest = max($0.newest, binding.document.sequence) }
    }

    private func binding(of shown: ShownCertificate) async throws(HandshakeError) -> Signed<EndpointBinding> {
        do {
            return try BindingExtension.read(shown.bytes)
        } catch .unbound {
            return try await asked(for: shown)
        }
    }

    private func asked(for shown: ShownCertificate) async throws(HandshakeError) -> Signed<EndpointBinding> {
        let (known, time) = (memory.withLock { $0.asked }, now())
        if let known, known.document.publicKey == shown.publicKey, time <= known.document.notAfter { return known }
        let found = try await ask()
        memory.withLock { $0.asked = found }
        return found
    }
}
