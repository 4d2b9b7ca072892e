import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    static let money: [LedgerScenario] = [
        LedgerScenario("only the operator makes money, and it lands in the account") { bench in
            let world = bench.world
            try await bench.refuses(.creditIssued(world.creditIssue(world.buyer.address, 7)), .testNetwork)
            try await bench.refuses(.creditRedeemed(world.creditRedemption(7)), .testNetwork)
            try bench.expect(try await bench.ledger.identity().credit, is: nil)
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 7)))
            try await bench.ledger.post(.faucet(world.faucet(world.buyer.address, 5)))
            try await bench.expectBalance(world.buyer, 12)
            try await bench.expectBalance(world.stranger, 0)
            try await bench.refuses(
                .faucet(world.faucet(world.buyer.address, 7, by: world.buyer)),
                .badSignature(.faucet, expected: world.operator.address, got: world.buyer.address))
            try await bench.refuses(
                .faucet(world.faucet(world.owner.address, Amount(.max))), .amountOverflow(.faucet))
        },
        LedgerScenario("a voucher pays the payee up to its cumulative amount, at once") { bench in
            let id = try await bench.openLease()
            let voucher = bench.world.voucher(id, 400)
            try await bench.ledger.post(.claim(voucher))
            try await bench.expectBalance(bench.world.owner, 400)
            try await bench.ledger.post(.claim(bench.world.voucher(id, 1_000)))
            try await bench.expectBalance(bench.world.owner, 1_000)
            let record = try await bench.ledger.lease(id)
            try bench.expect(record.escrow, is: .open(deposit: 10_000, settled: 1_000))
            try bench.expect(record.voucher?.document.cumulative, is: 1_000)
            try bench.expect(try await bench.ledger.account(bench.world.buyer.address).escrowed, is: 9_000)
        },
        LedgerScenario("a voucher at or below what was paid is stale") { bench in
            let id = try await bench.openLease()
            try await bench.ledger.post(.claim(bench.world.voucher(id, 500)))
            for stale in [Amount(500), 499, 0] {
                try await bench.refuses(
                    .claim(bench.world.voucher(id, stale)), .staleVoucher(id, settled: 500, offered: stale))
            }
        },
        LedgerScenario("a voucher beyond the escrow pays nothing, and is good after a top-up") { bench in
            let world = bench.world
            let id = try await bench.openLease { $0.burst = 100_000 }
            let voucher = Entry.claim(world.voucher(id, 10_001))
            try await bench.refuses(voucher, .escrowExceeded(id, held: 10_000, asked: 10_001))
            try await bench.expectBalance(world.owner, 0)
            try await bench.ledger.post(.topUp(world.topUp(id, to: 10_001)))
            try await bench.ledger.post(voucher)
            try await bench.expectBalance(world.owner, 10_001)
        },
        LedgerScenario("vouchers reach the burst at once and then grow with the hourly cap") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.refuses(
                .claim(world.voucher(id, 1_001)), .rateCapExceeded(id, allowed: 1_000, asked: 1_001))
            try await bench.ledger.post(.claim(world.voucher(id, 1_000)))
            bench.clock.advance(7)
            try await bench.refuses(
                .claim(world.voucher(id, 1_071)), .rateCapExceeded(id, allowed: 1_070, asked: 1_071))
            try await bench.ledger.post(.claim(world.voucher(id, 1_070)))
        },
        LedgerScenario("the rate cap counts from the start of a lease that begins later") { bench in
            let start = bench.clock.now + 100
            let id = try await bench.openLease { ($0.startsAt, $0.endsAt) = (start, start + 600) }
            bench.clock.set(start + 1)
            try await bench.refuses(
                .claim(bench.world.voucher(id, 1_011)), .rateCapExceeded(id, allowed: 1_010, asked: 1_011))
        },
        LedgerScenario("the rate cap counts from the opening of a lease that was to begin before") { bench in
            let market = try await bench.openMarket()
            let lease = bench.lease(market)
            bench.clock.advance(50)
            try await bench.ledger.post(.leaseOpened(lease))
            let id = lease.lease(in: bench.world.domain)
            try await bench.refuses(
                .claim(bench.world.voucher(id, 1_001)), .rateCapExceeded(id, allowed: 1_000, asked: 1_001))
        },
        LedgerScenario("only the lease's own session key signs its vouchers") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            for key in [world.buyer, world.owner, world.machine, world.stranger] {
                try await bench.refuses(
                    .claim(world.voucher(id, 1, by: key)),
                    .badSignature(.claim, expected: world.session.address, got: key.address))
            }
            let other = Digest.random()
            try await bench.refuses(.claim(world.voucher(other, 1)), .leaseUnknown(other))
        },
        LedgerScenario("a voucher of one lease pays nothing on another") { bench in
            let world = bench.world
            let first = try await bench.openLease()
            let second = try await bench.openLease()
            let voucher = world.voucher(first, 300)
            var moved = voucher.document
            moved.channel = second
            try await bench.refuses(.claim(Signed(document: moved, signature: voucher.signature))) {
                if case .badSignature(.claim, world.session.address, _) = $0 { true } else { false }
            }
            try await bench.ledger.post(.claim(voucher))
            try bench.expect(try await bench.ledger.lease(second).settled, is: 0)
        },
        LedgerScenario("order and batching of claims change no total") { bench in
            let world = bench.world
            let (all, one) = (try await bench.openLease(), try await bench.openLease())
            for amount in [Amount(100), 250, 900] { try await bench.ledger.post(.claim(world.voucher(all, amount))) }
            try await bench.ledger.post(.claim(world.voucher(one, 900)))
            try await bench.refuses(
                .claim(world.voucher(one, 250)), .staleVoucher(one, settled: 900, offered: 250))
            try bench.expect(try await bench.ledger.lease(all).escrow, is: try await bench.ledger.lease(one).escrow)
            try await bench.expectBalance(world.owner, 1_800)
        },
        LedgerScenario("a top-up names the new total and takes only the difference") { bench in
            let world = bench.world
            let id = try await bench.openLease()
            try await bench.ledger.post(.topUp(world.topUp(id, to: 12_000)))
            try await bench.expectBalance(world.buyer, 38_000)
            try await bench.ledger.post(.topUp(world.topUp(id, to: 12_000)))
            try await bench.expectBalance(world.buyer, 38_000)
            try await bench.refuses(
                .topUp(world.topUp(id, to: 11_999)), .staleTopUp(id, deposit: 12_000, offered: 11_999))
            try await bench.refuses(
                .topUp(world.topUp(id, to: 50_001)),
                .insufficientFunds(world.buyer.address, holds: 38_000, needs: 38_001))
            try await bench.refuses(
                .topUp(world.topUp(id, to: 13_000, by: world.session)),
                .badSignature(.topUp, expected: world.buyer.address, got: world.session.address))
        },
    ]
}
