import GCXClient
import GCXLedger
import GCXLinux
import GCXMarket
import GCXModel
import GCXSigning
import GCXWire

/// The buyer's way from a demand to an open lease.
struct LeaseFlow {
    let ledger: any Ledger
    let agents: AgentSearch
    let buyer: any KeyCustody

    /// Makes the terms, has both sides sign them, and moves the deposit into escrow.
    ///
    /// - Parameter offer: nil takes the best match.
    /// - Returns: the lease's id and its signed terms.
    func open(
        demand digest: Digest, offer chosen: Digest?, session: Address
    ) async throws -> (id: LeaseID, signed: CountersignedTerms) {
        let demand = try await ledger.demand(digest).document
        let match = try await match(demand, chosen, fix: Self.wayOut(of: digest))
        let draft = try await draft(demand, digest, match: match, session: session)
        return (draft.id, try await conclude(draft))
    }

    /// The terms that follow from a demand and an offer that serves it. Nothing is signed for them, and nobody but the ledger is
    /// asked.
    ///
    /// - Throws: ``CommandError`` where one of the sides could not sign them, or the payer has not got the deposit.
    func draft(_ demand: Demand, _ digest: Digest, match: Match, session: Address) async throws -> LeaseDraft {
        let identity = try await ledger.identity()
        let offer = try await ledger.offer(match.offer).document
        let terms = try LeaseTerms(
            demand: demand, demandDigest: digest, offer: offer, offerDigest: match.offer,
            choice: LeaseChoice(startsAt: match.startsAt, session: session, salt: .random()))
        if let breach = Agreement(terms: terms, offer: offer, demand: demand).breaches.first {
            throw CommandError(breach.description, fix: breach.remedy)
        }
        try await checkFunds(terms)
        return LeaseDraft(
            id: terms.digest(in: identity.domain), terms: terms, offer: offer, domain: identity.domain)
    }

    /// Has both sides sign, and moves the deposit into escrow.
    @discardableResult
    func conclude(_ draft: LeaseDraft) async throws -> CountersignedTerms {
        let agent = try await agents.agent(for: draft.offer)
        let signature = try await buyer.sign(draft.id)
        let signed = try await agent.propose(LeaseProposal(terms: draft.terms, payerSignature: signature))
        guard signed.terms == draft.terms else {
            throw CommandError("the agent signed other terms than proposed", fix: "Choose another offer.")
        }
        try signed.verify(in: draft.domain)
        try await ledger.post(.leaseOpened(signed))
        return signed
    }

    /// What a lease held is free again a moment after its job has ended: that long nothing free is no answer yet.
    private static let patience: Duration = .seconds(3)
    private static let pause: Duration = .milliseconds(200)

    /// The best offer for a demand, or the one that is chosen; a moment later when what it needs is just taken.
    ///
    /// - Parameter fix: what to do where none serves.
    func match(_ demand: Demand, _ chosen: Digest?, fix: String) async throws -> Match {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let result = try await MarketView(ledger: ledger).match(demand)
            let found = chosen.map { wanted in result.matches.first { $0.offer == wanted } } ?? result.matches.first
            if let found { return found }
            let isTaken = try await isTaken(demand, result.rejected.filter { $0.offer == chosen ?? $0.offer })
            guard isTaken, ContinuousClock.now < deadline else { throw refusal(chosen, result, isTaken, fix) }
            try await Task.sleep(for: Self.pause)
        }
    }

    private static func wayOut(of demand: Digest) -> String {
        "See all reasons with `gcx demand match \(demand) --explain`, and ask for less or pay more."
    }

    /// Whether an offer would serve the demand if others did not hold what it has.
    private func isTaken(_ demand: Demand, _ rejected: [Rejection]) async throws -> Bool {
        for rejection in rejected where !rejection.reasons.isEmpty && rejection.reasons.allSatisfy(\.isOfResources) {
            let capacity = try await ledger.offer(rejection.offer).document.capacity
            if demand.resources.shortages(in: capacity).isEmpty { return true }
        }
        return false
    }

    private func refusal(
        _ chosen: Digest?, _ result: MatchResult, _ isTaken: Bool, _ fix: String
    ) -> CommandError {
        let reasons = result.rejected.first { $0.offer == chosen ?? $0.offer }?.reasons.map(\.description) ?? []
        let why = "no offer serves the demand\(reasons.isEmpty ? "" : ": \(reasons.joined(separator: "; "))")"
        return isTaken ? CommandError(why, retryAfter: .seconds(30)) : CommandError(why, fix: fix)
    }

    /// Before anything is signed: the ledger would refuse it, but only after the machine has reserved the capacity.
    func checkFunds(_ terms: LeaseTerms) async throws {
        let account = try await ledger.account(terms.payer)
        guard account.balance >= terms.deposit else {
            throw CommandError(
                "the deposit is \(Display.amount(terms.deposit)), and \(terms.payer.checksummed) has \(Display.amount(account.balance))",
                fix:
                    "Fund the account (`gcx ledger faucet` on a test network, else the operator's `gcx ledger credit issue`), or demand less."
            )
        }
    }
}

/// A contract that nobody has signed yet.
struct LeaseDraft: Sendable {
    let id: LeaseID
    let terms: LeaseTerms
    let offer: Offer
    let domain: EIP712Domain
}
