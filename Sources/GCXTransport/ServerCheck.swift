package import GCXModel
package import GCXSigning
import NIOCore
import NIOSSL
import Synchronization

/// A server that has proved to be the one that was asked for.
package struct ProvenServer: Equatable, Sendable {
    package let binding: Signed<EndpointBinding>
    /// Its certificate in DER: whoever shows it again and holds its key is the same server.
    package let certificate: [UInt8]
}

/// Judges the certificate that a server shows in one handshake. TLS itself sees to it that the server holds the key.
final class ServerCheck: Sendable {
    private let expectation: BindingExpectation
    private let now: UInt64
    private let found = Mutex<Result<ProvenServer, HandshakeError>?>(nil)

    /// - Parameter now: Unix seconds of the client's clock.
    init(_ expectation: BindingExpectation, at now: UInt64) {
        self.expectation = expectation
        self.now = now
    }

    /// What was found; nil before a certificate came.
    var result: Result<ProvenServer, HandshakeError>? { found.withLock { $0 } }

    func verify(_ chain: [NIOSSLCertificate], _ answer: EventLoopPromise<NIOSSLVerificationResult>) {
        let result = judge(chain.first)
        found.withLock { $0 = result }
        switch result {
        case .success: answer.succeed(.certificateVerified)
        case .failure: answer.succeed(.failed)
        }
    }

    private func judge(_ certificate: NIOSSLCertificate?) -> Result<ProvenServer, HandshakeError> {
        do throws(HandshakeError) {
            guard let bytes = try? certificate?.toDERBytes(),
                let key = try? certificate?.extractPublicKey().toSPKIBytes()
            else { throw .certificateUnreadable }
            let binding = try BindingExtension.read(bytes)
            try check(binding, ServerCertificate.publicKeyDigest(key))
            return .success(ProvenServer(binding: binding, certificate: bytes))
        } catch {
            return .failure(error)
        }
    }

    private func check(_ binding: Signed<EndpointBinding>, _ key: GCXModel.Digest) throws(HandshakeError) {
        do throws(BindingError) {
            try expectation.check(binding, at: now, publicKey: key)
        } catch {
            throw .refused(error)
        }
    }
}
