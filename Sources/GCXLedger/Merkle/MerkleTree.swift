package import GCXModel

/// The Merkle tree of RFC 9162 over every leaf so far, in memory.
///
/// Holds the root of every full subtree, two hashes a leaf, so that any proof about any earlier size costs
/// O(log² size) at most and no hashing of leaves.
package struct MerkleTree: Sendable {
    /// `levels[k][i]` is the root of the full subtree over the leaves `i × 2^k ..< (i + 1) × 2^k`.
    private var levels: [[Digest]] = [[]]

    package init() {}

    // bounded: there is always the level of the leaves, `levels` begins with it
    package var size: UInt64 { UInt64(levels[0].count) }

    /// O(1) on average, O(log size) at most.
    package mutating func append(_ leaf: Digest) {
        // bounded: the level of the leaves is always there
        levels[0].append(leaf)
        var level = 0
        // bounded here: `level` is made before it is gone to; a tree of 2^63 leaves fits no memory
        while levels[level].count.isMultiple(of: 2) {
            let pair = levels[level].suffix(2)
            guard let left = pair.first, let right = pair.last else { return }
            if level + 1 == levels.count { levels.append([]) }
            levels[level + 1].append(Merkle.node(left, right))
            level += 1
        }
    }

    /// The leaf at a position below ``size``.
    // bounded: the caller's: below `size`, as the docstring asks and `SQLiteLedger` checks
    package func leaf(_ index: UInt64) -> Digest { levels[0][Int(index)] }

    /// The root of the first `size` leaves, at most ``size`` of them.
    package func root(size: UInt64) -> Digest {
        size == 0 ? Merkle.emptyRoot : hash(from: 0, count: size)
    }

    /// The right edge, from which the root after the next leaf is known without changing the tree.
    package var frontier: MerkleFrontier {
        var peaks: [Digest] = []
        var start: UInt64 = 0
        // bounded here: levels are fewer than 64; a peak's start lies in its level, for its bit is set in `size`
        for level in stride(from: levels.count - 1, through: 0, by: -1) where size & (1 << UInt64(level)) != 0 {
            peaks.append(levels[level][Int(start >> UInt64(level))])
            start += 1 << UInt64(level)
        }
        return MerkleFrontier(size: size, peaks: peaks)
    }

    /// RFC 9162, 2.1.3.1: the path from leaf `index` to the root of the first `size` leaves, `index < size ≤` ``size``.
    package func inclusionPath(index: UInt64, size: UInt64) -> [Digest] {
        var path: [Digest] = []
        var (start, count) = (UInt64(0), size)
        // bounded here: `split` answers less than `count`, so parts lie in the tree; `index` is not before `start`
        while count > 1 {
            let left = Merkle.split(count)
            if index - start < left {
                path.append(hash(from: start + left, count: count - left))
                count = left
            } else {
                path.append(hash(from: start, count: left))
                (start, count) = (start + left, count - left)
            }
        }
        return path.reversed()
    }

    /// RFC 9162, 2.1.4.1: from the first `old` leaves to the first `new`, `0 < old ≤ new ≤` ``size``.
    package func consistencyPath(from old: UInt64, to new: UInt64) -> [Digest] {
        var path: [Digest] = []
        var (start, count, isOldRoot) = (UInt64(0), new, true)
        var rest = old
        // bounded here: `split` answers less than `count`, so parts lie in the tree; `rest` is larger than `left`
        while rest < count {
            let left = Merkle.split(count)
            if rest <= left {
                path.append(hash(from: start + left, count: count - left))
                count = left
            } else {
                path.append(hash(from: start, count: left))
                (start, count, rest, isOldRoot) = (start + left, count - left, rest - left, false)
            }
        }
        // The verifier knows the old root; any other last piece it has to be told.
        return (isOldRoot ? [] : [hash(from: start, count: count)]) + path.reversed()
    }

    /// The root over `count` leaves from `start`, which is a multiple of the power of two at or above `count`.
    private func hash(from start: UInt64, count: UInt64) -> Digest {
        // bounded here: never of no leaves; a power of two of leaves from a multiple of it is one node of its level
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return levels[level][Int(start >> UInt64(level))]
        }
        let left = Merkle.split(count)
        return Merkle.node(hash(from: start, count: left), hash(from: start + left, count: count - left))
    }
}
