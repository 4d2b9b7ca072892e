package import GCXMarket
package import GCXModel
import GCXSigning

// dictionaries: balances, leases

// The money of a lease, from top-up to refund.
extension LedgerState {
    func topUp(_ signed: Signed<TopUp>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let topUp = signed.document
        var lease = try knownLease(topUp.channel)
        try requireSigner(lease.terms.payer, of: signed, .topUp, in: posting)
        let (deposit, settled) = try openEscrow(of: lease)
        guard let more = topUp.deposit.subtracting(deposit), more > .zero else {
            throw .staleTopUp(lease.id, deposit: deposit, offered: topUp.deposit)
        }
        let rest = try remainder(of: lease.terms.payer, after: more)
        lease.escrow = .open(deposit: topUp.deposit, settled: settled)
        return [.balance(lease.terms.payer, rest), .lease(lease)]
    }

    /// All or nothing while the lease is open: a voucher beyond the escrow or the rate cap pays nothing and stays good for
    /// later. Once the payer asked to close nothing grows any more, and it pays up to them.
    func claim(_ signed: Signed<Voucher>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let voucher = signed.document
        var lease = try knownLease(voucher.channel)
        try requireSigner(lease.terms.session, of: signed, .claim, in: posting)
        try requireClaimable(lease, at: posting.time)
        let paid = lease.payment(of: voucher.cumulative, at: posting.time)
        guard let due = paid.subtracting(lease.settled), due > .zero else {
            throw refusal(of: voucher.cumulative, lease, at: posting.time)
        }
        lease.escrow = lease.escrow.paying(paid)
        lease.voucher = signed
        return [try pay(lease.terms.payee, due, .claim), .lease(lease)]
    }

    private func refusal(of cumulative: Amount, _ lease: LeaseRecord, at time: UInt64) -> LedgerError {
        guard cumulative > lease.settled, lease.paysInPart != true else {
            return .staleVoucher(lease.id, settled: lease.settled, offered: cumulative)
        }
        guard cumulative <= lease.deposit else {
            return .escrowExceeded(lease.id, held: lease.deposit, asked: cumulative)
        }
        return .rateCapExceeded(lease.id, allowed: lease.claimable(at: time), asked: cumulative)
    }

    func requestClose(_ signed: Signed<CloseRequest>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let request = signed.document
        try requireDated(request.requestedAt, .closeRequest, in: posting)
        let lease = try knownLease(request.channel)
        try requireSigner(request.requester, of: signed, .closeRequest, in: posting)
        switch lease.terms.close(askedBy: request.requester, at: posting.time) {
        case .atOnce:
            guard !lease.escrow.isClosed else { throw .leaseClosed(lease.id) }
            return try close(lease, at: posting.time, .closeRequest)
        case .window(let closesAt): return [.lease(try closing(lease, at: posting.time, until: closesAt))]
        case nil:
            throw .notAllowed(request.requester, reason: "only a party of lease \(lease.id) may ask to close it")
        }
    }

    func finalize(_ id: LeaseID, in posting: Posting) throws(LedgerError) -> [Effect] {
        let lease = try knownLease(id)
        switch lease.escrow {
        case .open: throw .notClosing(id)
        case .closed: throw .leaseClosed(id)
        case .closing(_, _, _, let closesAt):
            guard posting.time >= closesAt else { throw .closeWindowNotOver(id, closesAt: closesAt) }
            return try close(lease, at: posting.time, .finalize)
        }
    }

    func mint(_ signed: Signed<FaucetGrant>, in posting: Posting) throws(LedgerError) -> [Effect] {
        guard isTestNetwork else { throw .notTestNetwork }
        let grant = signed.document
        try requireSigner(`operator`, of: signed, .faucet, in: posting)
        guard let total = minted.adding(grant.amount) else { throw .amountOverflow(.faucet) }
        return [.minted(total), try pay(grant.account, grant.amount, .faucet)]
    }

    func knownLease(_ id: LeaseID) throws(LedgerError) -> LeaseRecord {
        guard let lease = leases[id] else { throw .leaseUnknown(id) }
        return lease
    }

    private func openEscrow(of lease: LeaseRecord) throws(LedgerError) -> (deposit: Amount, settled: Amount) {
        switch lease.escrow {
        case .open(let deposit, let settled): return (deposit, settled)
        case .closing(_, _, _, let closesAt): throw .leaseClosing(lease.id, closesAt: closesAt)
        case .closed: throw .leaseClosed(lease.id)
        }
    }

    private func requireClaimable(_ lease: LeaseRecord, at time: UInt64) throws(LedgerError) {
        switch lease.escrow {
        case .open: return
        case .closed: throw .leaseClosed(lease.id)
        case .closing(_, _, _, let closesAt):
            guard time < closesAt else { throw .closeWindowOver(lease.id, closedAt: closesAt) }
        }
    }

    /// The payer's request: the window opens, and the ledger's clock counts, not the document's.
    private func closing(
        _ lease: LeaseRecord, at time: UInt64, until closesAt: UInt64
    ) throws(LedgerError) -> LeaseRecord {
        var lease = lease
        let (deposit, settled) = try openEscrow(of: lease)
        lease.escrow = .closing(deposit: deposit, settled: settled, requestedAt: time, closesAt: closesAt)
        lease.paysInPart = charter.format >= .ofLedger ? true : nil
        return lease
    }

    private func close(_ lease: LeaseRecord, at time: UInt64, _ kind: EntryKind) throws(LedgerError) -> [Effect] {
        // The owner gets the reservation at least, without anybody's voucher.
        let paid = max(lease.settled, lease.reserved(at: time))
        let due = paid.subtracting(lease.settled) ?? .zero
        let refund = lease.deposit.subtracting(paid) ?? .zero
        var closed = lease
        closed.escrow = .closed(settled: paid, refunded: refund, closedAt: time)
        let owner = due > .zero ? [try pay(lease.terms.payee, due, kind)] : []
        return owner + [try pay(lease.terms.payer, refund, kind), .lease(closed)]  // bounded: joins lists
    }

    func pay(_ account: Address, _ amount: Amount, _ kind: EntryKind) throws(LedgerError) -> Effect {
        guard let sum = (balances[account] ?? .zero).adding(amount) else { throw .amountOverflow(kind) }
        return .balance(account, sum)
    }
}

extension LeaseRecord {
    /// The most that a voucher may reach at a moment of the ledger's clock under the rate cap. It is not bounded by the
    /// deposit.
    package func claimable(at time: UInt64) -> Amount { vouchers.cap.allowed(at: time) }

    /// The most that a claim at that moment of the ledger's clock may say to be paid as a whole.
    package func payable(at time: UInt64) -> Amount { vouchers.payable(at: time) }

    /// What is paid in all after a claim of so much at that moment of the ledger's clock.
    package func payment(of cumulative: Amount, at time: UInt64) -> Amount {
        vouchers.payment(of: cumulative, at: time)
    }

    /// What vouchers of it are worth.
    package var vouchers: VoucherWorth {
        VoucherWorth(
            deposit: deposit, settled: settled, cap: RateCap(terms, openedAt: openedAt, until: capStandsStillAt),
            claims: claims, paysInPart: paysInPart == true)
    }

    private var claims: VoucherWorth.Claims {
        switch escrow {
        case .open: .open
        case .closing(_, _, _, let closesAt): .before(closesAt)
        case .closed: .over
        }
    }

    /// What the payee gets at least if the lease is closed at that moment of the ledger's clock: its reservation, as far as the
    /// deposit reaches. What was claimed counts towards it.
    package func reserved(at time: UInt64) -> Amount {
        guard let reservationHour else { return .zero }
        let until = min(terms.endsAt, capStandsStillAt ?? .max)
        return min(
            deposit,
            Reservation(hourly: reservationHour, from: max(openedAt, terms.startsAt), until: until).due(at: time))
    }

    private var capStandsStillAt: UInt64? {
        switch escrow {
        case .open: nil
        case .closing(_, _, let requestedAt, _): requestedAt
        case .closed(_, _, let closedAt): closedAt
        }
    }
}
