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
            let shown = try ShownCertificate(certificate)
            let binding = try BindingExtension.read(shown.bytes)
            try expectation.judge(binding, at: now, publicKey: shown.publicKey)
            return .success(ProvenServer(binding: binding, certificate: shown.bytes))
        } catch {
            return .failure(error)
        }
    }
}

/// A certificate that was shown in a handshake. TLS itself sees to it that whoever showed it holds its key.
struct ShownCertificate {
    /// In DER.
    let bytes: [UInt8]
    /// What a binding names its key by.
    let publicKey: GCXModel.Digest

    init(_ certificate: NIOSSLCertificate?) throws(HandshakeError) {
        guard let bytes = try? certificate?.toDERBytes(),
            let key = try? certificate?.extractPublicKey().toSPKIBytes()
        else { throw .certificateUnreadable }
        (self.bytes, publicKey) = (bytes, ServerCertificate.publicKeyDigest(key))
    }
}

extension BindingExpectation {
    func judge(
        _ binding: Signed<EndpointBinding>, at now: UInt64, publicKey: GCXModel.Digest
    ) throws(HandshakeError) {
        do throws(BindingError) {
            try check(binding, at: now, publicKey: publicKey)
        } catch {
            throw .refused(error)
        }
    }
}
