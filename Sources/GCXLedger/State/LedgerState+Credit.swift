import GCXModel
import GCXSigning

// Money on a ledger that is no test network: the operator's promise, in at a word of the operator, out at a word of both.
extension LedgerState {
    func issue(_ signed: Signed<CreditIssue>, in posting: Posting) throws(LedgerError) -> [Effect] {
        let issue = signed.document
        try requirePromises(.creditIssued)
        try Form(.creditIssued, in: posting).credit(issue.amount, issue.reference)
        try requireSigner(`operator`, of: signed, .creditIssued, in: posting)
        var credit = credit
        guard let total = credit.issued.adding(issue.amount) else { throw .amountOverflow(.creditIssued) }
        credit.issued = total
        return [.credit(credit), try pay(issue.account, issue.amount, .creditIssued)]
    }

    func redeem(
        _ signed: CountersignedRedemption, _ digest: Digest, in posting: Posting
    ) throws(LedgerError) -> [Effect] {
        let redemption = signed.redemption
        try requirePromises(.creditRedeemed)
        try Form(.creditRedeemed, in: posting).credit(redemption.amount, redemption.reference)
        try requireSigners(of: signed, digest, in: posting)
        let rest = try remainder(of: redemption.account, after: redemption.amount)
        var credit = credit
        guard let total = credit.redeemed.adding(redemption.amount) else { throw .amountOverflow(.creditRedeemed) }
        credit.redeemed = total
        return [.credit(credit), .balance(redemption.account, rest)]
    }

    private func requirePromises(_ kind: EntryKind) throws(LedgerError) {
        guard !isTestNetwork else { throw .testNetwork }
        try requireFormat(.ofLedger, for: kind)
    }
}

extension Form {
    fileprivate func credit(_ amount: Amount, _ reference: Untrusted) throws(LedgerError) {
        try require(amount > .zero, "amount", "is zero")
        try require(reference.byteCount > 0, "reference", "is empty")
        try text("reference", reference, max: LedgerLimits.referenceBytesMax)
    }
}
