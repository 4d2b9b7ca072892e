import NIOSSL

/// What TLS is to both ends: version 1.3, and a protocol that both name.
enum TLSSettings {
    static func server(_ certificate: ServerCertificate, protocols: [String]) -> TLSConfiguration {
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.chain.map { .certificate($0) }, privateKey: .privateKey(certificate.key))
        settings.minimumTLSVersion = .tlsv13
        settings.applicationProtocols = protocols
        // A client may show a key, which its session then has to name; who it is nobody asks here.
        settings.certificateVerification = .optionalVerification
        // By default it would look for the machine's roots, of which it may have none.
        settings.trustRoots = .certificates([])
        return settings
    }

    /// The verification is the caller's: no root is trusted.
    static func client(protocols: [String]) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv13
        settings.applicationProtocols = protocols
        settings.certificateVerification = .noHostnameVerification
        settings.trustRoots = .certificates([])
        return settings
    }
}
