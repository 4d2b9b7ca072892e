package import GCXModel

/// The name under which a relay finds a machine: the forty digits of its address in lower case, which fit a DNS label.
package struct MachineName: Hashable, Sendable, CustomStringConvertible {
    package let address: Address

    package init(_ address: Address) { self.address = address }

    /// From a server name: the first label counts, so that an owner of a domain may let `*.relay.example` point to a relay.
    package init?(serverName: String) {
        let label = serverName.prefix { $0 != "." }
        guard label.utf8.count == Self.digits, let address = Address(String(label)) else { return nil }
        self.address = address
    }

    package var description: String { Hex.encodeBare(address.bytes) }

    private static let digits = 2 * Address.length
}
