package import GCXLedger
import GCXMarket
package import GCXModel
package import GCXSigning
package import GCXWire
import ServiceLifecycle
import Synchronization

// dictionaries: accounts, senders, seen, asked

/// The relay's side of being paid: it publishes an offer, leases places to machines, counts what passes, writes receipts, takes
/// vouchers, lets nothing pass that nobody pays for, and settles on the ledger.
package final class TollHouse: Service {
    package struct Settings: Sendable {
        /// For each GiB, base units of the ledger.
        package var price: Amount
        /// Machines at once.
        package var places: Int
        /// Where accounts outlive the process.
        package var folder: String
        /// Bytes that pass before they are vouched for.
        package var creditBytes = TollLimits.creditGiB << 30
        package var look = TollLimits.look
        package var clockSeconds = TollLimits.clockSeconds
        package var lastWait = TollLimits.lastWait

        package init(price: Amount, places: Int, folder: String) {
            (self.price, self.places, self.folder) = (price, places, folder)
        }
    }

    package typealias Sender = @Sendable (TollLine) -> Void

    struct State: Sendable {
        var tariff: TollTariff?
        var offer: Offer?
        var accounts: [Address: TollAccount] = [:]
        var senders: [Address: Sender] = [:]
        /// When a machine was here last, Unix seconds of the ledger.
        var seen: [Address: UInt64] = [:]
        /// When the ledger was asked last whether a machine's lease stands.
        var asked: [Address: UInt64] = [:]
        /// The ledger's clock when it was asked last, and that moment here.
        var clock: (ledger: UInt64, here: ContinuousClock.Instant)?
        var lastFault = ""
        /// Whether the last receipts are written, after which nothing passes.
        var isOver = false
    }

    let settings: Settings
    let key: any KeyCustody
    let grant: Signed<MachineGrant>
    let ledger: any Ledger
    let folder: TollFolder
    let state = Mutex(State())
    /// Held while a file is written, so that none is overwritten by an older one; bytes pass meanwhile.
    private let saving = Mutex(())
    let onFault: @Sendable (String) -> Void

    /// - Parameters:
    ///   - key: the relay's, which signs offers, terms and receipts.
    ///   - grant: its owner's word for it: the owner is paid.
    ///   - onFault: hears of what did not work and is tried again, and at the end of what was left.
    package init(
        _ settings: Settings, key: any KeyCustody, grant: Signed<MachineGrant>, ledger: any Ledger,
        onFault: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.settings, self.key, self.grant, self.ledger, self.onFault) = (settings, key, grant, ledger, onFault)
        folder = TollFolder(path: settings.folder)
    }

    // MARK: What the relay asks while bytes pass

    /// Whether anything may pass to and from a machine.
    func isOpen(_ machine: Address) -> Bool {
        state.withLock { !$0.isOver && $0.accounts[machine]?.isOpen ?? false }
    }

    func passed(_ machine: Address, _ count: Int) { state.withLock { $0.accounts[machine]?.pass(count) } }

    /// A machine is here, and hears what is asked.
    func arrive(_ machine: Address, _ send: @escaping Sender) {
        let tariff = state.withLock { state in
            state.senders[machine] = send
            return state.tariff
        }
        if let tariff { send(TollLine(tariff: tariff)) }
    }

    /// A machine is not here any more, unless it has come again meanwhile.
    func leave(_ machine: Address) { state.withLock { $0.senders[machine] = nil } }

    // MARK: What a machine says

    /// - Throws: ``RelayError/tollRefused(reason:)``.
    package func answer(_ line: TollLine, from machine: Address) async throws(RelayError) -> TollLine? {
        if let proposal = line.proposal { return TollLine(terms: try await countersign(proposal, of: machine)) }
        if let lease = line.lease {
            try await adopt(lease, of: machine)
        } else if let voucher = line.voucher {
            try take(voucher, of: machine)
        } else if let refusal = line.refusal {
            throw .tollRefused(reason: refusal.shown)
        }
        return nil
    }

    private func countersign(
        _ proposal: LeaseProposal, of machine: Address
    ) async throws(RelayError) -> CountersignedTerms {
        let known = state.withLock { ($0.offer, $0.tariff) }
        guard let offer = known.0, let tariff = known.1 else { throw .closed }
        let terms = proposal.terms
        guard terms.offer == tariff.offer, terms.session == machine else {
            throw .tollRefused(reason: "the terms are of another offer, or another machine's")
        }
        do {
            try Signed(document: terms, signature: proposal.payerSignature)
                .verify(signer: terms.payer, in: tariff.domain)
            let demand = try await ledger.demand(terms.demand).document
            if let breach = Agreement(terms: terms, offer: offer, demand: demand).breaches.first {
                throw RelayError.tollRefused(reason: breach.description)
            }
            let signature = try await key.sign(terms.digest(in: tariff.domain))
            return CountersignedTerms(
                terms: terms, payerSignature: proposal.payerSignature, machineSignature: signature)
        } catch {
            throw .toll(error)
        }
    }

    /// Takes a lease that is open on the ledger for what passes from now on.
    private func adopt(_ lease: LeaseID, of machine: Address) async throws(RelayError) {
        let (record, now): (LeaseRecord, UInt64)
        do { (record, now) = (try await ledger.lease(lease), try await ledger.identity().ledgerTime) } catch {
            throw .toll(error)
        }
        let terms = record.terms
        guard terms.machine == key.address, terms.session == machine else {
            throw .tollRefused(reason: "lease \(lease.short) is of another relay or of another machine")
        }
        guard case .open = record.escrow, now < terms.endsAt else {
            throw .tollRefused(reason: "lease \(lease.short) is not open any more")
        }
        try await settleOther(than: lease, of: machine)
        let kept: TollAccount? = try folder.load(lease)
        state.withLock { state in
            let live = state.accounts[machine].flatMap { $0.lease == lease ? $0 : nil }
            var account =
                live ?? kept
                ?? TollAccount(lease: lease, terms: terms, openedAt: record.openedAt, deposit: record.deposit)
            (account.deposit, account.settled) = (record.deposit, max(record.settled, account.settled))
            state.accounts[machine] = account
            (state.seen[machine], state.asked[machine]) = (now, now)
        }
        try save(machine)
    }

    /// A machine that comes with another lease has done with the one before: what it vouched for there is claimed.
    private func settleOther(than lease: LeaseID, of machine: Address) async throws(RelayError) {
        guard let old = state.withLock({ $0.accounts[machine] }), old.lease != lease else { return }
        do {
            if try await isStanding(old, of: machine) { try await close(machine) }
        } catch {
            throw .toll(error)
        }
    }

    private func take(_ voucher: Signed<Voucher>, of machine: Address) throws(RelayError) {
        let isNew = try state.withLock { state throws(RelayError) in
            guard let domain = state.tariff?.domain, var account = state.accounts[machine] else { throw .closed }
            let isNew = try account.take(voucher, in: domain)
            state.accounts[machine] = account
            return isNew
        }
        if isNew { try save(machine) }
    }

    /// Writes the account as it is now.
    func save(_ machine: Address) throws(RelayError) {
        try saving.withLock { _ throws(RelayError) in
            guard let account = state.withLock({ $0.accounts[machine] }) else { return }
            try folder.save(account, of: account.lease)
        }
    }

    /// The same fault is said once, until another comes.
    func complain(_ error: some Error) {
        let words = ForeignError.words(error)
        let isNew = state.withLock { state in
            defer { state.lastFault = words }
            return state.lastFault != words
        }
        if isNew { onFault(words) }
    }
}

extension RelayError {
    /// What went wrong on a ledger or with a key, as the other side hears it.
    static func toll(_ error: any Error) -> RelayError {
        error as? RelayError ?? .tollRefused(reason: ForeignError.words(error))
    }
}
