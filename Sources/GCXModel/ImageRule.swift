/// Images that an owner means: `*`, `HOST[:PORT][/PATH]`, either with `@sha256:HEX` behind it, or `sha256:HEX` alone.
///
/// A path stands for itself and everything below it, never for a name that only begins alike.
package struct ImageRule: Hashable, Sendable, CustomStringConvertible {
    /// Nil is any registry.
    private let host: String?
    private let port: UInt16?
    private let path: String
    /// 64 hexadecimal digits; nil is any image.
    package let digest: String?

    /// Nil when the text is no rule.
    package init?(_ text: String) {
        if let digest = RegistryReference.digest(text) {
            (host, port, path, self.digest) = (nil, nil, "", digest)
            return
        }
        guard !text.hasPrefix("sha256:") else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        digest = parts.count == 2 ? parts.last.flatMap(RegistryReference.digest) : nil
        guard let named = parts.first, parts.count == 1 || (parts.count == 2 && digest != nil) else { return nil }
        if named == "*" {
            (host, port, path) = (nil, nil, "")
            return
        }
        let slash = named.firstIndex(of: "/") ?? named.endIndex
        guard let place = RegistryReference.Place(named.prefix(upTo: slash)) else { return nil }
        (host, port) = (place.host, place.port)
        path = String(named.suffix(from: slash).drop { $0 == "/" })
        guard path.isEmpty ? slash == named.endIndex : RegistryReference.isPath(path[...]) else { return nil }
    }

    /// Whether the rule is about this image when it may be pulled: a registry without a port is the usual port only.
    package func allows(_ image: RegistryReference) -> Bool { covers(image) && (host == nil || port == image.port) }

    /// Whether the rule is about this image when it may not: a registry without a port is every port.
    package func denies(_ image: RegistryReference) -> Bool {
        covers(image) && (port == nil || port == image.port)
    }

    /// Whether the rule forbids a digest wherever it comes from.
    package func denies(digest: String) -> Bool { host == nil && self.digest == digest }

    private func covers(_ image: RegistryReference) -> Bool {
        (host ?? image.host) == image.host && (digest ?? image.digest) == image.digest
            && (path.isEmpty || image.path == path || image.path.hasPrefix(path + "/"))
    }

    package var description: String {
        guard let host else { return digest.map { "sha256:\($0)" } ?? "*" }
        // bounded here: joins texts
        return host + (port.map { ":\($0)" } ?? "") + (path.isEmpty ? "" : "/\(path)")
            + (digest.map { "@sha256:\($0)" } ?? "")
    }
}
