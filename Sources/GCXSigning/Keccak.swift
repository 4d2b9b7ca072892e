import CKeccak
package import GCXModel

/// Keccak-256 as Ethereum uses it, which is not SHA3-256: the padding differs.
package enum Keccak {
    /// The digest of `bytes`.
    ///
    /// - Complexity: O(bytes), about 0.5 µs for 32 bytes in a release build.
    package static func hash(_ bytes: [UInt8]) -> Digest {
        unsafe Digest(
            checkedBytes: [UInt8](unsafeUninitializedCapacity: Digest.length) { buffer, count in
                unsafe gcx_keccak256(bytes, bytes.count, buffer.baseAddress)
                count = Digest.length
            })
    }

    /// The digest of the text's UTF-8 bytes.
    package static func hash(_ text: String) -> Digest { hash(Array(text.utf8)) }
}
