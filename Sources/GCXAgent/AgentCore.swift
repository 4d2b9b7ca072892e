import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
package import GCXWire
import Logging

// dictionaries: keepers, setAside, found

/// The agent: it knows every lease, and answers what it is asked.
package actor AgentCore {
    package static let version = "0.1.0"

    let context: KeeperContext
    let description: SandboxDescription
    /// Which sessions are refused, and when each was used last.
    nonisolated let sessionBook: SessionBook
    private var keepers: [LeaseID: LeaseKeeper] = [:]
    /// Leases whose receipts, vouchers or meter cannot be read, with the reason: nobody looks after them.
    let setAside: [LeaseID: String]
    /// The offer on the ledger now, and its digest.
    private(set) var offer: (signed: Signed<Offer>, digest: Digest)?
    /// How many of the machine's leases on the ledger were looked at for some that nobody serves.
    var leasesRead: UInt64 = 0
    /// What is given to one lease alone.
    private var machine = MachineMap(cores: nil)

    /// Names of the runtime and the cgroup layout, for the status.
    package struct SandboxDescription: Sendable {
        package var runtime: String
        package var cgroupLayout: String

        package init(runtime: String, cgroupLayout: String) {
            self.runtime = runtime
            self.cgroupLayout = cgroupLayout
        }
    }

    /// Finds the leases of an earlier life in the store. One that is damaged is set aside, and keeps none of the others.
    package init(context: KeeperContext, description: SandboxDescription) throws(AgentError) {
        self.context = context
        self.description = description
        sessionBook = try SessionBook(context.store, at: context.now())
        var (found, setAside): ([LeaseID: LeaseKeeper], [LeaseID: String]) = ([:], [:])
        let book = try context.store.unwiped()
        for row in book.rows {
            do { found[row.id] = try LeaseKeeper(row, context: context) } catch {
                setAside[row.id] = error.description
            }
        }
        (keepers, self.setAside) = (found, setAside)
        for reason in book.damaged.map(\.reason) + setAside.values {  // bounded: joins lists
            context.logger.error("lease set aside", metadata: ["reason": "\(reason)"])
        }
    }

    /// Every keeper, in no order.
    func allKeepers() -> [LeaseKeeper] { Array(keepers.values) }

    /// What a job uses now, and its graph; nil when nobody keeps it any more.
    func live(_ lease: LeaseID) async -> LiveUsage? { await keepers[lease]?.live }
    func metered(_ lease: LeaseID) async -> MeteredUsage? { await keepers[lease]?.metered }
    func graph(of lease: LeaseID) async -> UsageGraph? { await keepers[lease]?.graph }

    func forget(_ lease: LeaseID) { keepers[lease] = nil }

    /// The offer that new leases are checked against.
    func use(_ offer: Signed<Offer>, digest: Digest) { self.offer = (offer, digest) }

    /// What new leases are placed on.
    func use(_ machine: MachineMap) { self.machine = machine }

    /// Nothing is for sale until another offer is used.
    func retractOffer() { offer = nil }

    func keeper(_ lease: LeaseID) throws(AgentError) -> LeaseKeeper {
        if let keeper = keepers[lease] { return keeper }
        guard let row = try context.store.lease(lease) else { throw .unknownLease(lease) }
        if let reason = setAside[lease] { throw .storage("lease \(lease.short) is set aside: \(reason)") }
        throw .wrongPhase(lease, phase: Untrusted(row.phase.name.rawValue), wanted: "open or running")
    }

    /// Checks, reserves, signs.
    func countersign(_ proposal: LeaseProposal) async throws(AgentError) -> CountersignedTerms {
        guard let offer else {
            throw .termsRefused(
                "no offer is published yet", remedy: "Try again when `gcx agent status` shows an offer.")
        }
        let terms = proposal.terms
        let digest = terms.digest(in: context.identity.domain)
        try checkPayer(proposal, digest)
        let (demand, balance) = (try await demand(of: terms), try await balance(for: terms))
        let signature: Signature
        do { signature = try await context.identity.machine.sign(digest) } catch {
            throw .notAllowed("the machine's key cannot sign: \(error.description)")
        }
        let signed = CountersignedTerms(
            terms: terms, payerSignature: proposal.payerSignature, machineSignature: signature)
        let admission = Admission(
            offer: offer.signed.document, offerDigest: offer.digest, demand: demand,
            machine: context.identity.machine.address, now: context.now())
        let machine = machine
        let row = try context.store.insert(
            signed, id: digest, at: context.now(), idleSeconds: offer.signed.document.conduct?.idleSeconds ?? 0
        ) { holders in
            try admission.check(terms, beside: holders.map(\.terms))
            try admission.checkProposals(
                terms, balance: balance,
                beside: holders.filter(\.isProposal).map(\.terms))
            return try admission.place(terms, on: machine, beside: holders.map(\.placement))
        }
        // Of one that is over and gone nothing has to be looked after.
        if keepers[digest] == nil, !row.wiped {
            let keeper = try LeaseKeeper(row, context: context)
            keepers[digest] = keeper
            await keeper.happened(.proposed, row.summary)
        }
        return row.signed
    }

    /// What the terms name as the buyer's demand, while it stands.
    private func demand(of terms: LeaseTerms) async throws(AgentError) -> Demand {
        let record: DemandRecord
        do { record = try await context.ledger.demand(terms.demand) } catch {
            guard case .unknownDemand = error else { throw AgentError(error) }
            throw .termsRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
        guard record.isLive(at: context.now()) else {
            throw .termsRefused(
                "their demand \(terms.demand.short) is expired, withdrawn or replaced by a later revision",
                remedy: "Post a demand that stands, and make the terms from it.")
        }
        return record.document
    }

    /// What the payer of these terms has on the ledger.
    private func balance(for terms: LeaseTerms) async throws(AgentError) -> Amount {
        do { return try await context.ledger.account(terms.payer).balance } catch { throw AgentError(error) }
    }

    private func checkPayer(_ proposal: LeaseProposal, _ digest: Digest) throws(AgentError) {
        do {
            let signer = try proposal.payerSignature.recover(digest)
            guard signer == proposal.terms.payer else {
                throw AgentError.notAllowed(
                    "the terms name the payer \(proposal.terms.payer.checksummed), and \(signer.checksummed) signed")
            }
        } catch let error as AgentError {
            throw error
        } catch {
            throw .notAllowed("the payer's signature is not one: \(ForeignError.words(error))")
        }
    }

    /// Whether the caller may see and steer a lease.
    func authorize(_ caller: Caller, _ terms: LeaseTerms) throws(AgentError) {
        guard case .session(let session) = caller else { return }
        try check(session)
        guard session.document.account == terms.payer else {
            throw .notAllowed(
                "the lease's payer is \(terms.payer.checksummed), not \(session.document.account.checksummed)")
        }
    }
}
