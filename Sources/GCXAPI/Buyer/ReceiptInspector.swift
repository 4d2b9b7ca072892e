import GCXModel
import GCXSigning

/// The pure rules that a receipt of a lease obeys: chain, rates, physical bounds.
package protocol ReceiptRules: Sendable {
    /// Why `receipt` may not follow `previous`; nil when it may.
    ///
    /// - Parameters:
    ///   - previous: the last good receipt; nil for the first.
    ///   - previousDigest: its digest in the ledger's domain; zero for the first.
    func refusal(of receipt: Receipt, after previous: Receipt?, previousDigest: Digest) -> String?
}

/// Everything a buyer asks of a receipt before it pays for it.
struct ReceiptInspector: Sendable {
    let terms: LeaseTerms
    let domain: EIP712Domain
    let rules: any ReceiptRules
    /// In the escrow, in all.
    let deposit: Amount
    /// Unix seconds by the buyer's own clock.
    let now: @Sendable () -> UInt64

    /// Why the receipt is not paid for; nil when it is good.
    func refusal(of signed: Signed<Receipt>, after previous: Signed<Receipt>?) -> String? {
        signatureRefusal(signed)
            ?? rules.refusal(
                of: signed.document, after: previous?.document, previousDigest: previous?.digest(in: domain) ?? .zero)
            ?? clockRefusal(signed.document)
            ?? depositRefusal(signed.document)
    }

    private func signatureRefusal(_ signed: Signed<Receipt>) -> String? {
        do {
            let signer = try signed.signer(in: domain)
            return signer == terms.machine ? nil : "it is signed by \(signer), not by the lease's machine"
        } catch {
            return error.description
        }
    }

    // The chain and the physical bounds are relative to the time that the provider says has passed; this ties that
    // time to the buyer's own clock.
    private func clockRefusal(_ receipt: Receipt) -> String? {
        let now = now()
        let passed = now > terms.startsAt ? now - terms.startsAt : 0
        let claimed = receipt.usage.leaseNanoseconds / 1_000_000_000
        guard claimed > passed + APILimits.clockSlackSeconds else { return nil }
        return "it counts \(claimed) s of lease, but only \(passed) s have passed since the lease began"
    }

    private func depositRefusal(_ receipt: Receipt) -> String? {
        receipt.amount > deposit ? "it asks for \(receipt.amount), more than the deposit of \(deposit)" : nil
    }
}
