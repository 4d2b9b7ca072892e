package import GCXModel

/// Lease terms that both sides signed: with an escrow behind them, a lease.
package struct CountersignedTerms: Codable, Equatable, Hashable, Sendable {
    package let terms: LeaseTerms
    /// The buyer's signature.
    package let payerSignature: Signature
    /// The provider's signature, made by the machine's key.
    package let machineSignature: Signature

    /// Joins terms and signatures that came from elsewhere, unchecked.
    package init(terms: LeaseTerms, payerSignature: Signature, machineSignature: Signature) {
        self.terms = terms
        self.payerSignature = payerSignature
        self.machineSignature = machineSignature
    }

    /// Signs with both keys at hand, as on one machine; apart, each side sends its own signature.
    package init(_ terms: LeaseTerms, payer: PrivateKey, machine: PrivateKey, in domain: EIP712Domain) {
        let digest = terms.digest(in: domain)
        self.init(terms: terms, payerSignature: payer.sign(digest), machineSignature: machine.sign(digest))
    }

    /// The lease's id on that ledger.
    package func lease(in domain: EIP712Domain) -> LeaseID { terms.digest(in: domain) }

    /// The accounts that signed, whoever they are.
    package func signers(in domain: EIP712Domain) throws(SigningError) -> (payer: Address, machine: Address) {
        let digest = terms.digest(in: domain)
        return (try payerSignature.recover(digest), try machineSignature.recover(digest))
    }

    /// - Throws: ``SigningError/signerUnexpected(document:expected:found:)`` unless the terms' own payer and machine signed.
    package func verify(in domain: EIP712Domain) throws(SigningError) {
        try payerSignature.verify(terms, signer: terms.payer, in: domain)
        try machineSignature.verify(terms, signer: terms.machine, in: domain)
    }
}
