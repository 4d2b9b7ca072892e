// NFKC needs Foundation: FoundationEssentials and the standard library do not have it.
import Foundation

/// The bytes of a password, so that the same characters typed on another keyboard or system open the same key.
enum KeystorePassword {
    /// What we store under: the UTF-8 bytes of the text in Unicode's normal form KC.
    static func normalized(_ password: String) -> [UInt8] {
        Array(password.precomposedStringWithCompatibilityMapping.utf8)
    }

    /// What a file may have been stored under: the normal form, then the bytes as typed, which some wallets use.
    static func candidates(_ password: String) -> [[UInt8]] {
        let normal = normalized(password)
        let typed = Array(password.utf8)
        return normal == typed ? [normal] : [normal, typed]
    }
}
