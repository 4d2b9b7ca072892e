import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    static let closing: [LedgerScenario] = [
        LedgerScenario("the payee or the machine closes at once, and the rest goes back") { bench in
            let world = bench.world
            for (count, key) in [world.owner, world.machine].enumerated() {
                let id = try await bench.openLease()
                try await bench.ledger.post(.claim(world.voucher(id, 600)))
                let before = try await bench.ledger.account(world.buyer.address).balance
                try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: key)))
                let closed = Escrow.closed(settled: 600, refunded: 9_400, closedAt: bench.clock.now)
                try bench.expect(try await bench.ledger.lease(id).escrow, is: closed)
                try await bench.expectBalance(world.buyer, Amount(before.value + 9_400))
                try await bench.expectBalance(world.owner, Amount(UInt128(count + 1) * 600))
            }
        },
        LedgerScenario("the payer's request opens a window in which claims are still good") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            bench.clock.advance(3)
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            let closesAt = bench.clock.now + 10
            let closing = Escrow.closing(
                deposit: 10_000, settled: 0, requestedAt: bench.clock.now, closesAt: closesAt)
            try bench.expect(try await bench.ledger.lease(id).escrow, is: closing)
            try await bench.expectBalance(world.buyer, 40_000)
            bench.clock.set(closesAt - 1)
            try await bench.refuses(.finalize(id), .closeWindowNotOver(id, closesAt: closesAt))
            try await bench.ledger.post(.claim(world.voucher(id, 500)))
            bench.clock.set(closesAt)
            try await bench.refuses(.claim(world.voucher(id, 600)), .closeWindowOver(id, closedAt: closesAt))
            try await bench.ledger.post(.finalize(id))
            try await bench.expectBalance(world.buyer, 49_500)
            try await bench.expectBalance(world.owner, 500)
        },
        LedgerScenario("the payer's request freezes top-ups and the rate cap") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            bench.clock.advance(3)
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            let closesAt = bench.clock.now + 10
            bench.clock.advance(5)
            try await bench.refuses(
                .topUp(world.topUp(id, to: 11_000)), .leaseClosing(id, closesAt: closesAt))
            try bench.expect(try await bench.ledger.lease(id).payable(at: bench.clock.now), is: 1_030)
            try await bench.ledger.post(.claim(world.voucher(id, 1_030)))
        },
        LedgerScenario("once the payer asked to close, a voucher beyond what is payable pays up to that, once") {
            bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.ledger.post(.claim(world.voucher(id, 400)))
            bench.clock.advance(3)
            try await bench.refuses(
                .claim(world.voucher(id, 1_031)), .rateCapExceeded(id, allowed: 1_030, asked: 1_031))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            bench.clock.advance(5)
            let (voucher, before) = (world.voucher(id, 1_031), try await bench.ledger.lease(id))
            try bench.expect(before.payment(of: 1_031, at: bench.clock.now), is: 1_030)
            try await bench.ledger.post(.claim(voucher))
            let after = try await bench.ledger.lease(id)
            try bench.expect(after.settled, is: 1_030)
            try bench.expect(after.voucher, is: voucher)
            try await bench.expectBalance(world.owner, 1_030)
            try bench.expect(try await bench.ledger.post(.claim(voucher)).duplicate, "a voucher paid twice")
            for more in [Amount(1_029), 1_030, 1_032, Amount(.max)] {
                try await bench.refuses(
                    .claim(world.voucher(id, more)), .staleVoucher(id, settled: 1_030, offered: more))
            }
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            try await bench.expectBalance(world.buyer, 48_970)
        },
        LedgerScenario("a voucher beyond the deposit of a lease that its payer closes pays the deposit") { bench in
            let world = bench.world
            let id = try await bench.openLease { ($0.deposit, $0.burst) = (500, 1_000) }
            try await bench.refuses(
                .claim(world.voucher(id, 501)), .escrowExceeded(id, held: 500, asked: 501))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            try await bench.ledger.post(.claim(world.voucher(id, 501)))
            try await bench.expectBalance(world.owner, 500)
            bench.clock.advance(10)
            try await bench.refuses(
                .claim(world.voucher(id, 502)), .closeWindowOver(id, closedAt: bench.clock.now))
        },
        LedgerScenario("a second request of the payer does not prolong the window") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            let closesAt = bench.clock.now + 10
            bench.clock.advance(5)
            try await bench.refuses(
                .closeRequest(world.closeRequest(id, by: world.buyer)), .leaseClosing(id, closesAt: closesAt))
        },
        LedgerScenario("the machine may close inside the payer's window") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.buyer)))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.machine)))
            try await bench.expectBalance(world.buyer, 50_000)
            bench.clock.advance(10)
            try await bench.refuses(.finalize(id), .leaseClosed(id))
        },
        LedgerScenario("only a party of the lease asks to close it, in its own name") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            for key in [world.stranger, world.session] {
                try await bench.refuses(.closeRequest(world.closeRequest(id, by: key))) {
                    if case .notAllowed(key.address, _) = $0 { true } else { false }
                }
            }
            let request = CloseRequest(channel: id, requester: world.owner.address, requestedAt: bench.clock.now)
            try await bench.refuses(
                .closeRequest(world.sign(request, by: world.buyer)),
                .badSignature(.closeRequest, expected: world.owner.address, got: world.buyer.address))
        },
        LedgerScenario("a lease that nobody asked to close is not finalized") { bench in
            let id = try await bench.openLease()
            bench.clock.advance(100_000)
            try await bench.refuses(.finalize(id), .notClosing(id))
            let nothing = Digest.random()
            try await bench.refuses(.finalize(nothing), .leaseUnknown(nothing))
        },
        LedgerScenario("a closed lease never moves again") { bench in
            let world = bench.world
            let lease = bench.lease(try await bench.openMarket())
            let id = lease.lease(in: world.domain)
            try await bench.ledger.post(.leaseOpened(lease))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            let closed = try await bench.ledger.lease(id)
            bench.clock.advance(1)
            for entry: Entry in [
                .claim(world.voucher(id, 1)), .topUp(world.topUp(id, to: 20_000)), .finalize(id),
                .closeRequest(world.closeRequest(id, by: world.buyer)),
                .closeRequest(world.closeRequest(id, by: world.machine)),
            ] {
                try await bench.refuses(entry, .leaseClosed(id))
            }
            try bench.expect(try await bench.ledger.post(.leaseOpened(lease)).duplicate, "a closed lease came back")
            try bench.expect(try await bench.ledger.lease(id), is: closed)
            try await bench.expectBalance(world.buyer, 50_000)
        },
    ]

    static let ratings: [LedgerScenario] = [
        LedgerScenario("each side rates the other once, on a settled lease only") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.refuses(.rating(world.rating(id)), .notSettled(id))
            try await bench.ledger.post(.claim(world.voucher(id, 700)))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            try await bench.ledger.post(.rating(world.rating(id)))
            try await bench.ledger.post(.rating(world.rating(id, by: world.owner, of: world.buyer) { $0.stars = 2 }))
            try await bench.refuses(
                .rating(world.rating(id) { $0.stars = 1 }), .alreadyRated(id, by: world.buyer.address))
            let ofOwner = try await bench.ledger.ratings(of: world.owner.address)
            try bench.expect(ofOwner.map(\.rating.document.stars), is: [5])
            try bench.expect(ofOwner.map(\.settled), is: [700])
            try bench.expect(ofOwner.map(\.rateeWasPayee), is: [true])
            let ofBuyer = try await bench.ledger.ratings(of: world.buyer.address)
            try bench.expect(ofBuyer.map(\.rating.document.stars), is: [2])
            try bench.expect(ofBuyer.map(\.rateeWasPayee), is: [false])
            try bench.expect(try await bench.ledger.lease(id).ratings.count, is: 2)
        },
        LedgerScenario("a rating is by one side about the other, with 1 to 5 stars and a short comment") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            for (rater, ratee) in [
                (world.machine, world.buyer), (world.stranger, world.owner), (world.buyer, world.buyer),
                (world.buyer, world.machine),
            ] {
                try await bench.refuses(.rating(world.rating(id, by: rater, of: ratee))) {
                    if case .notAllowed(rater.address, _) = $0 { true } else { false }
                }
            }
            for stars in [UInt8(0), 6, 255] {
                try await bench.refuses(.rating(world.rating(id) { $0.stars = stars })) {
                    if case .malformed(.rating, "stars", _) = $0 { true } else { false }
                }
            }
            try await bench.refuses(
                .rating(world.rating(id) { $0.comment = Untrusted(String(repeating: "x", count: 1_001)) }),
                .documentTooLarge(.rating, field: "comment", max: 1_000))
            let forged = Signed(world.rating(id).document, by: world.stranger, in: world.domain)
            try await bench.refuses(
                .rating(forged),
                .badSignature(.rating, expected: world.buyer.address, got: world.stranger.address))
        },
    ]
}
