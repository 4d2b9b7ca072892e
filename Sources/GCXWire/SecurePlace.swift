import GCXModel
import Glibc

/// A host and a port that are spoken to through TLS 1.3, on this machine or any other.
package struct SecurePlace: Hashable, Sendable {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    package let host: String
    /// Port 0 lets the kernel choose one; only a server can use that.
    package let port: UInt16

    /// - Parameter host: one that a text of a place may hold, without brackets.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// - Parameter text: `HOST:PORT`; an IPv6 address stands in brackets.
    /// - Throws: the reason why it is none.
    init(_ text: Substring) throws(Flaw) {
        guard let colon = text.lastIndex(of: ":"), text.last != "]" else { throw Flaw("it names no port") }
        // bounded here: places that were found in the text
        let (name, digits) = (text[..<colon], text[text.index(after: colon)...])
        guard let host = Self.host(name) else {
            throw Flaw("“\(PlainText.excerpt(String(name)))” is no name and no address of a host")
        }
        guard let port = UInt16(digits: digits), port > 0 else {
            throw Flaw("“\(PlainText.excerpt(String(digits)))” is no port from 1 to 65535")
        }
        self.init(host: host, port: port)
    }

    /// Why a text is none.
    struct Flaw: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    private static func host(_ text: Substring) -> String? {
        if text.first == "[", text.last == "]" { return address(String(text.dropFirst().dropLast())) }
        return isName(text) ? String(text) : nil
    }

    /// The one spelling of an IPv6 address.
    private static func address(_ text: String) -> String? {
        guard !text.utf8.contains(0) else { return nil }
        var bytes = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        // bounded: a constant of the C library, 46
        var spelling = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // bounded: the same constant
        guard unsafe inet_ntop(AF_INET6, &bytes, &spelling, socklen_t(INET6_ADDRSTRLEN)) != nil else { return nil }
        return String(decoding: spelling.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// RFC 1123: labels of letters, digits and hyphens. What ends in a number has to be an IPv4 address.
    private static func isName(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= WireLimits.hostBytesMax, let last = labels.last else { return false }
        if last.utf8.allSatisfy({ (48...57).contains($0) }) { return IPv4Address(String(text)) != nil }
        return labels.allSatisfy { label in
            (1...WireLimits.hostLabelBytesMax).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    // bounded here: ranges of constants
                    byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                }
        }
    }
}

extension SecurePlace: CustomStringConvertible {
    /// `HOST:PORT`, as it stands behind `https://`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
