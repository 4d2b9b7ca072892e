import GCXLedger
import GCXModel
import GCXSigning

extension LedgerConformance {
    static let market: [LedgerScenario] = [
        LedgerScenario("a grant signed by its owner can be read back") { bench in
            let grant = bench.world.grant()
            let receipt = try await bench.ledger.post(.grant(grant))
            let record = try await bench.ledger.grant(grant.digest(in: bench.world.domain))
            try bench.expect(record.signed, is: grant)
            try bench.expect(record.index, is: receipt.index)
            try bench.expect(record.postedAt, is: bench.clock.now)
            try bench.expect(try await bench.ledger.grants(of: bench.world.owner.address), is: [record])
        },
        LedgerScenario("nobody grants in another owner's name") { bench in
            let world = bench.world
            try await bench.refuses(
                .grant(world.grant(by: world.stranger)),
                .badSignature(.grant, expected: world.owner.address, got: world.stranger.address))
        },
        LedgerScenario("a changed document is not the one that was signed") { bench in
            let good = bench.world.grant()
            var changed = good.document
            changed.label = "rack 2"
            try await bench.refuses(.grant(Signed(document: changed, signature: good.signature))) {
                if case .badSignature(.grant, bench.world.owner.address, _) = $0 { true } else { false }
            }
            try await bench.refuses(
                .grant(Signed(document: changed, signature: .zero)),
                .badSignature(.grant, expected: bench.world.owner.address, got: nil))
        },
        LedgerScenario("an expired grant is refused") { bench in
            let grant = bench.world.grant { $0.expiresAt = bench.clock.now }
            let digest = grant.digest(in: bench.world.domain)
            try await bench.refuses(.grant(grant), .expired(.grant, digest, at: bench.clock.now))
        },
        LedgerScenario("a document dated far ahead of the ledger's clock is refused") { bench in
            let now = bench.clock.now
            try await bench.ledger.post(.grant(bench.world.grant { $0.issuedAt = now + 300 }))
            try await bench.refuses(
                .grant(bench.world.grant { $0.issuedAt = now + 301 }),
                .datedAhead(.grant, date: now + 301, ledgerTime: now))
            try await bench.refuses(
                .attestation(bench.world.attestation { $0.measuredAt = .max }),
                .datedAhead(.attestation, date: .max, ledgerTime: now))
        },
        LedgerScenario("an offer stands under a live grant and is listed") { bench in
            let market = try await bench.openMarket()
            let record = try await bench.ledger.offer(market.offer)
            try bench.expect(record.document.machine, is: bench.world.machine.address)
            try bench.expect(try await bench.ledger.offers(liveOnly: true), is: [record])
            try bench.expect(try await bench.ledger.demands(liveOnly: true).map(\.digest), is: [market.demand])
        },
        LedgerScenario("an offer without a grant of its own owner and machine is refused") { bench in
            let world = bench.world
            let unknown = Digest.random()
            try await bench.refuses(.offer(world.offer(grant: unknown)), .unknownGrant(unknown))
            let other = world.grant { $0.machine = world.stranger.address }
            try await bench.ledger.post(.grant(other))
            try await bench.refuses(.offer(world.offer(grant: other.digest(in: world.domain)))) {
                if case .notAllowed(world.machine.address, _) = $0 { true } else { false }
            }
        },
        LedgerScenario("an offer signed by the owner instead of the machine is refused") { bench in
            let market = try await bench.openMarket()
            try await bench.refuses(
                .offer(bench.world.offer(grant: market.grant, by: bench.world.owner)),
                .badSignature(.offer, expected: bench.world.machine.address, got: bench.world.owner.address))
        },
        LedgerScenario("a withdrawn grant ends the machine's offers") { bench in
            let market = try await bench.openMarket()
            try await bench.ledger.post(.withdrawal(bench.world.withdrawal(market.grant, by: bench.world.owner)))
            try await bench.refuses(
                .offer(bench.world.offer(grant: market.grant)), .withdrawn(.grant, market.grant))
            try await bench.refuses(.leaseOpened(bench.lease(market)), .withdrawn(.grant, market.grant))
            try bench.expect(try await bench.ledger.offers(liveOnly: true).isEmpty, "the offer is still live")
            try bench.expect(try await bench.ledger.offers(liveOnly: false).count, is: 1)
        },
        LedgerScenario("an expired grant ends the machine's offers") { bench in
            let market = try await bench.openMarket()
            let expiry = try await bench.ledger.grant(market.grant).document.expiresAt
            bench.clock.set(expiry)
            let offer = bench.world.offer(grant: market.grant)
            try await bench.refuses(.offer(offer), .expired(.grant, market.grant, at: expiry))
        },
        LedgerScenario("a later revision replaces an offer, an earlier one comes too late") { bench in
            let market = try await bench.openMarket { $0.revision = 2 }
            let first = try await bench.ledger.offer(market.offer).document
            let id = first.offerID
            for stale in [UInt64(1), 2] {
                let offer = bench.world.offer(grant: market.grant) {
                    ($0.offerID, $0.revision, $0.region) = (id, stale, "elsewhere")
                }
                try await bench.refuses(.offer(offer), .staleRevision(.offer, id: id, current: 2, offered: stale))
            }
            let third = bench.world.offer(grant: market.grant) { ($0.offerID, $0.revision) = (id, 3) }
            try await bench.ledger.post(.offer(third))
            let digest = third.digest(in: bench.world.domain)
            try bench.expect(try await bench.ledger.offer(market.offer).supersededBy, is: digest)
            try bench.expect(try await bench.ledger.offers(liveOnly: true).map(\.digest), is: [digest])
            try await bench.refuses(
                .leaseOpened(bench.lease(market)), .superseded(.offer, market.offer, by: digest))
        },
        LedgerScenario("a machine cannot revise another machine's offer") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let id = try await bench.ledger.offer(market.offer).document.offerID
            let grant = world.grant { $0.machine = world.stranger.address }
            try await bench.ledger.post(.grant(grant))
            let offer = world.offer(grant: grant.digest(in: world.domain), by: world.stranger) {
                ($0.offerID, $0.revision, $0.machine) = (id, 2, world.stranger.address)
            }
            try await bench.ledger.post(.offer(offer))
            try bench.expect(try await bench.ledger.offer(market.offer).supersededBy, is: nil)
        },
        LedgerScenario("an expired offer or demand opens no lease") { bench in
            let market = try await bench.openMarket(offer: { $0.expiresAt = bench.clock.now + 10 })
            let expiry = bench.clock.now + 10
            bench.clock.advance(10)
            try await bench.refuses(.leaseOpened(bench.lease(market)), .expired(.offer, market.offer, at: expiry))
            try bench.expect(try await bench.ledger.offers(liveOnly: true).isEmpty, "the offer is still live")
            let short = try await bench.openMarket(demand: { $0.expiresAt = bench.clock.now + 10 })
            bench.clock.advance(10)
            try await bench.refuses(
                .leaseOpened(bench.lease(short)), .expired(.demand, short.demand, at: expiry + 10))
        },
        LedgerScenario("an offer is withdrawn by its machine or its owner and nobody else") { bench in
            let world = bench.world
            for key in [world.machine, world.owner] {
                let market = try await bench.openMarket()
                try await bench.refuses(
                    .withdrawal(world.withdrawal(market.offer, by: world.stranger)),
                    .badSignature(.withdrawal, expected: world.machine.address, got: world.stranger.address))
                try await bench.ledger.post(.withdrawal(world.withdrawal(market.offer, by: key)))
                try await bench.refuses(.leaseOpened(bench.lease(market)), .withdrawn(.offer, market.offer))
            }
        },
        LedgerScenario("a demand is withdrawn by its buyer, once") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            try await bench.ledger.post(.withdrawal(world.withdrawal(market.demand, by: world.buyer)))
            try await bench.refuses(.leaseOpened(bench.lease(market)), .withdrawn(.demand, market.demand))
            bench.clock.advance(1)
            try await bench.refuses(
                .withdrawal(world.withdrawal(market.demand, by: world.buyer)), .withdrawn(.demand, market.demand))
            let nothing = Digest.random()
            try await bench.refuses(
                .withdrawal(world.withdrawal(nothing, by: world.buyer)), .unknownSubject(nothing))
        },
        LedgerScenario("a demand by anybody but its buyer is refused, and its later revision replaces it") { bench in
            let world = bench.world
            try await bench.refuses(
                .demand(world.demand(by: world.stranger)),
                .badSignature(.demand, expected: world.buyer.address, got: world.stranger.address))
            let first = world.demand()
            try await bench.ledger.post(.demand(first))
            let second = world.demand { ($0.demandID, $0.revision) = (first.document.demandID, 2) }
            try await bench.ledger.post(.demand(second))
            let digest = second.digest(in: world.domain)
            try bench.expect(try await bench.ledger.demands(liveOnly: true).map(\.digest), is: [digest])
        },
        LedgerScenario("an offer names an attestation record of its own machine") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            let mine = world.attestation()
            let other = world.attestation(by: world.stranger) { $0.machine = world.stranger.address }
            try await bench.refuses(
                .attestation(world.attestation(by: world.stranger)),
                .badSignature(.attestation, expected: world.machine.address, got: world.stranger.address))
            for record in [mine, other] { try await bench.ledger.post(.attestation(record)) }
            let (good, bad) = (mine.digest(in: world.domain), other.digest(in: world.domain))
            try await bench.refuses(
                .offer(world.offer(grant: market.grant) { $0.attestation = bad }), .unknownAttestation(bad))
            try await bench.ledger.post(.offer(world.offer(grant: market.grant) { $0.attestation = good }))
            try bench.expect(try await bench.ledger.attestation(good).signed, is: mine)
        },
        LedgerScenario("documents beyond their limits are refused") { bench in
            let world = bench.world
            let market = try await bench.openMarket()
            func tooLarge(_ entry: Entry, _ field: Untrusted, _ max: Int) async throws {
                try await bench.refuses(entry, .documentTooLarge(entry.kind, field: field, max: max))
            }
            let fact = Fact(name: "a", value: 1, unit: "B", level: .claimed, measuredAt: 1)
            let long = String(repeating: "ä", count: 65)
            try await tooLarge(.grant(world.grant { $0.label = Untrusted(long) }), "label", 128)
            try await tooLarge(
                .offer(world.offer(grant: market.grant) { $0.facts = Array(repeating: fact, count: 513) }), "facts", 512
            )
            try await tooLarge(
                .offer(
                    world.offer(grant: market.grant) { $0.deny = Array(repeating: world.stranger.address, count: 257) }),
                "deny", 256)
            let constraint = Constraint(fact: "a", minimum: 0, maximum: 1, levelMin: .claimed)
            try await tooLarge(
                .demand(world.demand { $0.constraints = Array(repeating: constraint, count: 65) }), "constraints", 64)
            try await bench.refuses(.offer(world.offer(grant: market.grant) { $0.closeWindowSeconds = 4 })) {
                if case .malformed(.offer, "closeWindowSeconds", _) = $0 { true } else { false }
            }
        },
        LedgerScenario("a text that a terminal obeys or a reader misses is refused, field by field") { bench in
            let (world, market) = (bench.world, try await bench.openMarket())
            let grant = market.grant
            for text: Untrusted in [
                "\u{1B}[2J", "a\nb", "\u{7F}", "\u{9B}1m", "\u{202E}4", "a\u{200B}b", "\u{2028}", "\u{E000}",
            ] {
                let fact = Fact(name: text, value: 1, unit: "B", level: .claimed, measuredAt: 1)
                let unit = Fact(name: "a", value: 1, unit: text, level: .claimed, measuredAt: 1)
                let constraint = Constraint(fact: text, minimum: 0, maximum: 1, levelMin: .claimed)
                let entries: [(String, Entry)] = [
                    ("label", .grant(world.grant { $0.label = text })),
                    ("kernelVersion", .attestation(world.attestation { $0.kernelVersion = text })),
                    ("facts.name", .attestation(world.attestation { $0.facts = [fact] })),
                    ("facts.unit", .attestation(world.attestation { $0.facts = [unit] })),
                    ("contradictions", .attestation(world.attestation { $0.contradictions = ["fine", text] })),
                    ("region", .offer(world.offer(grant: grant) { $0.region = text })),
                    ("facts.name", .offer(world.offer(grant: grant) { $0.facts = [fact] })),
                    ("constraints.fact", .demand(world.demand { $0.constraints = [constraint] })),
                    ("regions", .demand(world.demand { $0.regions = ["eu", text] })),
                    (
                        "reason",
                        .withdrawal(
                            world.sign(
                                Withdrawal(subject: grant, reason: text, issuedAt: world.clock.now), by: world.owner))
                    ),
                    ("comment", .rating(world.rating(.random()) { $0.comment = text })),
                ]
                for (field, entry) in entries {
                    try await bench.refuses(entry) {
                        if case .malformed(entry.kind, field, _) = $0 { true } else { false }
                    }
                }
            }
            try await bench.ledger.post(.grant(world.grant { $0.label = "Zürich, 東京 – ❤️ 4" }))
        },
        LedgerScenario("the largest documents that the limits allow are accepted") { bench in
            let market = try await bench.openMarket()
            let text = Untrusted(String(repeating: "x", count: 128))
            let fact = Fact(
                name: Untrusted(String(repeating: "x", count: Limits.factNameBytesMax)), value: .max,
                unit: Untrusted(String(repeating: "x", count: Limits.factUnitBytesMax)), level: .hardware,
                measuredAt: .max)
            let offer = bench.world.offer(grant: market.grant) {
                ($0.facts, $0.region) = (Array(repeating: fact, count: 512), text)
                $0.deny = Array(repeating: bench.world.stranger.address, count: 256)
            }
            try await bench.ledger.post(.offer(offer))
            let record = try await bench.ledger.offer(offer.digest(in: bench.world.domain))
            try bench.expect(record.document, is: offer.document)
        },
    ]
}
