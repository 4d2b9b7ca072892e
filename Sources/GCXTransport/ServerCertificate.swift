import Crypto
import FoundationEssentials
package import GCXModel
package import GCXSigning
import NIOSSL
import SwiftASN1
import X509

/// For whom a server answers, and where it can be reached.
package struct ServerPlaces: Equatable, Sendable {
    /// Where it answers itself: `https://HOST:PORT`.
    package var endpoints: [Untrusted]
    /// Relays that pass bytes to it.
    package var relays: [Untrusted]

    package init(endpoints: [Untrusted], relays: [Untrusted] = []) {
        self.endpoints = endpoints
        self.relays = relays
    }
}

/// A TLS key that was just made, its certificate, and the word of the machine or the operator that this key is theirs.
package struct ServerCertificate: Sendable {
    package let binding: Signed<EndpointBinding>
    /// The server's first, then those that lead to an authority.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// The certificate in DER.
    package let bytes: [UInt8]

    /// Makes a key, has it bound, and writes the certificate.
    ///
    /// - Parameters:
    ///   - custody: the machine's key, or the operator's.
    ///   - now: Unix seconds.
    ///   - last: the sequence of the binding before it; 0 for the first.
    /// - Throws: `SigningError` of the custody; nothing else in practice.
    package static func make(
        for places: ServerPlaces, by custody: some KeyCustody, at now: UInt64, after last: UInt64
    ) async throws -> ServerCertificate {
        let key = P256.Signing.PrivateKey()
        let document = EndpointBinding(
            subject: custody.address, publicKey: publicKeyDigest(Array(key.publicKey.derRepresentation)),
            endpoints: places.endpoints, relays: places.relays, at: now, after: last)
        return try ServerCertificate(key, try await Signed(document, by: custody, in: .standalone))
    }

    init(_ key: P256.Signing.PrivateKey, _ binding: Signed<EndpointBinding>) throws {
        self.binding = binding
        var coder = DER.Serializer()
        try coder.serialize(try Self.certificate(for: key, binding))
        bytes = coder.serializedBytes
        chain = [try NIOSSLCertificate(bytes: bytes, format: .der)]
        self.key = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
    }

    /// Has the key in an owner's files bound. Their certificate carries no binding, so clients ask for it (`GET /v1/binding`).
    ///
    /// - Throws: ``OwnCertificateError``, and `SigningError` of the custody.
    package static func own(
        _ files: OwnCertificate, for places: ServerPlaces, by custody: some KeyCustody, at now: UInt64,
        after last: UInt64
    ) async throws -> ServerCertificate {
        let (chain, key) = try files.read()
        let shown = try ShownCertificate(chain.first)
        let document = EndpointBinding(
            subject: custody.address, publicKey: shown.publicKey, endpoints: places.endpoints, relays: places.relays,
            at: now, after: last)
        return ServerCertificate(
            binding: try await Signed(document, by: custody, in: .standalone), chain: chain, key: key,
            bytes: shown.bytes)
    }

    init(binding: Signed<EndpointBinding>, chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, bytes: [UInt8]) {
        (self.binding, self.chain, self.key, self.bytes) = (binding, chain, key, bytes)
    }

    /// What a binding names a key by.
    static func publicKeyDigest(_ subjectPublicKeyInfo: [UInt8]) -> GCXModel.Digest {
        GCXModel.Digest(checkedBytes: Array(SHA256.hash(data: subjectPublicKeyInfo)))
    }

    /// One that it signs itself. Nobody asks for its names; a certificate must have some.
    private static func certificate(
        for key: P256.Signing.PrivateKey, _ binding: Signed<EndpointBinding>
    ) throws -> Certificate {
        let name = try DistinguishedName { CommonName("gcx") }
        let document = binding.document
        let end = document.notAfter.saturatingSum(TransportLimits.certificateBeyondBindingSeconds)
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: Double(document.notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(end)), issuer: name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                try BindingExtension.make(binding)
            },
            issuerPrivateKey: .init(key))
    }
}
