import Foundation
import GCXLedger
import GCXModel
import Testing

/// The definitions of RFC 9162, word by word and without a thought for cost.
private enum Naive {
    static func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }

    /// 2.1.1, over leaf hashes.
    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        guard let first = leaves.first else { return Merkle.sha256([]) }
        guard leaves.count > 1 else { return first }
        let middle = leaves.startIndex + split(leaves.count)
        return Merkle.sha256([1] + root(leaves[..<middle]).bytes + root(leaves[middle...]).bytes)
    }

    /// 2.1.3.1, PATH(m, D_n).
    static func path(_ index: Int, _ leaves: ArraySlice<Digest>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let middle = split(leaves.count)
        let (left, right) = (leaves.prefix(middle), leaves.dropFirst(middle))
        return index < middle ? path(index, left) + [root(right)] : path(index - middle, right) + [root(left)]
    }

    /// 2.1.4.1, SUBPROOF(m, D_n, b).
    static func subproof(_ old: Int, _ leaves: ArraySlice<Digest>, _ whole: Bool) -> [Digest] {
        if old == leaves.count { return whole ? [] : [root(leaves)] }
        let middle = split(leaves.count)
        let (left, right) = (leaves.prefix(middle), leaves.dropFirst(middle))
        return old <= middle
            ? subproof(old, left, whole) + [root(right)] : subproof(old - middle, right, false) + [root(left)]
    }
}

@Suite("the Merkle tree")
struct MerkleTests {
    /// One below, at and above powers of two, and everything between: all shapes a tree can have.
    static let count = 36
    static let data = (0..<count).map { [UInt8](repeating: UInt8($0), count: $0 % 5) }
    static let leaves = data.map { Merkle.leaf($0) }

    let tree: MerkleTree

    init() {
        var tree = MerkleTree()
        for leaf in Self.leaves { tree.append(leaf) }
        self.tree = tree
    }

    @Test("its hashes keep a leaf from passing for a node")
    func domains() throws {
        // SHA-256 of nothing and of one zero byte, from FIPS 180-4 examples and `sha256sum`.
        #expect(Merkle.emptyRoot.description == "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Merkle.leaf([]).description == "0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        let pair = Self.leaves[0].bytes + Self.leaves[1].bytes
        #expect(Merkle.node(Self.leaves[0], Self.leaves[1]) != Merkle.leaf(pair))
    }

    @Test("its root at every size is that of the definition, and the right edge knows it too")
    func roots() {
        var edge = MerkleFrontier()
        var growing = MerkleTree()
        for size in 0...Self.count {
            let expected = Naive.root(Self.leaves[..<size])
            #expect(tree.root(size: UInt64(size)) == expected, "\(size) leaves")
            #expect(edge.root == expected, "\(size) leaves")
            #expect(growing.frontier == edge, "\(size) leaves")
            guard size < Self.count else { break }
            edge.append(Self.leaves[size])
            growing.append(Self.leaves[size])
        }
    }

    @Test("every inclusion proof is the one of the definition, and holds for its own leaf and root only")
    func inclusion() {
        for size in 1...Self.count {
            let root = tree.root(size: UInt64(size))
            for index in 0..<size {
                let path = tree.inclusionPath(index: UInt64(index), size: UInt64(size))
                #expect(path == Naive.path(index, Self.leaves[..<size]), "leaf \(index) of \(size)")
                let proof = InclusionProof(
                    index: UInt64(index), treeSize: UInt64(size), leafHash: Self.leaves[index], path: path)
                #expect(proof.isValid(root: root), "leaf \(index) of \(size)")
                expectBroken(proof, root)
            }
        }
    }

    private func expectBroken(_ proof: InclusionProof, _ root: Digest) {
        #expect(!proof.isValid(root: tree.leaf(0)) || proof.treeSize == 1)
        func broken(_ what: Comment, _ edit: (inout InclusionProof) -> Void) {
            var copy = proof
            edit(&copy)
            #expect(!copy.isValid(root: root), what)
        }
        broken("a longer path") { $0.path.append(.zero) }
        broken("another leaf") { $0.leafHash = .zero }
        broken("an index beyond the tree") { $0.index += $0.treeSize }
        guard !proof.path.isEmpty else { return }
        broken("a shorter path") { $0.path.removeLast() }
        broken("a changed path") { $0.path[$0.path.count - 1] = .zero }
        broken("a neighbour's index") { $0.index ^= 1 }
    }

    @Test("every consistency proof is the one of the definition, and holds between its own roots only")
    func consistency() {
        for new in 1...Self.count {
            for old in 1...new {
                let path = tree.consistencyPath(from: UInt64(old), to: UInt64(new))
                #expect(path == Naive.subproof(old, Self.leaves[..<new], true), "\(old) to \(new)")
                let proof = ConsistencyProof(from: UInt64(old), to: UInt64(new), path: path)
                expectOnlyBetween(proof, tree.root(size: UInt64(old)), tree.root(size: UInt64(new)))
            }
        }
    }

    private func expectOnlyBetween(_ proof: ConsistencyProof, _ old: Digest, _ new: Digest) {
        let name: Comment = "\(proof.from) to \(proof.to)"
        #expect(proof.isValid(oldRoot: old, newRoot: new), name)
        #expect(!proof.isValid(oldRoot: .zero, newRoot: new), name)
        #expect(!proof.isValid(oldRoot: old, newRoot: .zero), name)
        var copy = proof
        copy.path.append(.zero)
        #expect(!copy.isValid(oldRoot: old, newRoot: new), name)
        guard !proof.path.isEmpty else { return }
        copy.path = Array(proof.path.dropLast())
        #expect(!copy.isValid(oldRoot: old, newRoot: new), name)
        copy.path = [.zero] + proof.path.dropFirst()
        #expect(!copy.isValid(oldRoot: old, newRoot: new), name)
    }

    @Test("the empty tree is the beginning of every tree, and nothing else is an empty proof's")
    func empty() {
        let root = tree.root(size: 5)
        #expect(ConsistencyProof(from: 0, to: 5, path: []).isValid(oldRoot: Merkle.emptyRoot, newRoot: root))
        #expect(!ConsistencyProof(from: 0, to: 5, path: []).isValid(oldRoot: root, newRoot: root))
        #expect(!ConsistencyProof(from: 3, to: 5, path: []).isValid(oldRoot: tree.root(size: 3), newRoot: root))
        #expect(!ConsistencyProof(from: 5, to: 3, path: []).isValid(oldRoot: root, newRoot: root))
    }

    // Needs python3, whose standard library is the second implementation; make setup installs it.
    @Test(
        "an implementation in another language accepts every root and proof",
        .enabled(if: Python.isThere, "needs /usr/bin/python3"))
    func python() throws {
        let sizes = 1...24
        let inclusion = sizes.flatMap { size in
            (0..<size).map { index -> [Any] in
                [index, size, tree.inclusionPath(index: UInt64(index), size: UInt64(size)).map(\.description)]
            }
        }
        let consistency = sizes.flatMap { new in
            (1...new).map { old -> [Any] in
                [old, new, tree.consistencyPath(from: UInt64(old), to: UInt64(new)).map(\.description)]
            }
        }
        let document: [String: Any] = [
            "leaves": Self.data.map { Hex.encode($0) }, "inclusion": inclusion, "consistency": consistency,
            "roots": (0...24).map { tree.root(size: UInt64($0)).description },
        ]
        let answer = try Python.run("Merkle/verify.py", JSONSerialization.data(withJSONObject: document))
        #expect(answer == "ok 25 300 300\n")
    }
}

/// The system's Python, standard library only.
enum Python {
    static let program = "/usr/bin/python3"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Runs a script of Tests/Fixtures with `input` on its standard input; gives what it printed, errors included.
    static func run(_ script: String, _ input: Data) throws -> String {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures")
        let folder = try Folder()
        let inputFile = URL(fileURLWithPath: folder.path + "/input")
        try input.write(to: inputFile)
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["-I", fixtures.appendingPathComponent(script).path]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self)
    }
}
