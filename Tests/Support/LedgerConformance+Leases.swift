import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    static let leases: [LedgerScenario] = [
        LedgerScenario("a lease with both signatures moves the deposit into escrow") { bench in
            let id = try await bench.openLease()
            let record = try await bench.ledger.lease(id)
            try bench.expect(record.escrow, is: .open(deposit: 10_000, settled: 0))
            try bench.expect(record.openedAt, is: bench.clock.now)
            let account = try await bench.ledger.account(bench.world.buyer.address)
            try bench.expect(account.balance, is: 40_000)
            try bench.expect(account.escrowed, is: 10_000)
            for party in [bench.world.buyer, bench.world.owner, bench.world.machine] {
                try bench.expect(try await bench.ledger.leases(of: party.address).map(\.id), is: [id])
            }
        },
        LedgerScenario("a lease needs the payer's and the machine's signature") { bench in
            let world = bench.world
            let terms = bench.lease(try await bench.openMarket()).terms
            try await bench.refuses(
                .leaseOpened(world.countersign(terms, payer: world.stranger)),
                .badSignature(.leaseOpened, expected: world.buyer.address, got: world.stranger.address))
            try await bench.refuses(
                .leaseOpened(world.countersign(terms, payer: world.session)),
                .badSignature(.leaseOpened, expected: world.buyer.address, got: world.session.address))
            try await bench.refuses(
                .leaseOpened(world.countersign(terms, machine: world.owner)),
                .badSignature(.leaseOpened, expected: world.machine.address, got: world.owner.address))
        },
        LedgerScenario("a lease names an offer and a demand that the ledger knows") { bench in
            var market = try await bench.openMarket()
            let (offer, nothing) = (market.offer, Digest.random())
            market.offer = nothing
            try await bench.refuses(.leaseOpened(bench.lease(market)), .unknownOffer(nothing))
            (market.offer, market.demand) = (offer, nothing)
            try await bench.refuses(.leaseOpened(bench.lease(market)), .unknownDemand(nothing))
        },
        LedgerScenario("terms that differ from the offer are refused, field by field") { bench in
            let market = try await bench.openMarket()
            let stranger = bench.world.stranger.address
            try await differs(bench, market, .offer, "payee") { $0.payee = stranger }
            try await differs(bench, market, .offer, "rates") { $0.rates.coreHour = 7_201 }
            try await differs(bench, market, .offer, "closeWindowSeconds") { $0.closeWindowSeconds = 9 }
            try await differs(bench, market, .offer, "receiptSeconds") { $0.receiptSeconds = 6 }
            try await differs(bench, market, .offer, "creditLimit") { $0.creditLimit = 101 }
            try await differs(bench, market, .offer, "graceSeconds") { $0.graceSeconds = 31 }
            try await differs(bench, market, .offer, "length in seconds") { $0.endsAt = $0.startsAt + 59 }
            try await differs(bench, market, .offer, "length in seconds") { $0.endsAt = $0.startsAt + 3_601 }
            try await differs(bench, market, .offer, "startsAt") { terms in
                (terms.startsAt, terms.endsAt) = (terms.startsAt - 61, terms.endsAt - 61)
            }
            try await differs(bench, market, .offer, "endsAt") { terms in
                (terms.startsAt, terms.endsAt) = (terms.startsAt + 13_801, terms.endsAt + 13_801)
            }
        },
        LedgerScenario("terms that differ from the demand are refused, field by field") { bench in
            let market = try await bench.openMarket()
            try await differs(bench, market, .demand, "length in seconds") { $0.endsAt -= 1 }
            try await differs(bench, market, .demand, "startsAt") { terms in
                (terms.startsAt, terms.endsAt) = (terms.startsAt + 7_201, terms.endsAt + 7_201)
            }
            try await differs(bench, market, .demand, "cores") { $0.resources.cores = 1 }
            try await differs(bench, market, .demand, "bytes of memory") { $0.resources.memoryBytes -= 1 }
            try await differs(bench, market, .demand, "deposit") { $0.deposit = 20_001 }
            let picky = try await bench.openMarket(demand: { $0.isolationMin = .virtualMachine })
            try await differs(bench, picky, .demand, "isolation") { _ in }
            let local = try await bench.openMarket(demand: { $0.regions = ["us-east", "us-west"] })
            try await differs(bench, local, .demand, "region") { _ in }
        },
        LedgerScenario("a machine signs only for itself and a buyer pays only its own demand") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let machine = world.terms(offer: market.offer, demand: market.demand) {
                $0.machine = world.stranger.address
            }
            try await bench.refuses(.leaseOpened(world.countersign(machine, machine: world.stranger))) {
                if case .termsDiffer("machine", .offer, _, _) = $0 { true } else { false }
            }
            let payer = world.terms(offer: market.offer, demand: market.demand) { $0.payer = world.stranger.address }
            try await bench.refuses(.leaseOpened(world.countersign(payer, payer: world.stranger))) {
                if case .termsDiffer("payer", .demand, _, _) = $0 { true } else { false }
            }
        },
        LedgerScenario("lists of who may and who may not are obeyed on both sides") { bench in
            let (buyer, owner) = (bench.world.buyer.address, bench.world.owner.address)
            let other = bench.world.stranger.address
            let refusals: [(LedgerBench.Market, Address)] = [
                (try await bench.openMarket(offer: { $0.deny = [other, buyer] }), buyer),
                (try await bench.openMarket(offer: { $0.allow = [other] }), buyer),
                (try await bench.openMarket(demand: { $0.deny = [owner] }), owner),
                (try await bench.openMarket(demand: { $0.allow = [other] }), owner),
            ]
            for (market, party) in refusals {
                try await bench.refuses(.leaseOpened(bench.lease(market))) {
                    if case .notAllowed(party, _) = $0 { true } else { false }
                }
            }
            let open = try await bench.openMarket(offer: { $0.allow = [buyer] }, demand: { $0.allow = [owner] })
            try await bench.ledger.post(.leaseOpened(bench.lease(open)))
        },
        LedgerScenario("nobody leases from oneself") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let demand = world.demand(by: world.owner) { $0.buyer = world.owner.address }
            try await bench.ledger.post(.demand(demand))
            let terms = world.terms(offer: market.offer, demand: demand.digest(in: world.domain)) {
                $0.payer = world.owner.address
            }
            try await bench.refuses(.leaseOpened(world.countersign(terms, payer: world.owner))) {
                if case .notAllowed(world.owner.address, _) = $0 { true } else { false }
            }
        },
        LedgerScenario("a machine buys nothing from its owner, nor from itself, and no owner from its machine") {
            bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let own = world.grant { $0.machine = world.session.address }
            try await bench.ledger.post(.grant(own))
            // Withdrawing it for the deal does not help.
            try await bench.ledger.post(.withdrawal(world.withdrawal(own.digest(in: world.domain), by: world.owner)))
            for payer in [world.machine, world.session] {
                try await bench.refuses(.leaseOpened(try await Self.buying(payer, in: market, on: bench))) {
                    if case .notAllowed(payer.address, _) = $0 { true } else { false }
                }
            }
            let claimed = world.grant(by: world.stranger) { $0.owner = world.stranger.address }
            try await bench.ledger.post(.grant(claimed))
            try await bench.refuses(.leaseOpened(try await Self.buying(world.stranger, in: market, on: bench))) {
                if case .notAllowed(world.stranger.address, _) = $0 { true } else { false }
            }
        },
        LedgerScenario("no key of the side that is paid signs the payments") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            for key in [world.owner, world.machine] {
                try await bench.refuses(.leaseOpened(bench.lease(market) { $0.session = key.address })) {
                    if case .notAllowed(key.address, _) = $0 { true } else { false }
                }
            }
        },
        LedgerScenario("a grant by a stranger hurts neither a machine nor its customers") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            for machine in [world.buyer, world.owner, world.machine] {
                let grant = world.grant(by: world.stranger) {
                    ($0.owner, $0.machine) = (world.stranger.address, machine.address)
                }
                try await bench.ledger.post(.grant(grant))
            }
            let lease = bench.lease(market)
            try await bench.ledger.post(.leaseOpened(lease))
            // Nor does one by the payee silence the buyer afterwards.
            try await bench.ledger.post(.grant(world.grant { $0.machine = world.buyer.address }))
            let id = lease.lease(in: world.domain)
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.owner)))
            try await bench.ledger.post(.rating(world.rating(id) { $0.stars = 1 }))
        },
        LedgerScenario("an account that holds too little opens no lease") { bench in
            let market = try await bench.openMarket(demand: { $0.budget = 60_000 })
            try await bench.refuses(
                .leaseOpened(bench.lease(market) { $0.deposit = 50_001 }),
                .insufficientFunds(bench.world.buyer.address, holds: 50_000, needs: 50_001))
            try await bench.ledger.post(.leaseOpened(bench.lease(market) { $0.deposit = 50_000 }))
            try await bench.expectBalance(bench.world.buyer, 0)
        },
        LedgerScenario("a lease without a deposit or after its own end is refused") { bench in
            let market = try await bench.openMarket()
            try await bench.refuses(.leaseOpened(bench.lease(market) { $0.deposit = 0 })) {
                if case .malformed(.leaseOpened, "deposit", _) = $0 { true } else { false }
            }
            let late = bench.lease(market)
            bench.clock.set(late.terms.endsAt)
            try await bench.refuses(
                .leaseOpened(late),
                .expired(.leaseOpened, late.lease(in: bench.world.domain), at: late.terms.endsAt))
        },
        LedgerScenario("overlapping leases never hold more than the offer has") { bench in
            let market = try await bench.openMarket()
            let start = bench.clock.now
            func place(_ offset: UInt64, _ cores: UInt32) async throws -> CountersignedTerms {
                try await bench.freshLease(market) { terms in
                    (terms.startsAt, terms.endsAt) = (start + offset, start + offset + 600)
                    (terms.resources.cores, terms.deposit) = (cores, 1_000)
                }
            }
            try await bench.ledger.post(.leaseOpened(try await place(0, 2)))
            // The next two do not overlap each other, so the busiest moment of a lease across both holds 2 + 2.
            try await bench.ledger.post(.leaseOpened(try await place(600, 2)))
            try await bench.refuses(
                .leaseOpened(try await place(300, 3)),
                .overCapacity(offer: market.offer, resource: "cores", free: 2, asked: 3))
            try await bench.ledger.post(.leaseOpened(try await place(300, 2)))
            try await bench.refuses(
                .leaseOpened(try await place(899, 2)),
                .overCapacity(offer: market.offer, resource: "cores", free: 0, asked: 2))
            try await bench.ledger.post(.leaseOpened(try await place(900, 2)))
            let free = try await bench.ledger.freeCapacity(of: market.offer, from: start, until: start + 300)
            try bench.expect(free.cores, is: 2)
            try bench.expect(free.memoryBytes, is: 6 << 30)
        },
        LedgerScenario("capacity belongs to the machine: two offers do not sell it twice") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let second = world.offer(grant: market.grant)
            try await bench.ledger.post(.offer(second))
            var other = market
            other.offer = second.digest(in: world.domain)
            let lease = try await bench.freshLease(market) { ($0.resources.cores, $0.deposit) = (3, 1_000) }
            try await bench.ledger.post(.leaseOpened(lease))
            let now = bench.clock.now
            let free = try await bench.ledger.freeCapacity(of: other.offer, from: now, until: now + 600)
            try bench.expect(free.cores, is: 1)
            try await bench.refuses(
                .leaseOpened(try await bench.freshLease(other) { $0.deposit = 1_000 }),
                .overCapacity(offer: other.offer, resource: "cores", free: 1, asked: 2))
        },
        LedgerScenario("a demand serves one lease at a time, of what it asks for, and spends its budget once") {
            bench in
            let world = bench.world
            let market = try await bench.openMarket(demand: { $0.budget = 10_000 })
            let first = bench.lease(market) { $0.deposit = 6_000 }
            try await bench.ledger.post(.leaseOpened(first))
            let id = first.lease(in: world.domain)
            try bench.expect(try await bench.ledger.demands(liveOnly: true).count, is: 0)
            try await bench.refuses(.leaseOpened(bench.lease(market) { $0.deposit = 1_000 }), "served") {
                if case .notAllowed(world.buyer.address, _) = $0 { true } else { false }
            }
            bench.clock.advance(300)
            try await bench.ledger.post(.claim(world.voucher(id, 4_000)))
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.machine)))
            // Revised or not, what was spent is spent.
            let demand = try await bench.ledger.demand(market.demand).document
            let revised = world.demand {
                ($0.demandID, $0.revision, $0.budget) = (demand.demandID, 2, demand.budget)
            }
            try await bench.ledger.post(.demand(revised))
            var next = market
            next.demand = revised.digest(in: world.domain)
            try bench.expect(try await bench.ledger.demands(liveOnly: true).count, is: 1)
            try await differs(bench, next, .demand, "deposit") { $0.deposit = 6_001 }
            try await differs(bench, next, .demand, "cores") { ($0.resources.cores, $0.deposit) = (3, 1_000) }
            try await bench.ledger.post(.leaseOpened(bench.lease(next) { $0.deposit = 6_000 }))
        },
        LedgerScenario("what a demand asks of the machine and of the price holds on the ledger") { bench in
            let dear = try await bench.openMarket(demand: { $0.hourlyMax = 1 })
            try await differs(bench, dear, .demand, "what it needs of the machine") { $0.deposit = 1_000 }
            let wanting = try await bench.openMarket(demand: {
                $0.constraints = [Constraint(fact: "cpu.cores", minimum: 1, maximum: 9, levelMin: .claimed)]
            })
            try await differs(bench, wanting, .demand, "what it needs of the machine") { $0.deposit = 1_000 }
        },
        LedgerScenario("a closed lease gives its capacity back, a revised offer does not") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let lease = try await bench.freshLease(market) { $0.resources.cores = 4 }
            try await bench.ledger.post(.leaseOpened(lease))
            let offer = try await bench.ledger.offer(market.offer).document
            let revised = world.offer(grant: market.grant) { ($0.offerID, $0.revision) = (offer.offerID, 2) }
            try await bench.ledger.post(.offer(revised))
            var next = market
            next.offer = revised.digest(in: world.domain)
            try await bench.refuses(
                .leaseOpened(bench.lease(next)),
                .overCapacity(offer: next.offer, resource: "cores", free: 0, asked: 2))
            let id = lease.lease(in: world.domain)
            try await bench.ledger.post(.closeRequest(world.closeRequest(id, by: world.machine)))
            try await bench.ledger.post(.leaseOpened(bench.lease(next)))
        },
    ]

    /// A lease of the market's offer for another payer, with a demand and money of its own.
    private static func buying(
        _ payer: PrivateKey, in market: LedgerBench.Market, on bench: LedgerBench
    ) async throws -> CountersignedTerms {
        let world = bench.world
        let demand = world.demand(by: payer) { $0.buyer = payer.address }
        try await bench.ledger.post(.demand(demand))
        try await bench.ledger.post(.faucet(world.faucet(payer.address, 50_000)))
        let terms = world.terms(offer: market.offer, demand: demand.digest(in: world.domain)) {
            ($0.payer, $0.session) = (payer.address, world.operator.address)
        }
        return world.countersign(terms, payer: payer)
    }

    private static func differs(
        _ bench: LedgerBench, _ market: LedgerBench.Market, _ from: EntryKind, _ field: String, line: Int = #line,
        _ edit: (inout LeaseTerms) -> Void
    ) async throws {
        let entry = Entry.leaseOpened(bench.lease(market, edit))
        try await bench.refuses(entry, line: line, "termsDiffer(\(field), from: \(from))") {
            if case .termsDiffer(field, from, _, _) = $0 { true } else { false }
        }
    }
}
