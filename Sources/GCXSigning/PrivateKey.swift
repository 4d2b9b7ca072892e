package import GCXModel

// Crypto has a protocol of the name Digest, which is a type of ours.
import struct Crypto.SymmetricKey

/// A secp256k1 private key. Its bytes are wiped when the last copy goes, and nothing prints them.
package struct PrivateKey: Sendable {
    /// The account this key speaks for.
    package let address: Address
    private let secret: SymmetricKey

    /// - Parameter bytes: 32 bytes, big-endian.
    /// - Throws: ``SigningError/privateKeyInvalid`` unless they are a number from 1 to the curve's order, exclusive.
    package init(bytes: [UInt8]) throws(SigningError) {
        guard let key = PrivateKey(secret: SymmetricKey(data: bytes)) else { throw .privateKeyInvalid }
        self = key
    }

    /// A new key from the system's random generator.
    package static func generate() -> PrivateKey {
        while true {
            // All but one in 2^128 of all 32-byte strings are keys.
            if let key = PrivateKey(secret: SymmetricKey(size: .bits256)) { return key }
        }
    }

    private init?(secret: SymmetricKey) {
        guard unsafe secret.withUnsafeBytes(Secp256k1.isPrivateKey) else { return nil }
        self.secret = secret
        address = unsafe Address(publicKey: secret.withUnsafeBytes(Secp256k1.publicKey))
    }

    /// Signs a digest. The same key and digest always give the same signature (RFC 6979), with s in the lower half.
    ///
    /// - Complexity: about 25 µs in a release build.
    package func sign(_ digest: Digest) -> Signature {
        let compact = unsafe secret.withUnsafeBytes { unsafe Secp256k1.sign(digest.bytes, with: $0) }
        // 2 and 3 mean that r, a 256-bit x coordinate, was not below the curve's order: one signature in 2^127.
        precondition(compact.recoveryID < 2, "r lies beyond the order of the curve")
        // bounded: 0 or 1, the precondition above
        return Signature(checkedBytes: compact.bytes + [27 + UInt8(compact.recoveryID)])
    }

    /// A copy of the 32 secret bytes, for a file that nobody else may read; it is not wiped.
    package var exposedBytes: [UInt8] { unsafe secret.withUnsafeBytes { unsafe Array($0) } }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address only.
    package var description: String { "private key of \(address.checksummed)" }
    package var debugDescription: String { description }
    /// Nothing inside: `dump` and failed expectations print what a mirror shows.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
