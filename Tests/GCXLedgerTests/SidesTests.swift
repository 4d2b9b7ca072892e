import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

/// A rule that came later than a journal judges only what is posted now.
@Suite("two sides of a lease")
struct SidesTests {
    @Test(
        "an old journal in which a machine bought from its owner, and rated it, still replays; a new such lease is refused"
    )
    func oldJournal() throws {
        let world = try TestWorld(format: .ofOperator)
        var state = LedgerState(world.charter)
        func write(_ entry: Entry) throws {
            let posted = try PostedEntry(
                index: state.size, postedAt: world.clock.now, previous: state.chain, entry: entry)
            try state.apply(posted, checksSignatures: true)
        }
        let grant = world.grant()
        let offer = world.offer(grant: grant.digest(in: world.domain))
        let demand = world.demand(by: world.machine) { $0.buyer = world.machine.address }
        func lease() -> CountersignedTerms {
            let terms = world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)) {
                $0.payer = world.machine.address
            }
            return world.countersign(terms, payer: world.machine)
        }
        try write(.grant(grant))
        try write(.offer(offer))
        try write(.demand(demand))
        try write(.faucet(world.faucet(world.machine.address, 50_000)))
        let old = lease()
        let id = old.lease(in: world.domain)
        try write(.leaseOpened(old))
        try write(.claim(world.voucher(id, 1)))
        try write(.closeRequest(world.closeRequest(id, by: world.owner)))
        let rating = Entry.rating(world.rating(id, by: world.machine, of: world.owner))
        for entry in [.leaseOpened(lease()), rating] {
            #expect {
                _ = try state.check(entry, in: state.posting(at: world.clock.now))
            } throws: {
                if case LedgerError.notAllowed(world.machine.address, _) = $0 { true } else { false }
            }
        }
        try write(rating)
        #expect(state.ratings(of: world.owner.address).count == 1)
    }

    @Test("a journal that names the end of time is read: a close window never ends after it")
    func endOfTime() throws {
        let world = try TestWorld()
        var state = LedgerState(world.charter)
        let grant = world.grant { $0.expiresAt = .max }
        let offer = world.offer(grant: grant.digest(in: world.domain)) { $0.expiresAt = .max }
        let demand = world.demand { $0.expiresAt = .max }
        let lease = world.countersign(
            world.terms(offer: offer.digest(in: world.domain), demand: demand.digest(in: world.domain)))
        let id = lease.lease(in: world.domain)
        for (entry, time) in [
            (Entry.grant(grant), world.clock.now), (.offer(offer), world.clock.now), (.demand(demand), world.clock.now),
            (.faucet(world.faucet(world.buyer.address, 50_000)), world.clock.now),
            (.leaseOpened(lease), world.clock.now),
            (.closeRequest(world.closeRequest(id, by: world.buyer)), .max),
        ] {
            let posted = try PostedEntry(index: state.size, postedAt: time, previous: state.chain, entry: entry)
            try state.apply(posted, checksSignatures: true)
        }
        #expect(
            try state.lease(id).escrow == .closing(deposit: 10_000, settled: 0, requestedAt: .max, closesAt: .max))
    }
}
