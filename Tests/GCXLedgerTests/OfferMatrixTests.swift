import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

/// What may still be done with an offer, a demand and a grant after each thing that can become of them.
@Suite("the life of an offer, move by move")
struct OfferMatrixTests {
    @Test(
        "each move at each stage: taken, or refused in the right words and without a trace",
        arguments: OfferStage.allCases)
    func verdicts(_ stage: OfferStage) throws {
        for move in OfferMove.all {
            let scene = try OfferScene(stage)
            let entry = move.entry(scene)
            let expected = scene.error(move.verdict(stage))
            #expect(scene.book.refusal(of: entry) == expected, "\(stage), \(move)")
            var book = scene.book
            let isTaken = (try? book.post(entry)) != nil
            #expect(isTaken == (expected == nil), "\(stage), \(move)")
            #expect(isTaken || book.state == scene.book.state, "\(stage), \(move)")
        }
    }

    @Test("what is listed is what a lease can be opened on", arguments: OfferStage.allCases)
    func listed(_ stage: OfferStage) throws {
        let scene = try OfferScene(stage)
        let (state, now) = (scene.book.state, scene.world.clock.now)
        let isOffered = state.offers(liveAt: now).map(\.digest).contains(scene.market.offer)
        let isWanted = state.demands(liveAt: now).map(\.digest).contains(scene.market.demand)
        #expect((isOffered && isWanted) == (scene.book.refusal(of: scene.lease) == nil), "\(stage)")
        #expect(state.offers(liveAt: nil).map(\.digest).contains(scene.market.offer), "\(stage)")
        #expect(state.demands(liveAt: nil).map(\.digest).contains(scene.market.demand), "\(stage)")
        #expect(state.offers(liveAt: now, from: 0).items == state.offers(liveAt: now), "\(stage)")
        #expect(state.demands(liveAt: now, from: 0).items == state.demands(liveAt: now), "\(stage)")
    }

    @Test("nobody but its signer, and of an offer its owner, takes a document back")
    func withdrawals() throws {
        let scene = try OfferScene(.stands)
        let (world, market) = (scene.world, scene.market)
        let all = [world.owner, world.machine, world.buyer, world.session, world.operator, world.stranger]
        for (subject, allowed) in [
            (market.grant, [world.owner]), (market.offer, [world.machine, world.owner]), (market.demand, [world.buyer]),
        ] {
            for key in all {
                let error = scene.book.refusal(of: scene.withdrawal(subject, by: key))
                let isAllowed = allowed.contains { $0.address == key.address }
                let refusal = LedgerError.badSignature(.withdrawal, expected: allowed[0].address, got: key.address)
                #expect(error == (isAllowed ? nil : refusal))
            }
        }
    }
}
