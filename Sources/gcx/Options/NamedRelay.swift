import ArgumentParser
import GCXModel
import GCXRelay
import GCXWire

/// A relay, and whose it has to be: `HOST:PORT#0xRELAY`.
struct NamedRelay: Equatable {
    let address: RelayAddress
    let signer: Address

    /// - Throws: `EndpointError` for a text of another form.
    init(_ text: String) throws {
        let named = try ServerAddress("https://\(text)")
        guard case .secure(let place) = named.endpoint, let signer = named.signer else {
            throw RelayError.addressMalformed(text)
        }
        (address, self.signer) = (try RelayAddress("\(place)"), signer)
    }
}

extension NamedRelay: ExpressibleByArgument {
    init?(argument: String) { try? self.init(argument) }
}

extension NamedRelay: Formed {
    static var form: String { "a relay as HOST:PORT#0x…, with the address of its key" }
}
