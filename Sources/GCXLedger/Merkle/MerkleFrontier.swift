package import GCXModel

/// The right edge of a growing tree: one root for each full subtree, left to right. Enough to append and to know the root.
package struct MerkleFrontier: Equatable, Sendable {
    package private(set) var size: UInt64 = 0
    /// Roots of the full subtrees, largest first; one for each bit set in `size`.
    private var peaks: [Digest] = []

    package init() {}

    /// With the peaks of a tree of that size, largest first.
    init(size: UInt64, peaks: [Digest]) {
        self.size = size
        self.peaks = peaks
    }

    /// O(1) on average, O(log size) at most.
    package mutating func append(_ leaf: Digest) {
        var hash = leaf
        var bits = size
        while bits & 1 == 1, let left = peaks.popLast() {
            hash = Merkle.node(left, hash)
            bits >>= 1
        }
        peaks.append(hash)
        size += 1  // bounded: entries that were written one by one
    }

    /// O(log size).
    package var root: Digest {
        guard var hash = peaks.last else { return Merkle.emptyRoot }
        for left in peaks.dropLast().reversed() { hash = Merkle.node(left, hash) }
        return hash
    }
}
