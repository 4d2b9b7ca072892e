import GCXWire

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
