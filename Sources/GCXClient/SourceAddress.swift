import GCXModel
import Glibc

/// The address of this machine from which its connections to others leave, where somebody chose one: GCX_SOURCE_ADDRESS, as on a
/// machine with several of them. Else the kernel chooses.
enum SourceAddress {
    /// What was chosen when the process began; nil for nothing.
    static let chosen: String? = unsafe getenv(variable).map { unsafe String(cString: $0) }

    /// - Throws: ``TransportError/notSent(_:)`` for a text that is no numeric address.
    static func required() throws(TransportError) -> String? {
        guard let chosen else { return nil }
        guard isAddress(chosen) else {
            throw .notSent("\(variable) is “\(PlainText.excerpt(chosen))”, which is no numeric address")
        }
        return chosen
    }

    static func isAddress(_ text: String) -> Bool {
        guard !text.utf8.contains(0) else { return false }
        var bytes = in6_addr()
        return [AF_INET, AF_INET6].contains { unsafe inet_pton($0, text, &bytes) == 1 }
    }

    private static let variable = "GCX_SOURCE_ADDRESS"
}
