package import GCXModel

// Crypto has a protocol of the name Digest, which is a type of ours.
import struct Crypto.SHA256

/// The hashes of RFC 9162, section 2.1: the first byte keeps a leaf from passing for a node.
package enum Merkle {
    package static func sha256(_ bytes: [UInt8]) -> Digest {
        Digest(checkedBytes: Array(SHA256.hash(data: bytes)))
    }

    // bounded: joins bytes
    package static func leaf(_ bytes: [UInt8]) -> Digest { sha256([0x00] + bytes) }

    // bounded: joins bytes
    package static func node(_ left: Digest, _ right: Digest) -> Digest { sha256([0x01] + left.bytes + right.bytes) }

    /// The root of the tree without leaves.
    package static let emptyRoot = sha256([])

    /// Where a tree of `size` leaves splits: the largest power of two below `size`, which is at least 2.
    static func split(_ size: UInt64) -> UInt64 {
        // bounded: there are 2 leaves or more, so at most 62 zero bits before the highest
        1 << (63 - UInt64((size - 1).leadingZeroBitCount))
    }
}
