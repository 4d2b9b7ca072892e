import GCXLedger
import GCXLedgerSQLite
import GCXModel
import GCXSigning
import Support
import Testing

/// Every move at every stage of a lease: what is taken, what is refused and in which words, by every way into a ledger.
@Suite("the life of a lease, move by move")
struct LeaseMatrixTests {
    @Test("each move has a verdict at each stage")
    func whole() {
        for move in LeaseMove.all { #expect(move.verdicts.count == LeaseStage.allCases.count, "\(move)") }
    }

    @Test("in memory: the verdict, one entry or none, and not a unit lost", arguments: LeaseStage.allCases)
    func inMemory(_ stage: LeaseStage) throws {
        for (move, verdict) in Self.column(stage) {
            let scene = try LeaseScene(stage)
            let entry = move.entry(scene)
            let expected = scene.error(verdict, of: entry)
            #expect(scene.book.refusal(of: entry) == expected, "\(stage), \(move)")
            var book = scene.book
            let isTaken = (try? book.post(entry)) != nil
            #expect(isTaken == (expected == nil), "\(stage), \(move)")
            #expect(isTaken || book.state == scene.book.state, "\(stage), \(move): a refused entry left a trace")
            #expect(book.state.size == scene.book.state.size + (isTaken ? 1 : 0), "\(stage), \(move)")
            #expect(book.state.conservation().isKept, "\(stage), \(move): \(book.state.conservation())")
            #expect(book.state.conservation().minted == 50_000, "\(stage), \(move)")
        }
    }

    @Test("in a journal that an operator wrote against the rules: the same words", arguments: LeaseStage.allCases)
    func onReplay(_ stage: LeaseStage) throws {
        for (move, verdict) in Self.column(stage) {
            let scene = try LeaseScene(stage)
            let posted = try scene.book.next(move.entry(scene))
            let expected = scene.error(verdict, of: posted.entry)
            var audit = Audit(scene.world.charter)
            for row in try scene.book.rows(and: posted) { audit.take(row) }
            // No head was given, so the report says that, and nothing of the entries but what is expected.
            let found = audit.report().problems.filter { $0.index != nil }
            let words = expected.map { [VerifyReport.Problem(index: posted.index, detail: Untrusted($0.description))] }
            #expect(found == words ?? [], "\(stage), \(move)")
            for checksSignatures in [true, false] {
                var state = scene.book.state
                var error: LedgerError?
                do throws(LedgerError) {
                    try state.apply(posted, checksSignatures: checksSignatures)
                } catch let refused { error = refused }
                #expect(error == expected, "\(stage), \(move)")
            }
        }
    }

    @Test("in a file, and in the file opened again: the same error, and not a trace", arguments: LeaseStage.allCases)
    func inFile(_ stage: LeaseStage) async throws {
        let (scene, folder) = (try LeaseScene(stage), try Folder())
        // A post that stands there already is answered, not refused.
        let refused = Self.column(stage).map { ($0.move, $0.verdict, $0.move.entry(scene)) }.filter {
            scene.error($0.1, of: $0.2) != nil && $0.1 != .reused
        }
        do {
            var journal = try WrittenJournal(folder, scene.world)
            for posted in scene.book.journal { try journal.append(posted.entry, at: posted.postedAt) }
        }
        for _ in 0..<2 {
            let ledger = try openLedger(folder, scene.world)
            let bench = LedgerBench(ledger: ledger, world: scene.world)
            let before = await Standing(ledger, scene)
            for (move, verdict, entry) in refused {
                try await bench.refuses(entry, "\(stage), \(move)") { $0 == scene.error(verdict, of: entry) }
            }
            #expect(await Standing(ledger, scene) == before, "\(stage)")
            #expect(before.lease == (try? scene.book.state.lease(scene.id)), "\(stage)")
            #expect(before.payer == scene.book.state.account(scene.world.buyer.address), "\(stage)")
        }
    }

    private static func column(_ stage: LeaseStage) -> [(move: LeaseMove, verdict: LeaseVerdict)] {
        let place = LeaseStage.allCases.firstIndex(of: stage) ?? 0
        return LeaseMove.all.map { ($0, $0.verdicts[place]) }
    }

    /// All that a move could change.
    private struct Standing: Equatable {
        let lease: LeaseRecord?
        let payer: Account
        let payee: Account
        let ratings: [RatingRecord]
        let money: Conservation

        init(_ ledger: SQLiteLedger, _ scene: LeaseScene) async {
            lease = try? await ledger.lease(scene.id)
            payer = await ledger.account(scene.world.buyer.address)
            payee = await ledger.account(scene.world.owner.address)
            ratings = await ledger.ratings(of: scene.world.owner.address)
            money = await ledger.conservation()
        }
    }
}
