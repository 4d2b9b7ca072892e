import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    private static let days: UInt64 = 86_400

    static let clock: [LedgerScenario] = [
        LedgerScenario("a jump of the machine's clock is refused, and the ledger's time stays") { bench in
            let (world, start) = (bench.world, bench.clock.now)
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 1)))
            bench.clock.advance(60)
            let latest = start + 60 + LedgerLimits.clockJumpSecondsMax
            for ahead in [latest + 1, start + 400 * days, .max] {
                bench.clock.jump(to: ahead)
                try await bench.refuses(
                    .faucet(world.faucet(world.buyer.address, 1)), .clockJumped(machine: ahead, latest: latest))
                try bench.expect(try await bench.ledger.identity().ledgerTime, is: start + 60)
            }
            bench.clock.jump(to: start + 60)
            _ = try await bench.openLease()
            try bench.expect(try await bench.ledger.identity().ledgerTime, is: start + 60)
        },
        LedgerScenario("time that went by is no jump, however much it is, nor are some days more") { bench in
            let (world, start) = (bench.world, bench.clock.now)
            bench.clock.advance(400 * days)
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 1)))
            bench.clock.jump(to: start + 404 * days)
            let receipt = try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 2)))
            try bench.expect(receipt.postedAt, is: start + 404 * days)
        },
        LedgerScenario("the operator, and nobody else, says that a clock is right that jumped") { bench in
            let (world, start) = (bench.world, bench.clock.now)
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 1)))
            bench.clock.jump(to: start + 400 * days)
            try await bench.refuses(
                .clock(world.clockOrder(at: 1, by: world.stranger)),
                .badSignature(.clock, expected: world.operator.address, got: world.stranger.address))
            for position in [UInt64(0), 2, .max] {
                try await bench.refuses(.clock(world.clockOrder(at: position))) {
                    if case .malformed(.clock, "position", _) = $0 { true } else { false }
                }
            }
            for asked in [bench.clock.now - 301, bench.clock.now + 301, 0, .max] {
                try await bench.refuses(
                    .clock(world.clockOrder(at: 1) { $0.time = asked }),
                    .clockDiffers(asked: asked, machine: bench.clock.now))
            }
            try await bench.refuses(.clock(world.clockOrder(at: 1) { $0.reason = "a\u{7}" })) {
                if case .malformed(.clock, "reason", _) = $0 { true } else { false }
            }
            let order = world.clockOrder(at: 1)
            try bench.expect(try await bench.ledger.post(.clock(order)).postedAt, is: start + 400 * days)
            try bench.expect(try await bench.ledger.post(.clock(order)).duplicate, "an order counted twice")
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 1)))
            try bench.expect(try await bench.ledger.identity().ledgerTime, is: start + 400 * days)
        },
        LedgerScenario("a ledger that was ahead is brought back by its operator, and goes on") { bench in
            let (world, start) = (bench.world, bench.clock.now)
            bench.clock.jump(to: start + 400 * days)
            try await bench.ledger.post(.clock(world.clockOrder(at: 0)))
            bench.clock.jump(to: start)
            let grant = world.grant()
            try await bench.refuses(
                .grant(grant), .expired(.grant, grant.digest(in: world.domain), at: grant.document.expiresAt))
            try await bench.ledger.post(.clock(world.clockOrder(at: 1)))
            try bench.expect(try await bench.ledger.identity().ledgerTime, is: start)
            let id = try await bench.openLease()
            try await bench.refuses(
                .claim(world.voucher(id, 1_001)), .rateCapExceeded(id, allowed: 1_000, asked: 1_001))
            bench.clock.advance(5)
            try await bench.ledger.post(.claim(world.voucher(id, 1_050)))
        },
    ]
}
