import GCXLedger
package import GCXModel
import GCXSigning

// What a lease costs that nobody uses.
extension LedgerConformance {
    /// The lease of the test world costs 18,757 an hour in full use; half of it is 9,378.
    static let halfHour: Amount = 9_378

    static let reservations: [LedgerScenario] = [
        LedgerScenario("a lease that nobody used pays its owner the reservation, without a voucher") { bench in
            let id = try await bench.openLease(under: .half)
            try bench.expect(try await bench.ledger.lease(id).reservationHour, is: halfHour)
            bench.clock.advance(100)
            try await bench.ledger.post(.closeRequest(bench.world.closeRequest(id, by: bench.world.machine)))
            // 9,378 × 100 / 3,600, rounded down.
            let closed = Escrow.closed(settled: 260, refunded: 9_740, closedAt: bench.clock.now)
            try bench.expect(try await bench.ledger.lease(id).escrow, is: closed)
            try await bench.expectBalance(bench.world.owner, 260)
            try await bench.expectBalance(bench.world.buyer, 49_740)
        },
        LedgerScenario("what was vouched for counts towards the reservation, and is not lessened by it") { bench in
            for (vouched, settled) in [(200, 260), (900, 900)] as [(Amount, Amount)] {
                let id = try await bench.openLease(under: .half)
                bench.clock.advance(100)
                let before = try await bench.ledger.account(bench.world.owner.address).balance
                try await bench.ledger.post(.claim(bench.world.voucher(id, vouched)))
                try await bench.ledger.post(.closeRequest(bench.world.closeRequest(id, by: bench.world.owner)))
                try bench.expect(try await bench.ledger.lease(id).settled, is: settled)
                try await bench.expectBalance(bench.world.owner, Amount(before.value + settled.value))
            }
        },
        LedgerScenario("the reservation stands still at the payer's request, whoever ends the lease and when") {
            bench in
            for isFinalized in [true, false] {
                let id = try await bench.openLease(under: .half)
                bench.clock.advance(36)
                try await bench.ledger.post(.closeRequest(bench.world.closeRequest(id, by: bench.world.buyer)))
                bench.clock.advance(isFinalized ? 400 : 7)
                try await bench.ledger.post(
                    isFinalized
                        ? .finalize(id) : .closeRequest(bench.world.closeRequest(id, by: bench.world.machine)))
                try bench.expect(try await bench.ledger.lease(id).settled, is: 93)
            }
        },
        LedgerScenario("no reservation before the start, after the end, or beyond the deposit") { bench in
            let now = bench.clock.now
            let early = try await bench.openLease(under: .half) { ($0.startsAt, $0.endsAt) = (now + 600, now + 1_200) }
            let late = try await bench.openLease(under: .half)
            let poor = try await bench.openLease(under: .half) { $0.deposit = 100 }
            bench.clock.advance(590)
            try await bench.ledger.post(.closeRequest(bench.world.closeRequest(early, by: bench.world.machine)))
            try bench.expect(try await bench.ledger.lease(early).settled, is: .zero)
            bench.clock.advance(100_000)
            for (id, settled) in [(late, 1_563), (poor, 100)] as [(LeaseID, Amount)] {
                try await bench.ledger.post(.closeRequest(bench.world.closeRequest(id, by: bench.world.machine)))
                try bench.expect(try await bench.ledger.lease(id).settled, is: settled)
            }
        },
        LedgerScenario("an offer's conduct has its bounds") { bench in
            let grant = bench.world.grant()
            try await bench.ledger.post(.grant(grant))
            for (field, edit) in [
                ("reservationPercent", { $0.reservationPercent = 101 }),
                ("signSeconds", { $0.signSeconds = Limits.signSecondsMax + 1 }),
                ("idleSeconds", { $0.idleSeconds = Limits.idleSecondsMax + 1 }), ("endpoints", { $0.endpoints = [""] }),
                ("endpoints", { $0.endpoints = ["unix:/a\u{1b}[2J"] }),
            ] as [(String, (inout OfferConduct) -> Void)] {
                var conduct = OfferConduct.half
                edit(&conduct)
                let offer = bench.world.offer(grant: grant.digest(in: bench.world.domain)) { $0.conduct = conduct }
                try await bench.refuses(.offer(offer), "malformed \(field)") {
                    if case .malformed(.offer, let found, _) = $0 { found == "conduct.\(field)" } else { false }
                }
            }
            let places = bench.world.offer(grant: grant.digest(in: bench.world.domain)) {
                $0.conduct = OfferConduct.half
                $0.conduct?.endpoints = [Untrusted](repeating: "unix:/a", count: Limits.endpointsMax + 1)
            }
            try await bench.refuses(
                .offer(places), .documentTooLarge(.offer, field: "conduct.endpoints", max: Limits.endpointsMax))
        },
    ]
}

extension OfferConduct {
    /// Half of full use is the least.
    package static let half = OfferConduct(
        endpoints: ["unix:/run/gcx/agent.sock"], signSeconds: 0, idleSeconds: 900, reservationPercent: 50)
}

extension LedgerBench {
    /// A lease on an offer and a demand of its own, on which there is room.
    fileprivate func openLease(
        under conduct: OfferConduct, _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) async throws -> LeaseID {
        let market = try await openMarket(offer: {
            $0.conduct = conduct
            $0.capacity = Resources(cores: 100, memoryBytes: 1 << 40, storageBytes: 1 << 40, gpus: 0)
        })
        let lease = lease(market, edit)
        try await ledger.post(.leaseOpened(lease))
        return lease.lease(in: world.domain)
    }
}
