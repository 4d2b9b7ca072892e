/// An image in a registry by its name: `docker://HOST[:PORT]/PATH[:TAG][@sha256:HEX]`.
///
/// The host is always written out, so that nobody's settings decide where an image comes from. A tag beside a digest is
/// dropped: the digest says more.
package struct RegistryReference: Hashable, Sendable, CustomStringConvertible {
    /// Lower case. No address of IPv6, which the grammar of image names does not know.
    package let host: String
    package let port: UInt16?
    package let path: String
    package let tag: String?
    /// 64 hexadecimal digits: what will run, whatever the registry says later.
    package let digest: String?

    package static let scheme = "docker://"

    /// Source: distribution/reference, the grammar of image names; `docker.io` stands for its other names.
    package init(_ text: String) throws(RegistryReferenceError) {
        func wrong(_ reason: String) -> RegistryReferenceError { RegistryReferenceError(text: text, reason: reason) }
        guard text.utf8.count <= Self.bytesMax else {
            throw wrong("it is longer than \(NumberText.count(Self.bytesMax, "byte"))")
        }
        guard text.hasPrefix(Self.scheme) else { throw wrong("it does not begin with \(Self.scheme)") }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let named = parts.first, let slash = named.firstIndex(of: "/") else {
            throw wrong("it has no HOST/PATH")
        }
        let (registry, rest) = (named.prefix(upTo: slash), named.suffix(from: slash).dropFirst())
        guard let place = Place(registry) else { throw wrong("`\(registry)` is no registry") }
        digest = parts.count == 2 ? parts.last.flatMap(Self.digest) : nil
        guard parts.count == 1 || digest != nil else { throw wrong("the digest is not sha256: and 64 digits") }
        let words = rest.split(separator: ":", omittingEmptySubsequences: false)
        let name = words.first ?? ""
        guard words.count <= 2, Self.isPath(name) else { throw wrong("`\(name)` is no name of an image") }
        let tag = words.dropFirst().first
        if let tag, !Self.isTag(tag) { throw wrong("`\(tag)` is no tag") }
        self.tag = digest == nil ? tag.map(String.init) : nil
        (host, port) = (place.host, place.port)
        path = place.host == Place.hub && !name.contains("/") ? "library/\(name)" : String(name)
    }

    private init(host: String, port: UInt16?, path: String, tag: String?, digest: String?) {
        (self.host, self.port, self.path, self.tag, self.digest) = (host, port, path, tag, digest)
    }

    /// The same name, pinned.
    package func pinned(to digest: String) -> Self {
        Self(host: host, port: port, path: path, tag: nil, digest: digest)
    }

    /// `HOST[:PORT]`.
    package var registry: String { port.map { "\(host):\($0)" } ?? host }

    package var description: String {
        "\(Self.scheme)\(registry)/\(path)" + (digest.map { "@sha256:\($0)" } ?? tag.map { ":\($0)" } ?? "")
    }

    /// Whether the registry is on this machine by its very name, so that nobody is between.
    package var isLoopback: Bool {
        if host == "localhost" { return true }
        // With a zero before it some read a number as octal: 0127 is 87 there.
        return IPv4Network("127.0.0.0/8").flatMap { network in IPv4Address(host).map(network.contains) } ?? false
    }

    /// The digits of `sha256:HEX`; nil when it is something else.
    package static func digest(_ text: some StringProtocol) -> String? {
        let hex = text.dropFirst("sha256:".count)
        guard text.hasPrefix("sha256:"), hex.utf8.count == 64 else { return nil }
        return hex.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } ? String(hex) : nil
    }

    /// Names of images are 255 bytes at most; host, tag (128) and digest come with them.
    package static let bytesMax = 600

    /// Components of lower-case letters and digits, between which `.`, `_`, `__` or hyphens stand.
    static func isPath(_ text: Substring) -> Bool {
        text.utf8.count <= 255
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
                let bytes = Array(component.utf8)
                guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
                    return false
                }
                return bytes.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) } && !component.contains("..")
            }
    }

    private static func isTag(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        let isWord: (UInt8) -> Bool = { isAlphanumeric($0) || (65...90).contains($0) || $0 == 95 }
        return bytes.count <= 128 && bytes.first.map(isWord) == true
            && bytes.allSatisfy { isWord($0) || "-.".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }

    /// `HOST[:PORT]`.
    struct Place {
        static let hub = "docker.io"

        var host: String
        var port: UInt16?

        init?(_ text: Substring) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard let name = parts.first?.lowercased() else { return nil }
            let labels = name.split(separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                !label.isEmpty && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == 45 }
            }
            // A single word is taken for a folder of Docker Hub by other tools, so it is none here.
            guard isName, labels.count > 1 || name == "localhost" || parts.count == 2 else { return nil }
            if parts.count == 2 {
                guard let port = parts.last.flatMap({ UInt16(digits: $0) }), port > 0 else { return nil }
                // The usual port is no other place; beside a single word it has to stand.
                self.port = port == 443 && (labels.count > 1 || name == "localhost") ? nil : port
            }
            guard parts.count <= 2 else { return nil }
            host = ["index.docker.io", "registry-1.docker.io"].contains(name) ? Self.hub : name
        }
    }
}

extension RegistryReference: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(text)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A text that is not the name of an image in a registry.
package struct RegistryReferenceError: RemediedError, Equatable {
    package let text: String
    package let reason: String

    package var description: String {
        "“\(PlainText.excerpt(text, charactersMax: 120))” names no image in a registry: \(reason)"
    }
    package var remedy: Remedy { .fix("Give docker://HOST[:PORT]/PATH:TAG or docker://HOST[:PORT]/PATH@sha256:HEX.") }
}
