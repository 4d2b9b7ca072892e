import GCXModel
import GCXWire

extension ServerAddress {
    /// As that of its endpoint. A relay is dialled by the name of the machine behind it, which it reads in the TLS handshake.
    var urlBase: String {
        guard let relayed else { return endpoint.urlBase }
        return "https://\(relayed.name):\(relayed.place.port)"
    }

    /// The machine's name at a relay, and where that name leads; nil where the server is dialled itself.
    var relayed: (name: String, place: SecurePlace)? {
        guard isRelayed, let signer, case .secure(let place) = endpoint else { return nil }
        return (Hex.encodeBare(signer.bytes), place)
    }
}

extension Endpoint {
    /// What stands before the path in a request's URL; in that of a socket the file's path takes the place of the host.
    var urlBase: String {
        switch self {
        case .unix(let path): "http+unix://\(Self.percentEncoded(path))"
        case .loopback, .secure: description
        }
    }

    /// Every byte but RFC 3986's unreserved ones as `%XX`.
    static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || "-._~".unicodeScalars.contains(scalar)
                ? String(Character(scalar)) : "%" + hexadecimal(byte)
        }.joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}
