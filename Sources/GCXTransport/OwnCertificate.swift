package import GCXModel
import NIOSSL

/// A certificate that an owner brings, of whatever authority. Clients of ours ask for the binding of its key and for nothing else.
package struct OwnCertificate: Equatable, Sendable {
    /// A file in PEM: the server's certificate first, then those that lead to its authority.
    package let certificate: String
    /// A file in PEM.
    package let key: String

    package init(certificate: String, key: String) {
        (self.certificate, self.key) = (certificate, key)
    }

    /// Reads both files, and sees that they belong together.
    func read() throws(OwnCertificateError) -> ([NIOSSLCertificate], NIOSSLPrivateKey) {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), let first = chain.first else {
            throw .noCertificate(certificate)
        }
        guard let secret = try? NIOSSLPrivateKey(file: key, format: .pem) else { throw .noKey(key) }
        let settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(first)], privateKey: .privateKey(secret))
        guard (try? NIOSSLContext(configuration: settings)) != nil else {
            throw .apart(certificate: certificate, key: key)
        }
        return (chain, secret)
    }
}

/// Why an owner's certificate cannot be shown.
package enum OwnCertificateError: RemediedError, Equatable {
    /// The file cannot be read, or holds no certificate in PEM.
    case noCertificate(String)
    /// The file cannot be read, or holds no key in PEM.
    case noKey(String)
    /// The key is not the certificate's.
    case apart(certificate: String, key: String)

    package var description: String {
        switch self {
        case .noCertificate(let path): "\(path) cannot be read, or holds no certificate in PEM"
        case .noKey(let path): "\(path) cannot be read, or holds no private key in PEM without a password"
        case .apart(let certificate, let key): "the key in \(key) is not the one of the certificate in \(certificate)"
        }
    }

    package var remedy: Remedy {
        .fix(
            "Let `certificate` name a file of PEM with the server's certificate first, and `certificate_key` the file of its "
                + "key, both readable by the server's user; or leave both empty, and the server makes its own.")
    }
}
