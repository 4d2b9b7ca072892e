package import GCXLedger
import GCXMetering
package import GCXModel
import GCXPricing
package import GCXSigning
package import GCXWire
import Synchronization

/// A machine's side of paying one relay: it leases a place there within its owner's price, and answers receipts with vouchers for
/// what it counted itself.
///
/// Money and signature are the machine's own account's: its owner's key is not on the machine. What the account holds is what can be
/// lost, and a relay gets no more of it than vouchers say.
package final class TollPayer: Sendable {
    /// How far a lease has gone.
    private struct Record: Codable, Sendable {
        var lease: LeaseID
        var terms: LeaseTerms
        var deposit: Amount
        var receipt: Signed<Receipt>?
        var voucher: Signed<Voucher>?
    }

    private struct State: Sendable {
        /// Passed since this process began, both directions together.
        var counted: UInt64 = 0
        /// What receipts had when this process began to count.
        var before: UInt64 = 0
        var record: Record?
        var domain: EIP712Domain?
    }

    private let relay: Address
    private let priceMax: Amount
    private let key: any KeyCustody
    private let ledger: any Ledger
    private let folder: TollFolder
    private let state = Mutex(State())

    /// - Parameters:
    ///   - relay: the key that the relay has proved.
    ///   - priceMax: the most for each GiB; zero pays nothing.
    ///   - key: the machine's, whose account pays.
    ///   - folder: where receipts and vouchers outlive the process.
    package init(relay: Address, priceMax: Amount, key: any KeyCustody, ledger: any Ledger, folder: String) {
        (self.relay, self.priceMax, self.key, self.ledger) = (relay, priceMax, key, ledger)
        self.folder = TollFolder(path: folder)
    }

    /// So many bytes came from the relay or went to it.
    package func count(_ bytes: Int) {
        state.withLock { $0.counted = $0.counted.saturatingSum(UInt64(clamping: bytes)) }
    }

    /// - Throws: ``RelayError/tooDear(price:most:)``, or why it does not go on; no voucher left then.
    package func answer(_ line: TollLine) async throws(RelayError) -> TollLine? {
        do {
            if let tariff = line.tariff { return try await lease(at: tariff) }
            if let terms = line.terms { return try await open(terms) }
            if let receipt = line.receipt { return try await pay(receipt) }
        } catch {
            throw .toll(error)
        }
        if let refusal = line.refusal { throw .tollRefused(reason: refusal.shown) }
        return nil
    }

    /// The lease that is open already, or terms for a new one.
    private func lease(at tariff: TollTariff) async throws -> TollLine {
        let identity = try await ledger.identity()
        guard identity.domain == tariff.domain else {
            throw RelayError.tollRefused(reason: "it is paid on another ledger than this machine's")
        }
        state.withLock { $0.domain = identity.domain }
        // What was agreed holds until its end, whatever the relay asks of others by now.
        if let open = try await openLease(identity) { return TollLine(lease: open) }
        guard tariff.egressGiB <= priceMax else { throw RelayError.tooDear(price: tariff.egressGiB, most: priceMax) }
        let offer = try await ledger.offer(tariff.offer).document
        guard offer.machine == relay, offer.rates == TollOffer.rates(tariff.egressGiB) else {
            throw RelayError.tollRefused(reason: "its offer on the ledger is not what it says")
        }
        // The credit is what a relay may say beyond what passed here.
        guard offer.creditLimit <= TollOffer.price(ofGiB: TollLimits.creditGiB, at: offer.rates) else {
            throw RelayError.tollRefused(reason: "its credit is more than a GiB")
        }
        return TollLine(proposal: try await proposal(offer, tariff, identity))
    }

    private func openLease(_ identity: LedgerIdentity) async throws -> LeaseID? {
        let own = key.address
        let found = try await ledger.leases(of: own).last { record in
            guard case .open = record.escrow else { return false }
            return record.terms.machine == relay && record.terms.session == own
                && identity.ledgerTime < record.terms.endsAt
        }
        guard let found, found.terms.rates == TollOffer.rates(found.terms.rates.egressGiB),
            found.terms.rates.egressGiB <= priceMax
        else { return nil }
        try remember(found)
        return found.id
    }

    private func remember(_ found: LeaseRecord) throws {
        let known = state.withLock { $0.record }
        var record: Record
        if let known, known.lease == found.id {
            record = known
        } else {
            record = try folder.load(found.id) ?? Record(lease: found.id, terms: found.terms, deposit: found.deposit)
            let before = record.receipt?.document.usage.egressBytes ?? 0
            state.withLock { ($0.before, $0.counted) = (before, 0) }
        }
        record.deposit = found.deposit
        state.withLock { $0.record = record }
    }

    private func proposal(
        _ offer: Offer, _ tariff: TollTariff, _ identity: LedgerIdentity
    ) async throws -> LeaseProposal {
        let balance = try await ledger.account(key.address).balance
        let deposit = min(balance, TollOffer.price(ofGiB: TollLimits.depositGiB, at: offer.rates))
        guard deposit > .zero else { throw RelayError.noMoney(key.address) }
        let demand = try await Signed(
            TollOffer.demand(of: key.address, deposit: deposit, at: identity.ledgerTime), by: key, in: tariff.domain)
        try await ledger.post(.demand(demand))
        let terms = TollOffer.terms(
            offer, tariff.offer, demand.document, demand.digest(in: tariff.domain), at: identity.ledgerTime)
        return LeaseProposal(terms: terms, payerSignature: try await key.sign(terms.digest(in: tariff.domain)))
    }

    private func open(_ signed: CountersignedTerms) async throws -> TollLine {
        guard let domain = state.withLock({ $0.domain }), signed.terms.machine == relay,
            signed.terms.payer == key.address, signed.terms.rates.egressGiB <= priceMax
        else { throw RelayError.tollRefused(reason: "it signed other terms") }
        try signed.verify(in: domain)
        try await ledger.post(.leaseOpened(signed))
        let lease = signed.lease(in: domain)
        try remember(try await ledger.lease(lease))
        return TollLine(lease: lease)
    }

    private func pay(_ receipt: Signed<Receipt>) async throws -> TollLine {
        let (found, domain, most) = state.withLock { state in
            (state.record, state.domain, state.before.saturatingSum(state.counted))
        }
        guard var record = found, let domain else { throw RelayError.closed }
        // The relay says again what it did not hear the answer to.
        if let voucher = record.voucher, record.receipt == receipt { return TollLine(voucher: voucher) }
        try receipt.verify(signer: relay, in: domain)
        let last = record.receipt.map { (receipt: $0.document, digest: $0.digest(in: domain)) }
        try ReceiptCheck(lease: record.lease, terms: record.terms, deposit: record.deposit)
            .check(receipt.document, after: last, elapsedNanoseconds: nil)
        // What is on its way, and what passed before this process began, is within the credit.
        let passed = TollOffer.price(ofBytes: most, at: record.terms.rates)
        guard receipt.document.amount <= passed.adding(record.terms.creditLimit) ?? Amount(.max) else {
            let asked = NumberText.count(receipt.document.usage.egressBytes, "byte")
            throw RelayError.tollRefused(reason: "its receipt has \(asked), and \(most) passed here")
        }
        let voucher = try await Signed(
            Voucher(
                channel: record.lease, cumulative: receipt.document.amount, receipt: receipt.digest(in: domain)),
            by: key, in: domain)
        (record.receipt, record.voucher) = (receipt, voucher)
        // What was promised is known before it leaves.
        try folder.save(record, of: record.lease)
        state.withLock { [record] in $0.record = record }
        await raiseDeposit(record, in: domain)
        return TollLine(voucher: voucher)
    }

    /// Raises the deposit when half of it is spent, as far as the account has money; where it has none, the relay stops at its end.
    private func raiseDeposit(_ record: Record, in domain: EIP712Domain) async {
        let left = record.deposit.subtracting(record.receipt?.document.amount ?? .zero) ?? .zero
        let whole = TollOffer.price(ofGiB: TollLimits.depositGiB, at: record.terms.rates)
        guard left < Pricing.share(whole, parts: 2), let balance = try? await ledger.account(key.address).balance,
            balance > .zero,
            let deposit = record.deposit.adding(min(balance, whole))
        else { return }
        let topUp = try? await Signed(TopUp(channel: record.lease, deposit: deposit), by: key, in: domain)
        guard let topUp, (try? await ledger.post(.topUp(topUp))) != nil else { return }
        state.withLock { state in
            if state.record?.lease == record.lease { state.record?.deposit = deposit }
        }
    }
}
