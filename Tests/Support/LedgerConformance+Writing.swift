import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    static let writing: [LedgerScenario] = [
        LedgerScenario("a ledger says which one it is") { bench in
            let identity = try await bench.ledger.identity()
            try bench.expect(identity.domain, is: bench.world.domain)
            try bench.expect(identity.operator, is: bench.world.operator.address)
            try bench.expect(identity.isTestNetwork, is: true)
            try bench.expect(identity.format, is: bench.world.charter.format.rawValue)
            try bench.expect(identity.ledgerTime, is: bench.clock.now)
        },
        LedgerScenario("the same document twice is written once") { bench in
            let id = try await bench.openLease()
            let claim = Entry.claim(bench.world.voucher(id, 100))
            let first = try await bench.ledger.post(claim)
            try bench.expect(!first.duplicate, "the first one was called a duplicate")
            bench.clock.advance(60)
            let second = try await bench.ledger.post(claim)
            try bench.expect(second.duplicate, "the second one was not recognised")
            try bench.expect(second.index, is: first.index)
            try bench.expect(second.postedAt, is: first.postedAt)
            try bench.expect(second.entryHash, is: first.entryHash)
            try await bench.expectBalance(bench.world.owner, 100)
        },
        LedgerScenario("the same document signed by somebody else is refused") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let byOwner = Entry.withdrawal(world.withdrawal(market.offer, by: world.owner))
            let byMachine = Entry.withdrawal(world.withdrawal(market.offer, by: world.machine))
            try await bench.ledger.post(byOwner)
            try await bench.refuses(byMachine, .keyReused(byOwner.key(in: world.domain)))
        },
        LedgerScenario("nothing signed for another ledger counts here") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let lease = bench.lease(market)
            try await bench.ledger.post(.leaseOpened(lease))
            let id = lease.lease(in: world.domain)
            let other = try TestWorld(clock: world.clock, founding: .random())
            let foreign: [Entry] = [
                .grant(other.grant()), .attestation(other.attestation()), .offer(other.offer(grant: market.grant)),
                .demand(other.demand()), .withdrawal(other.withdrawal(market.offer, by: other.machine)),
                .leaseOpened(other.countersign(other.terms(offer: market.offer, demand: market.demand))),
                .topUp(other.topUp(id, to: 11_000)), .claim(other.voucher(id, 100)),
                .closeRequest(other.closeRequest(id, by: other.owner)), .rating(other.rating(id)),
                .faucet(other.faucet(other.buyer.address, 1)), .clock(other.clockOrder(at: 5)),
            ]
            for entry in foreign {
                try await bench.refuses(entry, "badSignature") {
                    if case .badSignature(entry.kind, _, _) = $0 { true } else { false }
                }
            }
        },
        LedgerScenario("the twin that anybody can make of a good signature is refused") { bench in
            let id = try await bench.openLease()
            let good = bench.world.voucher(id, 100)
            let twin = Signed(document: good.document, signature: malleated(good.signature))
            try await bench.refuses(
                .claim(twin), .badSignature(.claim, expected: bench.world.session.address, got: nil))
        },
        LedgerScenario("the ledger's clock never goes back") { bench in
            let first = try await bench.ledger.post(.grant(bench.world.grant()))
            bench.clock.set(bench.clock.now - 1_000)
            let second = try await bench.ledger.post(.grant(bench.world.grant()))
            try bench.expect(second.postedAt, is: first.postedAt)
            try bench.expect(try await bench.ledger.identity().ledgerTime, is: first.postedAt)
        },
        LedgerScenario("asking for what is not there names it") { bench in
            let nothing = Digest.random()
            func fails(_ expected: LedgerError, _ body: () async throws(LedgerError) -> Void) async throws {
                do throws(LedgerError) { try await body() } catch { return try bench.expect(error, is: expected) }
                throw ConformanceFailure("nothing was found, and no error thrown")
            }
            try await fails(.unknownGrant(nothing)) { () throws(LedgerError) in
                _ = try await bench.ledger.grant(nothing)
            }
            try await fails(.unknownOffer(nothing)) { () throws(LedgerError) in
                _ = try await bench.ledger.offer(nothing)
            }
            try await fails(.unknownDemand(nothing)) { () throws(LedgerError) in
                _ = try await bench.ledger.demand(nothing)
            }
            try await fails(.leaseUnknown(nothing)) { () throws(LedgerError) in
                _ = try await bench.ledger.lease(nothing)
            }
            try await fails(.unknownAttestation(nothing)) { () throws(LedgerError) in
                _ = try await bench.ledger.attestation(nothing)
            }
        },
    ]

    static let proofs: [LedgerScenario] = [
        LedgerScenario("entries come back in order, chained, and in pages") { bench in
            let ledger = try transparent(bench)
            let id = try await bench.openLease()
            try await ledger.post(.claim(bench.world.voucher(id, 100)))
            let all = try await ledger.entries(from: 0, limit: 100)
            try bench.expect(all.map(\.index), is: Array(0..<6))
            try bench.expect(all.map(\.entry.kind), is: [.grant, .offer, .demand, .faucet, .leaseOpened, .claim])
            let genesis = bench.world.charter.genesis
            try bench.expect(all.map(\.previous), is: [genesis] + all.dropLast().map(\.entryHash))
            try bench.expect(try await ledger.entries(from: 2, limit: 2), is: Array(all[2..<4]))
            try bench.expect(try await ledger.entry(at: 5), is: all[5])
            try bench.expect(try await ledger.entries(from: 6, limit: 9), is: [])
            do throws(LedgerError) {
                _ = try await ledger.entry(at: 6)
            } catch {
                return try bench.expect(error, is: .unknownEntry(6))
            }
            throw ConformanceFailure("there is no entry 6")
        },
        LedgerScenario("the operator signs a head over every entry") { bench in
            let ledger = try transparent(bench)
            try bench.expect(try await ledger.head().document.root, is: Merkle.emptyRoot)
            _ = try await bench.openLease()
            let head = try await ledger.head()
            try bench.expect(try head.signer(in: bench.world.domain), is: bench.world.operator.address)
            let entries = try await ledger.entries(from: 0, limit: 100)
            var tree = MerkleTree()
            for entry in entries { tree.append(entry.leafHash) }
            try bench.expect(head.document.root, is: tree.root(size: tree.size))
            try bench.expect(head.document.size, is: UInt64(entries.count))
            try bench.expect(head.document.chain, is: entries.last?.entryHash ?? .zero)
        },
        LedgerScenario("every entry is provably in every later tree, and every tree in every later one") { bench in
            let ledger = try transparent(bench)
            var roots = [try await ledger.head().document.root]
            for _ in 0..<9 {
                try await ledger.post(.grant(bench.world.grant()))
                roots.append(try await ledger.head().document.root)
            }
            for size in 1...9 {
                for index in 0..<size {
                    let proof = try await ledger.inclusion(index: UInt64(index), treeSize: UInt64(size))
                    try bench.expect(proof.isValid(root: roots[size]), "entry \(index) is not in tree \(size)")
                    try bench.expect(!proof.isValid(root: roots[size - 1]), "entry \(index) is in a wrong tree")
                }
                for old in 0...size {
                    let proof = try await ledger.consistency(from: UInt64(old), to: UInt64(size))
                    let holds = proof.isValid(oldRoot: roots[old], newRoot: roots[size])
                    try bench.expect(holds, "tree \(old) is not the beginning of tree \(size)")
                }
            }
        },
        LedgerScenario("there is no proof about a tree that does not exist") { bench in
            let ledger = try transparent(bench)
            try await ledger.post(.grant(bench.world.grant()))
            for (index, size) in [(UInt64(0), UInt64(2)), (1, 1), (0, 0)] {
                do throws(LedgerError) {
                    _ = try await ledger.inclusion(index: index, treeSize: size)
                } catch {
                    try bench.expect(error, is: .unknownTree(from: index, to: size, size: 1))
                    continue
                }
                throw ConformanceFailure("a proof of entry \(index) in a tree of \(size)")
            }
        },
    ]

    private static func transparent(_ bench: LedgerBench) throws -> any TransparentLedger {
        guard let ledger = bench.ledger as? any TransparentLedger else {
            throw ConformanceFailure("the ledger does not prove its journal")
        }
        return ledger
    }

    /// The same r with n − s and the other parity: just as good an ECDSA signature, which nobody had to sign.
    private static func malleated(_ signature: Signature) -> Signature {
        let order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        var bytes = signature.bytes
        var borrow = 0
        for place in stride(from: 31, through: 0, by: -1) {
            let difference = Int(order[place]) - Int(bytes[32 + place]) - borrow
            bytes[32 + place] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        bytes[64] = bytes[64] == 27 ? 28 : 27
        return Signature(checkedBytes: bytes)
    }
}
