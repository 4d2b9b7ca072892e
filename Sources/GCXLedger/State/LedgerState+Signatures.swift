import GCXModel
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

    /// Refuses unless one of `allowed` signed the document for this ledger.
    func requireSigner<Document>(
        among allowed: [Address], of signed: Signed<Document>, _ kind: EntryKind, in posting: Posting
    ) throws(LedgerError) {
        guard posting.checksSignatures, let first = allowed.first else { return }
        let got = recovered(signed.signature, from: signed.digest(in: domain))
        guard let got, allowed.contains(got) else { throw .badSignature(kind, expected: first, got: got) }
    }

    /// Whether `entry`, whose key stands in the journal as `stored`, is the same statement again.
    ///
    /// The key covers the document, so only the signatures can differ. The same signer's second signature says nothing
    /// new. Another signer's is refused: it would be a second statement under one key.
    package func requireSameStatement(_ entry: Entry, as stored: Entry) throws(LedgerError) {
        guard entry != stored else { return }
        let key = entry.key(in: domain)
        guard signers(of: entry, key.digest) == signers(of: stored, key.digest) else { throw .keyReused(key) }
    }

    private func signers(of entry: Entry, _ digest: Digest) -> [Address?] {
        entry.signatures.map { recovered($0, from: digest) }
    }

    private func recovered(_ signature: Signature, from digest: Digest) -> Address? {
        try? signature.recover(digest)
    }

    private func require(_ expected: Address, _ got: Address?, _ kind: EntryKind) throws(LedgerError) {
        guard got == expected else { throw .badSignature(kind, expected: expected, got: got) }
    }
}

extension Entry {
    /// Every signature in the entry: two on a lease, none on a finalization, one on all others.
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
        }
    }
}
