import GCXLedger
package import GCXModel
import GCXSigning
import GCXWire
import ServiceLifecycle
import Synchronization

// dictionaries: accounts, senders, seen, asked

extension TollHouse {
    /// Publishes the offer, and keeps the accounts until a graceful shutdown; what passed is vouched for and claimed then, so it stops
    /// before the relay closes its connections.
    package func run() async throws {
        restore()
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                await look()
                try? await Task.sleep(for: settings.look)
            }
        }
        // Also when the task was cancelled: a client asks nobody from such a one.
        await Task { [self] in await finish() }.value
    }

    var machines: [Address] { state.withLock { Array($0.accounts.keys) } }

    /// Accounts of machines that may never come again: what they vouched for is claimed all the same.
    func restore() {
        let kept = folder.all(as: TollAccount.self)
        state.withLock { state in
            for account in kept where state.accounts[account.terms.session] == nil {
                state.accounts[account.terms.session] = account
            }
        }
    }

    /// The ledger's clock: it is asked once in a while and goes on by ours.
    func now() async throws -> UInt64 {
        let known = state.withLock { $0.clock }
        let passed = known.map { UInt64(clamping: ($0.here.duration(to: .now)).components.seconds) } ?? .max
        if let known, passed < settings.clockSeconds { return known.ledger.saturatingSum(passed) }
        let time = try await ledger.identity().ledgerTime
        state.withLock { $0.clock = (time, .now) }
        return time
    }

    /// One round: the offer, then each account. What does not work is said and tried in the next.
    package func look() async {
        var isWell = await attempt { try await self.publish() }
        for machine in machines {
            let steps: [() async throws -> Void] = [
                { try await self.writeReceipt(for: machine) }, { try await self.claim(of: machine, force: false) },
                { try await self.closeIfOver(machine) },
            ]
            for step in steps where await !attempt(step) { isWell = false }
        }
        // What fails again after it went well is said again.
        if isWell { state.withLock { $0.lastFault = "" } }
    }

    /// - Returns: whether it went well.
    func attempt(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch {
            if !Task.isCancelled { complain(error) }
            return false
        }
    }

    /// Sees that an offer of ours stands at the present price.
    package func publish() async throws {
        let old = state.withLock { $0.offer }
        let half = TollLimits.offerSeconds / 2  // bounded: a constant
        if let old, try await now() < old.issuedAt.saturatingSum(half) { return }
        let identity = try await ledger.identity()
        try await ledger.post(.grant(grant))
        let offer = TollOffer.offer(
            old?.offerID ?? .random(), revision: (old?.revision ?? 0).saturatingSum(1), by: grant.document,
            grant.digest(in: identity.domain), settings, at: identity.ledgerTime)
        let signed = try await Signed(offer, by: key, in: identity.domain)
        try await ledger.post(.offer(signed))
        let tariff = TollTariff(
            offer: signed.digest(in: identity.domain), egressGiB: settings.price, domain: identity.domain)
        let waiting = state.withLock { state in
            // Who came before there was a tariff has heard none.
            let isFirst = state.tariff == nil
            (state.offer, state.tariff) = (offer, tariff)
            return state.senders.filter { isFirst || state.accounts[$0.key] == nil }.values
        }
        for send in waiting { send(TollLine(tariff: tariff)) }
    }

    /// Writes the next receipt when it is due: it is on the disk before the machine hears of it. One that waits for its voucher is said
    /// again, for it may have been lost with a connection.
    ///
    /// - Parameter isLast: whether it is due however little passed.
    func writeReceipt(for machine: Address, isLast: Bool = false) async throws {
        let found = state.withLock { ($0.accounts[machine], $0.tariff?.domain, $0.senders[machine]) }
        guard let account = found.0, let domain = found.1 else { return }
        let now = try await now()
        if found.2 != nil { state.withLock { $0.seen[machine] = now } }
        let last = account.receipt?.document.issuedAt ?? account.openedAt
        let isLate = now >= last.saturatingSum(TollLimits.receiptSeconds)
        if account.awaitsVoucher {
            guard isLate, let send = found.2 else { return }
            try save(machine)
            return send(TollLine(receipt: account.receipt))
        }
        let part = settings.creditBytes / TollLimits.receiptsPerCredit  // bounded: by a constant
        guard isLast || account.unwritten >= part || isLate || !account.isOpen,
            let receipt = account.nextReceipt(at: now, in: domain)
        else { return }
        let signed = try await Signed(receipt, by: key, in: domain)
        let isKept = state.withLock { state in
            guard state.accounts[machine]?.lease == receipt.lease else { return false }
            state.accounts[machine]?.keep(signed)
            return true
        }
        guard isKept else { return }
        try save(machine)
        found.2?(TollLine(receipt: signed))
    }

    func claim(of machine: Address, force: Bool) async throws {
        guard let account = state.withLock({ $0.accounts[machine] }), let voucher = account.claimable(force: force)
        else {
            return
        }
        try await ledger.post(.claim(voucher))
        state.withLock { $0.accounts[machine]?.settled = voucher.document.cumulative }
        try save(machine)
    }

    /// Settles and closes a lease that has ended, or whose machine has not been here for long; the rest of the deposit goes back at
    /// once. A machine that is here hears the tariff again.
    func closeIfOver(_ machine: Address) async throws {
        let (found, seen, asked) = state.withLock { ($0.accounts[machine], $0.seen[machine], $0.asked[machine] ?? 0) }
        guard let account = found else { return }
        let now = try await now()
        if seen == nil { state.withLock { $0.seen[machine] = now } }
        let isAbsent = now >= (seen ?? now).saturatingSum(TollLimits.absentSeconds)
        let last = account.terms.endsAt - min(TollLimits.receiptSeconds, account.terms.endsAt)  // bounded: the smaller
        let isOver = now >= last || isAbsent
        let isDue = isOver || !account.isOpen || now >= asked.saturatingSum(TollLimits.standingSeconds)
        guard isDue, try await isStanding(account, of: machine) else { return }
        state.withLock { $0.asked[machine] = now }
        if isOver { try await close(machine) }
    }

    /// Takes over a deposit that was raised. A lease whose payer asked to close it is claimed and carries nothing more.
    func isStanding(_ account: TollAccount, of machine: Address) async throws -> Bool {
        let record = try await ledger.lease(account.lease)
        if case .open = record.escrow {
            state.withLock { $0.accounts[machine]?.deposit = record.deposit }
            return true
        }
        if case .closing(_, _, _, let closesAt) = record.escrow, try await now() < closesAt {
            try await claim(of: machine, force: true)
        } else if let lost = account.vouched.subtracting(record.settled), lost > .zero {
            onFault(
                "lease \(account.lease.short) can be claimed no more, and \(NumberText.amount(lost)) vouched for is lost"
            )
        }
        forget(account.lease, of: machine)
        return false
    }

    /// A machine that is here hears the tariff again.
    private func forget(_ lease: LeaseID, of machine: Address) {
        folder.remove(lease)
        let (send, tariff) = state.withLock { state in
            (state.accounts[machine], state.seen[machine], state.asked[machine]) = (nil, nil, nil)
            return (state.senders[machine], state.tariff)
        }
        if let tariff { send?(TollLine(tariff: tariff)) }
    }

    /// Claims what is vouched for, and closes.
    package func close(_ machine: Address) async throws {
        guard let account = state.withLock({ $0.accounts[machine] }), let domain = state.withLock({ $0.tariff?.domain })
        else { return }
        try await claim(of: machine, force: true)
        let request = CloseRequest(
            channel: account.lease, requester: key.address, requestedAt: try await now())
        try await ledger.post(.closeRequest(Signed(request, by: key, in: domain)))
        forget(account.lease, of: machine)
    }
}
