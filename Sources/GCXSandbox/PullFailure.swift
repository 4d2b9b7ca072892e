import GCXLinux
import GCXModel

/// Why a registry did not give an image out, as far as skopeo tells. Only the first is tried again.
package enum PullFailure: String, Equatable, Codable, Sendable {
    /// The network or the registry failed: a name, a connection, an answer in the 500s, too many requests.
    case network
    /// There is no such image, or a layer of it is gone.
    case missing
    /// The registry wants other credentials, or any.
    case unauthorized
    /// The owner's containers-policy.json does not let it through, or cannot be read.
    case rejected
    /// The bytes are not those of the digest.
    case damaged
    /// The registry speaks no TLS, or not with a certificate that this machine trusts.
    case insecure
    /// Something on this machine forbids the connection.
    case blocked

    /// What skopeo writes on standard error, by what is in it. The first that fits wins.
    ///
    /// Source: skopeo 1.9 and containers/image 5.23, as seen; what is not known counts as the network's.
    private static let signs: [(String, PullFailure)] = [
        ("source image rejected", .rejected), ("trust policy", .rejected),
        ("digest did not match", .damaged), ("does not match", .damaged),
        ("http response to https client", .insecure), ("x509", .insecure), ("tls:", .insecure),
        ("connect: operation not permitted", .blocked), ("connect: permission denied", .blocked),
        ("toomanyrequests", .network), ("unauthorized", .unauthorized), ("authentication required", .unauthorized),
        ("invalid username/password", .unauthorized), ("access to the resource is denied", .unauthorized),
        ("403 (forbidden)", .unauthorized), ("getting username and password", .unauthorized),
        ("manifest unknown", .missing),
        ("name unknown", .missing), ("404 (not found)", .missing),
    ]

    init(saying words: String) {
        let words = words.lowercased()
        self = Self.signs.first { words.contains($0.0) }?.1 ?? .network
    }

    var remedy: Remedy {
        switch self {
        case .network: .retry(after: .seconds(30))
        case .missing: .fix("Check the name and the digest: the registry does not have it, or not all of it.")
        case .unauthorized:
            .fix("Ask the owner to put credentials that may read it into image.auth_file, or upload the image.")
        case .rejected: .fix("Sign the image as the owner's image.policy_file asks, or ask the owner about that file.")
        case .damaged: .fix("Push the image again; the registry's copy is damaged or was changed.")
        case .insecure:
            .fix("Give the registry a certificate that is trusted, or ask the owner for image.insecure_registries.")
        case .blocked:
            .fix("Ask the owner to let the unit of gcx-helper reach the registry (IPAddressAllow= in a drop-in).")
        }
    }

    /// The last thing skopeo said, without its decoration and without what stands behind a `?` in addresses, where
    /// registries put signatures that open a blob for whoever has them.
    static func reason(_ words: String) -> String {
        var text = words.split(separator: "msg=\"").last.map(String.init) ?? words
        if text.last == "\"" { text.removeLast() }
        text = text.replacing("\\\"", with: "`").replacing("\\n", with: " ").replacing("\\t", with: " ")
        let shown = text.split(separator: " ").map { word in
            guard word.contains("://"), let mark = word.firstIndex(of: "?") else { return String(word) }
            // bounded: up to a place that was found in the text
            return word[..<mark] + "?…" + word.suffix(while: { $0 == "`" || $0 == ":" })
        }
        return String(shown.joined(separator: " ").prefix(SandboxLimits.pullReasonBytesMax))
    }
}

extension Substring {
    /// The longest end of it whose characters all fit.
    fileprivate func suffix(while fits: (Character) -> Bool) -> Substring {
        // bounded: a place that was found in the text
        self[(lastIndex { !fits($0) }.map { index(after: $0) } ?? startIndex)...]
    }
}
