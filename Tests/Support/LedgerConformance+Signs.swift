import GCXLedger
package import GCXModel
package import GCXSigning

// Who was heard, and which offers are listed.
extension LedgerConformance {
    static let signs: [LedgerScenario] = [
        LedgerScenario(
            "an offer is listed for as long as its machine is heard, and a lease can be opened on it all the same"
        ) { bench in
            let market = try await bench.openMarket(offer: { $0.conduct = .heard })
            // Its posting is a sign.
            bench.clock.advance(60)
            try await bench.expectListed(market.offer)
            bench.clock.advance(1)
            try await bench.expectListed(nil)
            try bench.expect(try await bench.ledger.offers(liveOnly: false).count, is: 1)
            try await bench.ledger.see(bench.sign(market.offer))
            try await bench.expectListed(market.offer)
            bench.clock.advance(60)
            try await bench.expectListed(market.offer)
            bench.clock.advance(1)
            try await bench.expectListed(nil)
            let lease = bench.lease(market)
            try await bench.ledger.post(.leaseOpened(lease))
        },
        LedgerScenario("a machine that leaves is not listed until it is heard again, and nothing of it is written") {
            bench in
            let market = try await bench.openMarket(offer: { $0.conduct = .heard })
            let before = try await (bench.ledger as? any TransparentLedger)?.head()
            try await bench.ledger.see(bench.sign(market.offer) { $0.isLeaving = true })
            try await bench.expectListed(nil)
            bench.clock.advance(1)
            try await bench.ledger.see(bench.sign(market.offer))
            try await bench.expectListed(market.offer)
            try bench.expect(try await (bench.ledger as? any TransparentLedger)?.head() == before, "signs left a trace")
        },
        LedgerScenario("a sign that was heard before says nothing, whoever sends it again") { bench in
            let market = try await bench.openMarket(offer: { $0.conduct = .heard })
            let sign = bench.sign(market.offer)
            try await bench.ledger.see(sign)
            bench.clock.advance(61)
            try await bench.ledger.see(sign)
            try await bench.expectListed(nil)
            let leaving = bench.sign(market.offer) { $0.isLeaving = true }
            try await bench.ledger.see(leaving)
            try await bench.unheard(bench.sign(market.offer) { $0.at -= 1 })
            try await bench.unheard(bench.sign(market.offer))
            try await bench.ledger.see(leaving)
            try await bench.expectListed(nil)
        },
        LedgerScenario("only the offer's machine is heard, and only when its clock is about right") { bench in
            let market = try await bench.openMarket(offer: { $0.conduct = .heard })
            bench.clock.advance(61)
            let (world, now) = (bench.world, bench.clock.now)
            try await bench.unheard(bench.sign(market.offer, by: world.owner))
            try await bench.unheard(
                bench.sign(market.offer, by: world.stranger) { $0.machine = world.stranger.address })
            try await bench.unheard(Signed(document: bench.sign(market.offer).document, signature: .zero))
            for date in [now - 301, now + 301, 0, .max] {
                try await bench.unheard(bench.sign(market.offer) { $0.at = date })
            }
            try await bench.expectListed(nil)
            try await bench.ledger.see(bench.sign(market.offer) { $0.at = now - 300 })
            try await bench.expectListed(market.offer)
        },
        LedgerScenario("signs are for offers that stand and ask for them") { bench in
            let market = try await bench.openMarket()
            try await bench.unheard(bench.sign(market.offer))
            let nothing = Digest.random()
            try await bench.unheard(bench.sign(nothing), .unknownOffer(nothing))
            let second = try await bench.openMarket(offer: { $0.conduct = .heard })
            try await bench.ledger.post(.withdrawal(bench.world.withdrawal(second.offer, by: bench.world.owner)))
            try await bench.unheard(bench.sign(second.offer), .withdrawn(.offer, second.offer))
        },
    ]
}

extension OfferConduct {
    /// A minute without a sign.
    package static let heard = OfferConduct(
        endpoints: ["unix:/run/gcx/agent.sock"], signSeconds: 60, idleSeconds: 0, reservationPercent: 0)
}

extension LedgerBench {
    package func sign(
        _ offer: Digest, by key: PrivateKey? = nil, _ edit: (inout SignOfLife) -> Void = { _ in }
    ) -> Signed<SignOfLife> {
        var sign = SignOfLife(machine: world.machine.address, offer: offer, at: clock.now, isLeaving: false)
        edit(&sign)
        return world.sign(sign, by: key ?? world.machine)
    }

    /// A sign that has to be refused.
    fileprivate func unheard(
        _ sign: Signed<SignOfLife>, _ expected: LedgerError? = nil, file: String = #fileID, line: Int = #line
    ) async throws {
        do throws(LedgerError) {
            try await ledger.see(sign)
        } catch {
            let isRefusal = if case .signRefused(sign.document.offer, _) = error { expected == nil } else { false }
            return try expect(isRefusal || error == expected, "refused with “\(error)”", file: file, line: line)
        }
        throw ConformanceFailure("the sign was taken", file: file, line: line)
    }

    /// The one offer that is listed, in the list and in its pages.
    fileprivate func expectListed(_ offer: Digest?, file: String = #fileID, line: Int = #line) async throws {
        let wanted = [offer].compactMap(\.self)
        let listed = try await ledger.offers(liveOnly: true).map(\.digest)
        try expect(listed, is: wanted, file: file, line: line)
        let paged = try await ledger.offers(liveOnly: true, from: 0).items.map(\.digest)
        try expect(paged, is: wanted, file: file, line: line)
    }
}
