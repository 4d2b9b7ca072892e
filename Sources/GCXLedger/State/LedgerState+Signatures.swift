package import GCXModel
import GCXSigning

extension LedgerState {
    /// Refuses unless `expected` signed the document for this ledger.
    func requireSigner<Document>(
        _ expected: Address, of signed: Signed<Document>, _ kind: EntryKind, in posting: Posting
    ) throws(LedgerError) {
        guard posting.checksSignatures else { return }
        try require(expected, recovered(signed.signature, from: signed.digest(in: domain)), kind)
    }

    /// Refuses unless both sides signed the terms for this ledger.
    func requireSigners(of signed: CountersignedTerms, _ id: LeaseID, in posting: Posting) throws(LedgerError) {
        guard posting.checksSignatures else { return }
        try require(signed.terms.payer, recovered(signed.payerSignature, from: id), .leaseOpened)
        try require(signed.terms.machine, recovered(signed.machineSignature, from: id), .leaseOpened)
    }

    /// Refuses unless the account asked and the operator acknowledged, for this ledger.
    func requireSigners(
        of signed: CountersignedRedemption, _ digest: Digest, in posting: Posting
    ) throws(LedgerError) {
        guard posting.checksSignatures else { return }
        try require(signed.redemption.account, recovered(signed.accountSignature, from: digest), .creditRedeemed)
        try require(`operator`, recovered(signed.operatorSignature, from: digest), .creditRedeemed)
    }

    /// Refuses unless one of `allowed` signed the document for this ledger.
    func requireSigner<Document>(
        among allowed: [Address], of signed: Signed<Document>, _ kind: EntryKind, in posting: Posting
    ) throws(LedgerError) {
        guard posting.checksSignatures, let first = allowed.first else { return }
        let got = recovered(signed.signature, from: signed.digest(in: domain))
        guard let got, allowed.contains(got) else { throw .badSignature(kind, expected: first, got: got) }
    }

    private func recovered(_ signature: Signature, from digest: Digest) -> Address? {
        try? signature.recover(digest)
    }

    private func require(_ expected: Address, _ got: Address?, _ kind: EntryKind) throws(LedgerError) {
        guard got == expected else { throw .badSignature(kind, expected: expected, got: got) }
    }
}

extension Entry {
    /// Refuses unless this entry is the same statement as `stored`, which stands in the journal under its `key`.
    ///
    /// The key covers the document, so only the signatures can differ. The same signer's second signature says nothing
    /// new. Another signer's is refused: it would be a second statement under one key.
    package func requireSame(as stored: Entry, key: EntryKey) throws(LedgerError) {
        guard self != stored, signers(key.digest) != stored.signers(key.digest) else { return }
        throw .keyReused(key)
    }

    /// Who signed `digest`, the digest of this entry; nil for a signature that is none.
    package func signers(_ digest: Digest) -> [Address?] { signatures.map { try? $0.recover(digest) } }

    /// Every signature in the entry: two on a lease and on a redemption, none on a finalization, one on all others.
    var signatures: [Signature] {
        switch self {
        case .grant(let signed): [signed.signature]
        case .attestation(let signed): [signed.signature]
        case .offer(let signed): [signed.signature]
        case .demand(let signed): [signed.signature]
        case .withdrawal(let signed): [signed.signature]
        case .leaseOpened(let terms): [terms.payerSignature, terms.machineSignature]
        case .topUp(let signed): [signed.signature]
        case .claim(let signed): [signed.signature]
        case .closeRequest(let signed): [signed.signature]
        case .finalize: []
        case .rating(let signed): [signed.signature]
        case .faucet(let signed): [signed.signature]
        case .creditIssued(let signed): [signed.signature]
        case .creditRedeemed(let signed): [signed.accountSignature, signed.operatorSignature]
        case .clock(let signed): [signed.signature]
        }
    }
}
