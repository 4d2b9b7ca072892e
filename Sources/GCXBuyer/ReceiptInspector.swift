import GCXMarket
import GCXMetering
import GCXModel
import GCXSigning

/// Everything a buyer asks of a receipt before it pays for it.
struct ReceiptInspector: Sendable {
    let machine: Address
    let domain: EIP712Domain
    /// Chain, rates, physical bounds and deposit.
    var check: ReceiptCheck
    /// When the lease opened, Unix seconds by the ledger's clock.
    let openedAt: UInt64
    /// Unix seconds by the buyer's own clock.
    let now: @Sendable () -> UInt64

    /// Why the receipt is not paid for; nil when it is good.
    func refusal(of signed: Signed<Receipt>, after previous: Signed<Receipt>?) -> String? {
        do throws(SigningError) {
            try signed.verify(signer: machine, in: domain)
        } catch {
            return error.description
        }
        do throws(ReceiptError) {
            let last = previous.map { (receipt: $0.document, digest: $0.digest(in: domain)) }
            try check.check(signed.document, after: last, elapsedNanoseconds: elapsedNanoseconds)
        } catch {
            return error.description
        }
        let asked = signed.document.amount
        guard vouchers.payment(of: asked, at: latest) == asked else {
            return
                "the receipt asks for \(NumberText.amount(asked)), and of this lease no more than "
                + "\(NumberText.amount(vouchers.payable(at: latest))) can be owed by now"
        }
        return nil
    }

    /// What the ledger would pay by now.
    private var vouchers: VoucherWorth {
        VoucherWorth(open: check.terms, openedAt: openedAt, deposit: check.deposit)
    }

    /// The ledger's clock may be ahead of the buyer's by as much as the machine's.
    private var latest: UInt64 {
        now().saturatingSum(Nanoseconds.wholeSeconds(in: MeteringLimits.clockToleranceNanoseconds))
    }

    // The rules are relative to the time that the provider says has passed; this ties that to the buyer's own clock.
    private var elapsedNanoseconds: UInt64 {
        let now = now()
        guard now > openedAt else { return 0 }
        // The ledger says when the lease opened.
        return Nanoseconds.of(seconds: now - openedAt)  // bounded: guarded above
    }
}
