import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    /// For a ledger of the world's operator that is no test network.
    package static let privateScenarios: [LedgerScenario] = [
        LedgerScenario("the operator issues credit, and nobody makes money otherwise") { bench in
            let (world, buyer) = (bench.world, bench.world.buyer.address)
            try await bench.refuses(.faucet(world.faucet(buyer, 1)), .notTestNetwork)
            let issue = world.creditIssue(buyer, 700)
            try await bench.ledger.post(.creditIssued(issue))
            try bench.expect(try await bench.ledger.post(.creditIssued(issue)).duplicate, "issued twice")
            try await bench.refuses(
                .creditIssued(world.creditIssue(buyer, 1, by: world.buyer)),
                .badSignature(.creditIssued, expected: world.operator.address, got: buyer))
            try await bench.expectBalance(world.buyer, 700)
            try bench.expect(try await bench.ledger.identity().credit, is: Credit(issued: 700))
            try await bench.refuses(
                .creditIssued(world.creditIssue(world.owner.address, Amount(.max))), .amountOverflow(.creditIssued))
        },
        LedgerScenario("credit is redeemed with the word of the account and of the operator, as far as it goes") {
            bench in
            let (world, buyer) = (bench.world, bench.world.buyer.address)
            try await bench.ledger.post(.creditIssued(world.creditIssue(buyer, 700)))
            try await bench.refuses(
                .creditRedeemed(world.creditRedemption(300, by: world.stranger)),
                .badSignature(.creditRedeemed, expected: buyer, got: world.stranger.address))
            for other in [world.buyer, world.stranger] {
                try await bench.refuses(
                    .creditRedeemed(world.creditRedemption(300, operator: other)),
                    .badSignature(.creditRedeemed, expected: world.operator.address, got: other.address))
            }
            try await bench.refuses(
                .creditRedeemed(world.creditRedemption(701)), .insufficientFunds(buyer, holds: 700, needs: 701))
            let redemption = world.creditRedemption(300)
            try await bench.ledger.post(.creditRedeemed(redemption))
            try bench.expect(try await bench.ledger.post(.creditRedeemed(redemption)).duplicate, "redeemed twice")
            try await bench.expectBalance(world.buyer, 400)
            try bench.expect(try await bench.ledger.identity().credit, is: Credit(issued: 700, redeemed: 300))
        },
        LedgerScenario("credit says what it is for, on one line, and is never nothing") { bench in
            let (world, buyer) = (bench.world, bench.world.buyer.address)
            let references: [Untrusted] = ["", "a\u{7}", Untrusted(String(repeating: "x", count: 257))]
            for reference in references {
                for entry: Entry in [
                    .creditIssued(world.creditIssue(buyer, 1, reference: reference)),
                    .creditRedeemed(world.creditRedemption(1, reference: reference)),
                ] {
                    try await bench.refuses(entry) {
                        switch $0 {
                        case .malformed(entry.kind, "reference", _), .documentTooLarge(entry.kind, "reference", _): true
                        default: false
                        }
                    }
                }
            }
            for entry: Entry in [
                .creditIssued(world.creditIssue(buyer, 0)), .creditRedeemed(world.creditRedemption(0)),
            ] {
                try await bench.refuses(entry, .malformed(entry.kind, field: "amount", reason: "is zero"))
            }
        },
        LedgerScenario("a lease is paid with credit, and what is in escrow is not redeemed") { bench in
            let world = bench.world
            try await bench.ledger.post(.creditIssued(world.creditIssue(world.buyer.address, 12_000)))
            let grant = world.grant()
            try await bench.ledger.post(.grant(grant))
            let offer = world.offer(grant: grant.digest(in: world.domain))
            try await bench.ledger.post(.offer(offer))
            let demand = world.demand()
            try await bench.ledger.post(.demand(demand))
            let lease = world.countersign(
                world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)))
            let id = lease.lease(in: world.domain)
            try await bench.ledger.post(.leaseOpened(lease))
            try await bench.refuses(
                .creditRedeemed(world.creditRedemption(2_001)),
                .insufficientFunds(world.buyer.address, holds: 2_000, needs: 2_001))
            try await bench.ledger.post(.claim(world.voucher(id, 600)))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            try await bench.ledger.post(.creditRedeemed(world.creditRedemption(11_400)))
            try await bench.expectBalance(world.buyer, 0)
            try await bench.expectBalance(world.owner, 600)
        },
    ]
}
