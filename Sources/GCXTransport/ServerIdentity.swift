package import GCXModel
package import GCXSigning
package import NIOCore
import NIOSSL
import Synchronization

/// The key that a server answers with now. A new one every half day: connections that are there go on with theirs.
package final class ServerIdentity: Sendable {
    private struct Current {
        let binding: Signed<EndpointBinding>
        let context: NIOSSLContext

        init(_ certificate: ServerCertificate, _ protocols: [String]) throws {
            binding = certificate.binding
            context = try NIOSSLContext(configuration: TLSSettings.server(certificate, protocols: protocols))
        }
    }

    private let current: Mutex<Current>
    private let next: @Sendable (_ now: UInt64, _ last: UInt64) async throws -> Current

    /// - Parameters:
    ///   - protocols: what is spoken inside, as ALPN names it, the best first: `http/1.1`, `h2`.
    ///   - own: the owner's own certificate, read anew at each renewal; nil for one that is made.
    ///   - now: Unix seconds.
    /// - Throws: `SigningError` of the custody, ``OwnCertificateError``.
    package init(
        for places: ServerPlaces, by custody: any KeyCustody, protocols: [String], own: OwnCertificate? = nil,
        at now: UInt64
    ) async throws {
        let make: @Sendable (UInt64, UInt64) async throws -> Current = { now, last in
            let certificate =
                if let own {
                    try await ServerCertificate.own(own, for: places, by: custody, at: now, after: last)
                } else {
                    try await ServerCertificate.make(for: places, by: custody, at: now, after: last)
                }
            return try Current(certificate, protocols)
        }
        current = Mutex(try await make(now, 0))
        next = make
    }

    /// One that shows what it is given, for good.
    init(showing certificate: ServerCertificate, protocols: [String]) throws {
        let only = try Current(certificate, protocols)
        next = { _, _ in only }
        current = Mutex(only)
    }

    /// What the next connection is answered with.
    package var binding: Signed<EndpointBinding> { current.withLock { $0.binding } }

    /// Makes a new key for the connections to come. When it throws, the old one stays.
    package func renew(at now: UInt64) async throws {
        let made = try await next(now, binding.document.sequence)
        current.withLock { $0 = made }
    }

    /// Renews when it is time, until the task is cancelled. The clock is looked at every minute, for it may be set, and a machine may
    /// sleep.
    ///
    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - onFailure: told what the custody threw; the old key stays, and the renewal is tried again a minute later.
    package func keepRenewed(now: @Sendable () -> UInt64, onFailure: @Sendable (any Error) -> Void) async {
        while (try? await Task.sleep(for: TransportLimits.renewLook)) != nil {
            let time = now()
            guard isDue(at: time) else { continue }
            do { try await renew(at: time) } catch { onFailure(error) }
        }
    }

    /// Whether the key is half a day old, or the clock stands before its beginning.
    func isDue(at now: UInt64) -> Bool {
        let (age, isAhead) = now.subtractingReportingOverflow(binding.document.notBefore)
        return isAhead || age >= TransportLimits.renewAfterSeconds
    }

    /// Encrypts a connection that was accepted and has read nothing yet.
    ///
    /// - Parameters:
    ///   - onEnd: how the handshake ended, with what a session names the client's key by; nil when it showed none. After a failure
    ///     the connection is closed.
    package func encrypt(
        _ channel: any Channel, deadline: Duration = TransportLimits.handshakeTimeout,
        onEnd: @escaping (Result<Address?, HandshakeError>) -> Void
    ) throws {
        let context = current.withLock { $0.context }
        let tls = NIOSSLServerHandler(
            context: context, customVerificationCallback: { $1.succeed(.certificateVerified) })
        let gate = HandshakeGate(deadline: deadline) { [unowned tls] result in
            onEnd(result.map { _ in (try? ShownCertificate(tls.peerCertificate))?.address })
        }
        try channel.pipeline.syncOperations.addHandlers([tls, gate])
    }
}
