package import GCXModel

/// Where a server is, and who must answer there: all that a client has to know of it.
///
/// ```swift
/// let ledger = try ServerAddress("https://ledger.example.org:443#0x52908400098527886E0F7030069857D2E4169EE7")
/// ```
package struct ServerAddress: Hashable, Sendable {
    package let endpoint: Endpoint
    /// Whose key has bound the server's: a ledger's operator or a machine. Nil on this machine, where the kernel sees to it.
    package let signer: Address?

    /// An endpoint on this machine, or one whose signer is known from elsewhere.
    package init(_ endpoint: Endpoint, signer: Address? = nil) {
        self.endpoint = endpoint
        self.signer = signer
    }

    /// - Parameter text: what ``Endpoint`` takes; behind `https://HOST:PORT` stands `#` and the signer's address.
    /// - Throws: ``EndpointError``.
    package init(_ text: String) throws(EndpointError) {
        guard text.hasPrefix("https://") else {
            self.init(try Endpoint(text))
            return
        }
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = parts.first, let signer = parts.dropFirst().first else { throw .noSigner(text) }
        guard let address = Address(String(signer)), signer.hasPrefix("0x") else {
            throw .invalid(text, reason: "what stands behind # is no address of 0x and 40 digits")
        }
        self.init(try Endpoint(String(place)), signer: address)
    }
}

extension ServerAddress: CustomStringConvertible {
    /// The text that ``init(_:)-(String)`` takes.
    package var description: String { signer.map { "\(endpoint)#\($0)" } ?? "\(endpoint)" }
}
