import FoundationEssentials
package import GCXModel
package import GCXSigning

/// How a caller says who it is: `Authorization: GCX-Session <base64 of the JSON of a signed ApiSession>`.
///
/// The agent checks the signature inside; this only carries it.
package enum SessionHeader {
    package static let scheme = "GCX-Session"

    package static func value(_ session: Signed<ApiSession>) throws -> String {
        "\(scheme) \(Data(try WireJSON.encode(session)).base64EncodedString())"
    }

    /// - Throws: ``AgentError/notAllowed(_:)`` for another scheme, a token that is too long or not a signed session.
    package static func parse(_ value: String) throws(AgentError) -> Signed<ApiSession> {
        // bounded here: two words, counted first
        let words = value.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, words[0] == scheme else {
            throw .notAllowed("the Authorization header is not `\(scheme)` and a token")
        }
        guard words[1].utf8.count <= WireLimits.sessionTokenBytesMax, let json = Data(base64Encoded: String(words[1]))
        else {
            throw .notAllowed(
                "the session token is not base64 of at most \(NumberText.count(WireLimits.sessionTokenBytesMax, "byte"))"
            )
        }
        do {
            return try StrictJSON.decode(Signed<ApiSession>.self, from: json)
        } catch {
            throw .notAllowed("the session token holds no signed session: \(error.description)")
        }
    }
}
