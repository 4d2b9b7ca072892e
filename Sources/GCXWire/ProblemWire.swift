package import GCXModel

/// What of a problem document follows from the name of the error's case.
///
/// Source: RFC 9457, "Problem Details for HTTP APIs", 3.
package enum ProblemWire {
    package static let contentType = "application/problem+json"
    /// Longest path that a problem repeats, bytes: longer than any of ours. A longer one is left out, for half a path is another one.
    package static let instanceBytesMax = 512

    /// A name, not a place: nothing is to be fetched there.
    package static func type(_ code: String) -> String { "urn:gcx:problem:\(code)" }

    /// `unknownLease` becomes `Unknown lease`.
    package static func title(_ code: String) -> String {
        var words = ""
        for letter in code {
            words += letter.isUppercase ? " " + letter.lowercased() : String(letter)  // bounded: joins texts
        }
        return words.prefix(1).uppercased() + words.dropFirst()  // bounded: joins texts
    }

    package static func instance(_ path: String) -> Untrusted? {
        path.utf8.count <= instanceBytesMax ? Untrusted(path) : nil
    }
}
