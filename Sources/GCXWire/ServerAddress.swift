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
    /// Whether a relay is there, which passes on to the signer's machine and is nobody that has to be trusted.
    package let isRelayed: Bool

    /// An endpoint on this machine, or one whose signer is known from elsewhere.
    package init(_ endpoint: Endpoint, signer: Address? = nil) { self.init(endpoint, signer, isRelayed: false) }

    private init(_ endpoint: Endpoint, _ signer: Address?, isRelayed: Bool) {
        (self.endpoint, self.signer, self.isRelayed) = (endpoint, signer, isRelayed)
    }

    /// A machine behind a relay.
    package init(relay: SecurePlace, machine: Address) {
        self.init(.secure(relay), machine, isRelayed: true)
    }

    /// What stands before a relay's place in an offer.
    package static let relayScheme = "relay://"

    /// A place as a machine's offer names it: what ``Endpoint`` takes, or `relay://HOST:PORT`.
    ///
    /// - Throws: ``EndpointError``.
    package init(told place: Untrusted, by machine: Address) throws(EndpointError) {
        let text = place.raw(for: .reading)
        if text.hasPrefix(Self.relayScheme) {
            self = try ServerAddress("\(text)#\(machine)")
        } else {
            let endpoint = try Endpoint(text)
            // Behind TLS the machine's key has to have bound whoever answers.
            self.init(endpoint, signer: endpoint.isSecure ? machine : nil)
        }
    }

    /// - Parameter text: what ``Endpoint`` takes; behind `https://HOST:PORT` and `relay://HOST:PORT` stands `#` and the signer's
    ///   address.
    /// - Throws: ``EndpointError``.
    package init(_ text: String) throws(EndpointError) {
        if text.hasPrefix(Self.relayScheme) {
            let direct = try ServerAddress("https://\(text.dropFirst(Self.relayScheme.count))")
            self.init(direct.endpoint, direct.signer, isRelayed: true)
            return
        }
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
    package var description: String { signer.map { "\(place)#\($0)" } ?? place }

    /// Without the signer.
    private var place: String {
        guard isRelayed, case .secure(let place) = endpoint else { return "\(endpoint)" }
        return "\(Self.relayScheme)\(place)"
    }
}
