import Crypto
import FoundationEssentials
package import GCXModel
package import NIOSSL
import SwiftASN1
import X509

/// A client's own TLS key, made for one server and kept in memory alone. A session that names it is of no use to whoever finds it.
package struct ClientKey: Sendable {
    /// What a session names the key by: the last 20 bytes of SHA-256 of its SubjectPublicKeyInfo.
    package let address: Address
    private let certificate: NIOSSLCertificate
    private let key: NIOSSLPrivateKey

    /// Makes a key and a certificate, of which nobody asks for names or dates.
    ///
    /// - Parameter now: Unix seconds.
    /// - Throws: nothing in practice.
    package init(at now: UInt64) throws {
        let made = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("gcx") }
        let end = now.saturatingSum(GCXModel.Limits.bindingSecondsMax)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(made.publicKey),
            notValidBefore: Date(timeIntervalSince1970: Double(now)),
            notValidAfter: Date(timeIntervalSince1970: Double(end)), issuer: name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
            },
            issuerPrivateKey: .init(made))
        var coder = DER.Serializer()
        try coder.serialize(certificate)
        self.certificate = try NIOSSLCertificate(bytes: coder.serializedBytes, format: .der)
        key = try NIOSSLPrivateKey(bytes: Array(made.pemRepresentation.utf8), format: .pem)
        address = try ShownCertificate(self.certificate).address
    }

    /// What a client of HTTP connects with: it shows this key and takes any certificate in the handshake; ``ServerJudge`` has the
    /// word after it.
    package var settings: TLSConfiguration {
        var settings = ServerJudge.settings
        settings.certificateChain = [.certificate(certificate)]
        settings.privateKey = .privateKey(key)
        return settings
    }
}

extension ShownCertificate {
    /// What a session names this key by.
    var address: Address { Address(checkedBytes: Array(publicKey.bytes.suffix(20))) }
}
