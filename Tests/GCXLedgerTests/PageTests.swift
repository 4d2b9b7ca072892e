import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import GRDB
import Support
import Testing

@Suite("pages of a ledger")
struct PageTests {
    let folder: Folder
    let world: TestWorld
    let ledger: SQLiteLedger

    init() throws {
        (folder, world) = (try Folder(), try TestWorld())
        ledger = try openLedger(folder, world)
    }

    /// An attestation at all the limits of its fields, which anybody may post: a hundred kilobytes.
    private func large() -> Signed<AttestationRecord> {
        let key = PrivateKey.generate()
        return world.attestation(by: key) { record in
            record.machine = key.address
            record.facts = facts(Limits.factsMax)
        }
    }

    private func facts(_ count: Int) -> [Fact] {
        (0..<count).map { number in
            Fact(
                name: Untrusted(String(repeating: "n", count: Limits.factNameBytesMax)), value: .max,
                unit: Untrusted(String(repeating: "u", count: Limits.factUnitBytesMax)), level: .measured,
                measuredAt: world.clock.now + UInt64(number))
        }
    }

    private func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    @Test("a page of the journal is bounded in bytes, says where to go on, and is what its entries write")
    func journal() async throws {
        for _ in 0..<25 { try await ledger.post(.attestation(large())) }
        for _ in 0..<210 { try await ledger.post(.faucet(world.faucet(world.buyer.address, 1))) }
        var (from, pages, entries) = (UInt64?(0), 0, UInt64(0))
        while let place = from {
            let page = try await ledger.page(from: place, limit: .max)
            #expect(page.json.count <= LedgerLimits.pageBytesMax + 200 * LedgerLimits.recordFrameBytes)
            let same = try await ledger.entries(from: place, limit: .max)
            #expect(try encoded(same) == page.json)
            #expect(same.count <= LedgerLimits.pageEntriesMax)
            (from, pages, entries) = (page.next, pages + 1, entries + UInt64(same.count))
        }
        #expect(entries == 235 && pages >= 4)
        let past = try await ledger.page(from: 235, limit: 10)
        #expect(past.json == Array("[]".utf8) && past.next == nil)
        #expect(try await ledger.page(from: .max, limit: .max).next == nil)
        #expect(try await ledger.page(from: 0, limit: -1).json == Array("[]".utf8))
    }

    @Test("pages of a list are bounded and together the list, also when nothing on a page counts")
    func lists() async throws {
        let bench = LedgerBench(ledger: ledger, world: world)
        _ = try await bench.openLease()
        for _ in 0..<230 { try await ledger.post(.demand(demand(until: 100))) }
        let standing = demand(until: 7_200)
        try await ledger.post(.demand(standing))
        for isLive in [false, true] {
            let pages = try await all { await ledger.demands(liveOnly: isLive, from: $0) }
            #expect(pages.flatMap(\.items) == (await ledger.demands(liveOnly: isLive)))
            #expect(pages.count >= 2 && pages.allSatisfy { $0.items.count <= LedgerLimits.pageEntriesMax })
        }
        world.clock.advance(200)
        let live = try await all { await ledger.demands(liveOnly: true, from: $0) }.flatMap(\.items)
        // The one that a lease serves no longer stands.
        #expect(live.map(\.digest).contains(standing.digest(in: world.domain)) && live.count == 1)
        let owner = world.owner.address
        #expect(await ledger.leases(of: owner, from: 0).items == ledger.leases(of: owner))
        #expect(await ledger.grants(of: owner, from: 0).items == ledger.grants(of: owner))
        #expect(await ledger.offers(liveOnly: true, from: 0).items == ledger.offers(liveOnly: true))
        #expect(await ledger.offers(liveOnly: false, from: .max).items.isEmpty)
    }

    private func demand(until seconds: UInt64) -> Signed<Demand> {
        world.demand { $0.expiresAt = world.clock.now + seconds }
    }

    private func all<Item>(_ page: (UInt64) async throws -> Page<Item>) async throws -> [Page<Item>] {
        var (pages, from) = ([Page<Item>](), UInt64?(0))
        while let place = from {
            let next = try await page(place)
            pages.append(next)
            from = next.next
        }
        return pages
    }

    @Test("a page of large offers is bounded in bytes")
    func largeOffers() async throws {
        let grant = world.grant()
        try await ledger.post(.grant(grant))
        for _ in 0..<25 {
            try await ledger.post(.offer(world.offer(grant: grant.digest(in: world.domain)) { $0.facts = facts(512) }))
        }
        let pages = try await all { await ledger.offers(liveOnly: true, from: $0) }
        #expect(pages.flatMap(\.items).count == 25 && pages.count >= 3)
        for page in pages { #expect(try encoded(page.items).count <= LedgerLimits.pageBytesMax) }
    }

    @Test("a row that was changed below a running ledger is named, not shown")
    func tampered() async throws {
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 5)))
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 6)))
        try SQLFile.run(
            "UPDATE journal SET entry = CAST(replace(CAST(entry AS TEXT), 'faucet', 'faucot') AS BLOB) WHERE position = 1",
            on: folder.ledger)
        #expect(try await ledger.page(from: 0, limit: 1).next == 1)
        let error = await #expect(throws: LedgerError.self) { try await ledger.page(from: 0, limit: 2) }
        guard case .corrupted(1, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a document at all the limits of its fields fits the bound of its kind, which is less than twice that")
    func boundsFit() async throws {
        let text = Untrusted(String(repeating: "t", count: Limits.nameBytesMax))
        let parties = (0..<Limits.partiesMax).map { _ in Address.random() }
        let offer = world.offer(grant: .random()) {
            ($0.facts, $0.allow, $0.deny, $0.region) = (facts(Limits.factsMax), parties, parties, text)
        }
        let record = world.attestation {
            ($0.facts, $0.kernelVersion) = (facts(Limits.factsMax), text)
            $0.contradictions = (0..<LedgerLimits.contradictionsMax).map { _ in
                Untrusted(String(repeating: "c", count: Limits.eventBytesMax))
            }
        }
        let constraint = Constraint(
            fact: Untrusted(String(repeating: "n", count: Limits.factNameBytesMax)), minimum: .max, maximum: .max,
            levelMin: .measured)
        let demand = world.demand {
            ($0.constraints, $0.allow, $0.deny) = (
                Array(repeating: constraint, count: Limits.constraintsMax), parties, parties
            )
            $0.regions = Array(repeating: text, count: LedgerLimits.regionsMax)
        }
        let withdrawal = world.sign(
            Withdrawal(
                subject: .random(), reason: Untrusted(String(repeating: "r", count: LedgerLimits.reasonBytesMax)),
                issuedAt: .max),
            by: world.owner)
        let rating = world.rating(.random()) {
            $0.comment = Untrusted(String(repeating: "c", count: Limits.ratingCommentBytesMax))
        }
        let reference = Untrusted(String(repeating: "r", count: LedgerLimits.referenceBytesMax))
        let entries: [Entry] = [
            .offer(offer), .attestation(record), .demand(demand), .withdrawal(withdrawal), .rating(rating),
            .grant(world.grant { $0.label = text }),
            .leaseOpened(world.countersign(world.terms(offer: .random(), demand: .random()))),
            .topUp(world.topUp(.random(), to: Amount(.max))), .claim(world.voucher(.random(), Amount(.max))),
            .closeRequest(world.closeRequest(.random(), by: world.buyer)), .finalize(.random()),
            .faucet(world.faucet(.random(), Amount(.max))),
            .creditIssued(world.creditIssue(.random(), Amount(.max), reference: reference)),
            .creditRedeemed(world.creditRedemption(Amount(.max), reference: reference)),
            .clock(
                world.clockOrder(at: .max) {
                    ($0.time, $0.reason) = (.max, Untrusted(String(repeating: "r", count: LedgerLimits.reasonBytesMax)))
                }),
        ]
        #expect(Set(entries.map(\.kind)) == Set(EntryKind.allCases))
        for entry in entries {
            let (bytes, most) = (try PostedEntry.canonicalJSON(entry).count, LedgerLimits.entryBytesMax(of: entry.kind))
            #expect(bytes <= most * 4 / 5, "\(entry.kind): \(bytes) of \(most)")
            #expect(bytes > 1_000 ? most <= bytes * 4 : most <= 2 << 10, "\(entry.kind): \(bytes) of \(most)")
        }
        #expect(EntryKind.allCases.map { LedgerLimits.entryBytesMax(of: $0) }.max() == LedgerLimits.entryBytesMax)
        #expect(LedgerLimits.entryBytesMax < LedgerLimits.pageBytesMax)
    }
}

/// Changes a ledger's file behind its back.
enum SQLFile {
    static func run(_ sql: String, on path: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }
}
