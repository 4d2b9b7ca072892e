package import GCXModel

/// That one entry is in the tree of the first `treeSize` entries. Steps as in RFC 9162, 2.1.3.2.
package struct InclusionProof: Codable, Equatable, Sendable {
    package var index: UInt64
    package var treeSize: UInt64
    /// Leaf hash of the entry.
    package var leafHash: Digest
    /// From the leaf's sibling up.
    package var path: [Digest]

    package init(index: UInt64, treeSize: UInt64, leafHash: Digest, path: [Digest]) {
        self.index = index
        self.treeSize = treeSize
        self.leafHash = leafHash
        self.path = path
    }

    /// Whether the proof leads to that root. O(log treeSize).
    package func isValid(root: Digest) -> Bool {
        guard index < treeSize else { return false }
        var (node, last, hash) = (index, treeSize - 1, leafHash)  // bounded: a tree is larger than an index in it
        for sibling in path {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                hash = Merkle.node(sibling, hash)
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                hash = Merkle.node(hash, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }
}

/// That the tree of `from` entries is the beginning of the tree of `to` entries. Steps as in RFC 9162, 2.1.4.2.
package struct ConsistencyProof: Codable, Equatable, Sendable {
    package var from: UInt64
    package var to: UInt64
    package var path: [Digest]

    package init(from: UInt64, to: UInt64, path: [Digest]) {
        self.from = from
        self.to = to
        self.path = path
    }

    /// Whether the proof leads from one root to the other. The empty tree is the beginning of every tree. O(log to).
    package func isValid(oldRoot: Digest, newRoot: Digest) -> Bool {
        guard from <= to else { return false }
        if from == 0 { return path.isEmpty && oldRoot == Merkle.emptyRoot }
        if from == to { return path.isEmpty && oldRoot == newRoot }
        // A full old tree is a node of the new one, so its root is the first piece.
        // bounded: neither is empty
        let pieces = from & (from - 1) == 0 ? [oldRoot] + path : path
        guard let first = pieces.first else { return false }
        return climb(first, over: pieces.dropFirst(), oldRoot: oldRoot, newRoot: newRoot)
    }

    private func climb(_ first: Digest, over siblings: ArraySlice<Digest>, oldRoot: Digest, newRoot: Digest) -> Bool {
        var (node, last) = (from - 1, to - 1)  // bounded: neither is empty
        while node & 1 == 1 { (node, last) = (node >> 1, last >> 1) }
        var (old, new) = (first, first)
        for sibling in siblings {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                old = Merkle.node(sibling, old)
                new = Merkle.node(sibling, new)
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                new = Merkle.node(new, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return old == oldRoot && new == newRoot && last == 0
    }
}
