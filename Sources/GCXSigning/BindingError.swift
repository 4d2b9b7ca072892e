package import GCXModel

/// Why a server is not taken for the one that was asked for.
package enum BindingError: RemediedError, Equatable {
    /// The server speaks for another machine or ledger.
    case ofSomebodyElse(expected: Address, found: Address)
    /// It names the right subject, and another key signed it.
    case signatureWrong(SigningError)
    /// The binding is for another TLS key than the server holds.
    case otherKey(bound: Digest, shown: Digest)
    /// It begins so many seconds after the client's time.
    case notYet(seconds: UInt64)
    /// It ended so many seconds before the client's time.
    case expired(seconds: UInt64)
    /// It ends before it begins, or lasts longer than a binding may. Unix seconds.
    case periodWrong(notBefore: UInt64, notAfter: UInt64)
    /// A newer one of the same subject was seen before.
    case replayed(sequence: UInt64, newestSeen: UInt64)
    /// It names more than a binding may.
    case tooLarge(String, found: Int, most: Int)

    package var description: String {
        switch self {
        case .ofSomebodyElse(let expected, let found):
            "the server speaks for \(found.checksummed), not for \(expected.checksummed)"
        case .signatureWrong(let error): "the server's binding does not come from whom it names: \(error.description)"
        case .otherKey(let bound, let shown):
            "the server's binding is for the TLS key \(bound.short), and the server holds \(shown.short)"
        case .notYet(let seconds):
            "the server's binding begins \(Self.words(seconds)) after this machine's time: one of the two clocks is wrong"
        case .expired(let seconds):
            "the server's binding ended \(Self.words(seconds)) before this machine's time: it is an old one, or one of the "
                + "two clocks is wrong"
        case .periodWrong(let begin, let end):
            "the server's binding lasts from \(RFC3339.moment(begin)) to \(RFC3339.moment(end)), and "
                + "\(Self.words(GCXModel.Limits.bindingSecondsMax)) is the most"
        case .replayed(let sequence, let newest):
            "the server's binding has the number \(sequence), and one with \(newest) was seen before: somebody shows an old one"
        case .tooLarge(let what, let found, let most):
            "the server's binding has \(found) \(what), more than \(most)"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .ofSomebodyElse, .signatureWrong:
            .fix(
                "Compare the address after `#` with the one that its owner published; if it is right, somebody else answers "
                    + "there: do not send anything, and tell the owner.")
        case .otherKey, .replayed:
            .fix(
                "Try another endpoint or relay: whoever answers at this one is not the server, or shows what it no longer is."
            )
        case .notYet, .expired:
            .fix("Compare this machine's clock with a second one and set it; if it is right, tell the server's owner.")
        case .periodWrong, .tooLarge: .fix("Tell the server's owner: gcx signs no such binding.")
        }
    }

    private static func words(_ seconds: UInt64) -> String { Duration.seconds(Int64(clamping: seconds)).words }
}
