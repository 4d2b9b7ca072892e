import Foundation
import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("what a ledger sends and stores")
struct CodingTests {
    @Test("every kind of entry survives JSON, and its canonical bytes are always the same")
    func entries() throws {
        for entry in try Samples.entries() {
            let bytes = try PostedEntry.canonicalJSON(entry)
            let back = try JSONDecoder().decode(Entry.self, from: Data(bytes))
            #expect(back == entry)
            #expect(try PostedEntry.canonicalJSON(back) == bytes)
        }
        #expect(Set(try Samples.entries().map(\.kind)) == Set(EntryKind.allCases))
    }

    @Test("the canonical bytes of an entry are fixed for good")
    func canonicalBytes() throws {
        // Composed by hand and hashed with `sha256sum`: a change here makes every ledger that exists unreadable.
        let lease = Digest(checkedBytes: [UInt8](repeating: 0xab, count: 32))
        let json = #"{"body":"0x"# + String(repeating: "ab", count: 32) + #"","kind":"finalize"}"#
        #expect(try PostedEntry.canonicalJSON(.finalize(lease)) == Array(json.utf8))
        let posted = try PostedEntry(
            index: 258, postedAt: 1_800_000_000, previous: Digest(checkedBytes: [UInt8](repeating: 1, count: 32)),
            entry: .finalize(lease))
        #expect(posted.entryHash.description == "0x98a5eb9df52c747566bf88cbd94ee7a09d9a6383fb2a06664cc644ff0b596a45")
        #expect(posted.leafHash.description == "0xb32998c6127558b2d41dbaa33cfb510128e5476220e2ed098d225eaea457381b")
    }

    @Test("a posted entry that was changed on its way is not read")
    func postedEntries() throws {
        let posted = try PostedEntry(
            index: 3, postedAt: 1_800_000_000, previous: .random(), entry: try Samples.entries()[0])
        let json = try JSONEncoder().encode(posted)
        #expect(try JSONDecoder().decode(PostedEntry.self, from: json) == posted)
        let text = String(decoding: json, as: UTF8.self).replacingOccurrences(of: "1800000000", with: "1800000001")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(PostedEntry.self, from: Data(text.utf8)) }
    }

    @Test("an entry's key is text that can be read back")
    func keys() throws {
        let world = try TestWorld()
        for entry in try Samples.entries() {
            let key = entry.key(in: world.domain)
            #expect(EntryKey(key.description) == key)
        }
        for text in ["", "offer", "offer:", "offer:0x12", "nothing:\(Digest.zero)", "offer:\(Digest.zero):"] {
            #expect(EntryKey(text) == nil, "\(text)")
        }
    }

    @Test("every error survives JSON, says something of its own and names a remedy", arguments: Samples.errors)
    func errors(_ error: LedgerError) throws {
        #expect(try JSONDecoder().decode(LedgerError.self, from: JSONEncoder().encode(error)) == error)
        #expect(error.description != "the ledger refused")
        #expect(error.description.count > 15)
        if case .fix(let text) = error.remedy { #expect(text.hasSuffix(".")) }
    }

    @Test("the samples hold every case of the error")
    func allErrors() {
        let names = Samples.errors.map { "\(Mirror(reflecting: $0).children.first?.label ?? "\($0)")" }
        // Raise this number together with a new sample when a case is added.
        #expect(Set(names).count == 50)
        #expect(Set(Samples.errors.map(\.description)).count == Samples.errors.count)
    }

    @Test("the errors that a client may wait out say how long")
    func waiting() {
        let key = EntryKey(kind: .claim, digest: .zero)
        #expect(LedgerError.outcomeUnknown(key, after: .seconds(5)).remedy == .retry(after: .seconds(5)))
        #expect(LedgerError.closeWindowNotOver(.zero, closesAt: 1).remedy == .retry(after: .seconds(5)))
        #expect(LedgerError.leaseClosed(.zero).remedy == .refuse)
    }
}

/// One of each.
enum Samples {
    static func entries() throws -> [Entry] {
        let world = try TestWorld()
        let terms = world.terms(offer: .random(), demand: .random())
        return [
            .grant(world.grant { $0.label = "a/b \"ä\" \u{1F4A7} \u{0}" }), .attestation(world.attestation()),
            .offer(world.offer(grant: .random()) { $0.expiresAt = .max }), .demand(world.demand()),
            .withdrawal(world.withdrawal(.random(), by: world.owner)), .leaseOpened(world.countersign(terms)),
            .topUp(world.topUp(.random(), to: Amount(.max))), .claim(world.voucher(.random(), 1)),
            .closeRequest(world.closeRequest(.random(), by: world.owner)), .finalize(.random()),
            .rating(world.rating(.random())), .faucet(world.faucet(world.buyer.address, 1)),
            .clock(world.clockOrder(at: .max)),
            .creditIssued(world.creditIssue(world.buyer.address, 1)), .creditRedeemed(world.creditRedemption(1)),
        ]
    }

    static let digest = Digest.random()
    static let address = Address.random()

    static let errors: [LedgerError] = [
        .signRefused(.zero, reason: "one came before it"),
        .badSignature(.offer, expected: address, got: nil), .badSignature(.offer, expected: address, got: .zero),
        .notAllowed(address, reason: "the offer denies it"), .unknownGrant(digest), .unknownAttestation(digest),
        .unknownOffer(digest), .unknownDemand(digest), .unknownSubject(digest), .leaseUnknown(digest),
        .unknownEntry(7), .unknownTree(from: 1, to: 3, size: 2), .expired(.grant, digest, at: 1),
        .expired(.offer, digest, at: 1), .withdrawn(.grant, digest), .withdrawn(.demand, digest),
        .superseded(.offer, digest, by: .zero), .staleRevision(.offer, id: digest, current: .max, offered: 1),
        .malformed(.offer, field: "receiptSeconds", reason: "is zero"),
        .documentTooLarge(.offer, field: "facts", max: 512), .datedAhead(.offer, date: 9, ledgerTime: 1),
        .termsDiffer(field: "rates", from: .offer, required: "1", got: "2"),
        .overCapacity(offer: digest, resource: "cores", free: 1, asked: 2),
        .insufficientFunds(address, holds: 1, needs: 2), .escrowExceeded(digest, held: 1, asked: 2),
        .staleVoucher(digest, settled: 2, offered: 1), .staleTopUp(digest, deposit: 2, offered: 1),
        .rateCapExceeded(digest, allowed: 1, asked: 2), .amountOverflow(.faucet), .notTestNetwork, .testNetwork,
        .clockJumped(machine: 2, latest: 1), .clockDiffers(asked: 2, machine: 1),
        .formatTooOld(.clock, format: 2, needed: 3),
        .leaseClosing(digest, closesAt: 1), .leaseClosed(digest), .notClosing(digest),
        .closeWindowOver(digest, closedAt: 1), .closeWindowNotOver(digest, closesAt: 1), .notSettled(digest),
        .alreadyRated(digest, by: address), .keyReused(EntryKey(kind: .claim, digest: digest)),
        .wrongOperator(expected: address, got: .zero), .wrongNetwork(isTestNetwork: true),
        .wrongNetwork(isTestNetwork: false), .wrongCurrency(.credit), .unknownFormat(found: "9", known: "1"),
        .storage(operation: "writing entry 3", detail: "disk full"),
        .notALedger(path: "x", reason: "it is a directory"), .corrupted(3, detail: "hashes to another"),
        .corrupted(nil, detail: "hashes to another"), .locked(path: "/var/lib/gcx/ledger.sqlite"),
        .unreachable(endpoint: "http://127.0.0.1:1", detail: "connection refused"),
        .unreadable(endpoint: "http://127.0.0.1:1", detail: "no JSON"),
        .outcomeUnknown(EntryKey(kind: .claim, digest: digest), after: .seconds(5)),
    ]
}
