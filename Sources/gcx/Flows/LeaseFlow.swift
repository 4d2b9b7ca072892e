import GCXAPI
import GCXAgent
import GCXLedger
import GCXLinux
import GCXMarket
import GCXModel
import GCXSigning

/// The buyer's way from a demand to an open lease.
struct LeaseFlow {
    let ledger: any Ledger
    let agent: any AgentOperations
    let buyer: any KeyCustody

    /// Makes the terms, has both sides sign them, and moves the deposit into escrow.
    ///
    /// - Parameter offer: nil takes the best match.
    /// - Returns: the lease's id and its signed terms.
    func open(
        demand digest: Digest, offer chosen: Digest?, session: Address
    ) async throws -> (id: LeaseID, signed: CountersignedTerms) {
        let identity = try await ledger.identity()
        let demand = try await ledger.demand(digest).document
        let match = try await match(digest, chosen)
        let offer = try await ledger.offer(match.offer).document
        let terms = try LeaseTerms(
            demand: demand, demandDigest: digest, offer: offer, offerDigest: match.offer,
            choice: LeaseChoice(startsAt: match.startsAt, session: session, salt: .random()))
        try await checkFunds(terms)
        let id = terms.digest(in: identity.domain)
        let signature = try await buyer.sign(id)
        let signed = try await agent.propose(LeaseProposal(terms: terms, payerSignature: signature))
        guard signed.terms == terms else {
            throw CommandError("the agent signed other terms than proposed", fix: "Choose another offer.")
        }
        try signed.verify(in: identity.domain)
        try await ledger.post(.leaseOpened(signed))
        return (id, signed)
    }

    private func match(_ demand: Digest, _ chosen: Digest?) async throws -> Match {
        let result = try await MarketView(ledger: ledger).match(demand)
        let found = chosen.map { wanted in result.matches.first { $0.offer == wanted } } ?? result.matches.first
        guard let found else {
            let why = result.rejected.first { $0.offer == chosen ?? $0.offer }?.reasons.map(\.description) ?? []
            throw CommandError(
                "no offer serves the demand\(why.isEmpty ? "" : ": \(why.joined(separator: "; "))")",
                fix: "See all reasons with `gcx demand match \(demand) --explain`, and ask for less or pay more.")
        }
        return found
    }

    /// Before anything is signed: the ledger would refuse it, but only after the machine has reserved the capacity.
    private func checkFunds(_ terms: LeaseTerms) async throws {
        let account = try await ledger.account(terms.payer)
        guard account.balance >= terms.deposit else {
            throw CommandError(
                "the deposit is \(Display.amount(terms.deposit)), and \(terms.payer.checksummed) has \(Display.amount(account.balance))",
                fix: "Fund the account (`gcx ledger faucet` on a test network), or demand less.")
        }
    }
}
