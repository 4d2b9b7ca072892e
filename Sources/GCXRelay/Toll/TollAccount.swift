import GCXMetering
import GCXModel
import GCXPricing
import GCXSigning

/// What one machine has with a relay under one lease: what passed, what that comes to at the lease's rates, what is vouched for.
///
/// Pure. It is stored with each receipt and each voucher, so what passed after the last receipt is lost with the process that counted it:
/// the relay's loss, for a machine pays what a receipt says.
struct TollAccount: Codable, Equatable, Sendable {
    let lease: LeaseID
    let terms: LeaseTerms
    /// The ledger's Unix seconds.
    let openedAt: UInt64
    var deposit: Amount
    /// Paid on the ledger by the relay's knowledge.
    var settled: Amount = .zero
    /// Passed since the lease began, both directions together.
    private(set) var bytes: UInt64 = 0
    private(set) var receipt: Signed<Receipt>?
    private(set) var voucher: Signed<Voucher>?

    init(lease: LeaseID, terms: LeaseTerms, openedAt: UInt64, deposit: Amount) {
        (self.lease, self.terms, self.openedAt, self.deposit) = (lease, terms, openedAt, deposit)
    }

    var vouched: Amount { voucher?.document.cumulative ?? .zero }

    /// What all that passed comes to.
    var owed: Amount { (try? Pricing.amountOwed(usage, rates: terms.rates)) ?? Amount(.max) }

    /// Whether more may pass: not beyond the credit, nor beyond the deposit.
    var isOpen: Bool {
        CreditPolicy(creditLimit: terms.creditLimit, deposit: deposit, reserve: .zero)
            .decide(metered: owed, vouched: vouched) == .run
    }

    /// Bytes that no receipt has yet.
    var unwritten: UInt64 {
        let written = receipt?.document.usage.egressBytes ?? 0
        return bytes - min(written, bytes)  // bounded: the smaller from the larger
    }

    /// Whether the last receipt waits for its voucher.
    var awaitsVoucher: Bool { receipt.map { $0.document.amount > vouched } ?? false }

    /// What passed and is not vouched for.
    var unvouched: Amount { owed.subtracting(vouched) ?? .zero }

    private var usage: Usage {
        var usage = receipt?.document.usage ?? .zero
        usage.egressBytes = bytes
        return usage
    }

    /// The time of the lease goes with it, though it costs nothing: no machine sends more in it than a line carries.
    private func usage(at now: UInt64) -> Usage {
        var usage = usage
        let elapsed = Nanoseconds.of(seconds: now - min(openedAt, now))  // bounded: the smaller from the larger
        usage.leaseNanoseconds = max(usage.leaseNanoseconds, elapsed)
        return usage
    }

    mutating func pass(_ count: Int) { bytes = bytes.saturatingSum(UInt64(clamping: count)) }

    /// The next receipt; nil when nothing passed since the last one, or that one waits for its voucher.
    func nextReceipt(at now: UInt64, in domain: EIP712Domain) -> Receipt? {
        let usage = usage(at: now)
        guard unwritten > 0, !awaitsVoucher, let amount = try? Pricing.amountOwed(usage, rates: terms.rates) else {
            return nil
        }
        let last = receipt?.document
        return Receipt(
            lease: lease, sequence: (last?.sequence ?? 0).saturatingSum(1),
            previous: receipt?.digest(in: domain) ?? .zero, bootID: "", periodStartNanoseconds: 0,
            periodEndNanoseconds: 0, issuedAt: now, usage: usage, amount: amount, logDigest: .zero,
            samplesDigest: .zero, isFinal: false, events: [])
    }

    mutating func keep(_ receipt: Signed<Receipt>) { self.receipt = receipt }

    /// Takes the voucher that answers the last receipt.
    ///
    /// - Returns: false for one that promises no more than an earlier one did.
    /// - Throws: ``RelayError/tollRefused(reason:)``.
    mutating func take(_ voucher: Signed<Voucher>, in domain: EIP712Domain) throws(RelayError) -> Bool {
        let document = voucher.document
        guard document.channel == lease else {
            throw .tollRefused(reason: "the voucher is for lease \(document.channel.short), not \(lease.short)")
        }
        do { try voucher.verify(signer: terms.session, in: domain) } catch {
            throw .tollRefused(reason: error.description)
        }
        guard document.cumulative > vouched else { return false }
        guard let receipt, document.receipt == receipt.digest(in: domain) else {
            throw .tollRefused(reason: "the voucher does not answer the last receipt")
        }
        guard document.cumulative == receipt.document.amount else {
            throw .tollRefused(reason: "the voucher says another sum than its receipt")
        }
        self.voucher = voucher
        return true
    }

    /// What a claim would bring, when it is worth one.
    func claimable(force: Bool) -> Signed<Voucher>? {
        guard let voucher, let due = vouched.subtracting(settled), due > .zero else { return nil }
        let share = Pricing.share(deposit, parts: TollLimits.claimsPerDeposit)
        return force || due >= share ? voucher : nil
    }
}
