package import GCXLedger
package import GCXModel
package import GCXSigning

/// What every ledger must do, as named scenarios: run each against a fresh, empty ledger.
///
/// ```swift
/// @Test("the ledger conforms", arguments: LedgerConformance.scenarios)
/// func conforms(_ scenario: LedgerScenario) async throws {
///     let world = try TestWorld()
///     try await scenario.run(LedgerBench(ledger: makeLedger(world), world: world))
/// }
/// ```
/// The ledger must be a test network kept by the world's operator, and must go by the world's clock.
package enum LedgerConformance {
    package static let scenarios: [LedgerScenario] =
        market + leases + money + closing + ratings + writing + reservations + signs

    /// For a ledger that proves its journal.
    package static let transparentScenarios: [LedgerScenario] = proofs + clock
}

/// One fact about ledgers and how to see it.
package struct LedgerScenario: Sendable, CustomStringConvertible {
    package let name: String
    package let run: @Sendable (LedgerBench) async throws -> Void

    package init(_ name: String, _ run: @escaping @Sendable (LedgerBench) async throws -> Void) {
        self.name = name
        self.run = run
    }

    package var description: String { name }
}

/// Why a ledger does not conform.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ what: String, file: String = #fileID, line: Int = #line) {
        description = "\(file):\(line): \(what)"
    }
}

/// A ledger on the bench, and the world that uses it.
package struct LedgerBench: Sendable {
    package let ledger: any Ledger
    package let world: TestWorld

    package init(ledger: any Ledger, world: TestWorld) {
        self.ledger = ledger
        self.world = world
    }

    package var clock: TestClock { world.clock }

    /// What a market needs before a lease: a grant, an offer under it, a demand, and 50,000 in the buyer's account.
    package struct Market: Sendable {
        package var grant: Digest
        package var offer: Digest
        package var demand: Digest
    }

    package func openMarket(
        offer editOffer: (inout Offer) -> Void = { _ in }, demand editDemand: (inout Demand) -> Void = { _ in }
    ) async throws -> Market {
        let grant = world.grant()
        try await ledger.post(.grant(grant))
        let offer = world.offer(grant: grant.digest(in: world.domain), editOffer)
        try await ledger.post(.offer(offer))
        let demand = world.demand(editDemand)
        try await ledger.post(.demand(demand))
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 50_000)))
        return Market(
            grant: grant.digest(in: world.domain), offer: offer.digest(in: world.domain),
            demand: demand.digest(in: world.domain))
    }

    package func lease(_ market: Market, _ edit: (inout LeaseTerms) -> Void = { _ in }) -> CountersignedTerms {
        world.countersign(world.terms(offer: market.offer, demand: market.demand, edit))
    }

    /// A lease of the market's offer on a demand of its own, which asks for what the terms give.
    package func freshLease(
        _ market: Market, _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) async throws -> CountersignedTerms {
        var terms = world.terms(offer: market.offer, demand: .zero, edit)
        let demand = world.demand {
            $0.resources = terms.resources
            $0.startsUntil = max($0.startsUntil, terms.startsAt)
        }
        try await ledger.post(.demand(demand))
        terms.demand = demand.digest(in: world.domain)
        return world.countersign(terms)
    }

    /// Opens a market and one lease in it.
    package func openLease(_ edit: (inout LeaseTerms) -> Void = { _ in }) async throws -> LeaseID {
        let lease = lease(try await openMarket(), edit)
        try await ledger.post(.leaseOpened(lease))
        return lease.lease(in: world.domain)
    }

    package func expect(
        _ holds: Bool, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
    ) throws {
        guard holds else { throw ConformanceFailure(what(), file: file, line: line) }
    }

    package func expect<Value: Equatable>(
        _ got: Value, is expected: Value, file: String = #fileID, line: Int = #line
    ) throws {
        try expect(got == expected, "expected \(expected), got \(got)", file: file, line: line)
    }

    /// Posts an entry that has to be refused with exactly this error.
    package func refuses(
        _ entry: Entry, _ expected: LedgerError, file: String = #fileID, line: Int = #line
    ) async throws {
        try await refuses(entry, file: file, line: line, "\(expected)") { $0 == expected }
    }

    /// Posts an entry that has to be refused with a matching error, and without a trace.
    package func refuses(
        _ entry: Entry, file: String = #fileID, line: Int = #line, _ expected: String = "another error",
        _ matches: (LedgerError) -> Bool
    ) async throws {
        let before = try await (ledger as? any TransparentLedger)?.head()
        do throws(LedgerError) {
            try await ledger.post(entry)
        } catch {
            try expect(matches(error), "refused with “\(error)”, expected \(expected)", file: file, line: line)
            let after = try await (ledger as? any TransparentLedger)?.head()
            return try expect(after == before, "a refused entry left a trace", file: file, line: line)
        }
        throw ConformanceFailure("\(entry.kind) was accepted, expected \(expected)", file: file, line: line)
    }

    /// Expects an account's free money.
    package func expectBalance(
        _ key: PrivateKey, _ amount: Amount, file: String = #fileID, line: Int = #line
    ) async throws {
        try expect(try await ledger.account(key.address).balance, is: amount, file: file, line: line)
    }
}
