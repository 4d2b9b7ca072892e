package import GCXModel

/// A document and the signature over it. Holding one proves nothing: ask ``signer(in:)`` or ``verify(signer:in:)``.
package struct Signed<Document: TypedDocument & Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    package let document: Document
    package let signature: Signature

    /// Joins a document and a signature that came from elsewhere, unchecked.
    package init(document: Document, signature: Signature) {
        self.document = document
        self.signature = signature
    }

    /// Signs `document` for the ledger of `domain`.
    package init(_ document: Document, by key: PrivateKey, in domain: EIP712Domain) {
        self.init(document: document, signature: key.sign(document.digest(in: domain)))
    }

    /// Signs `document` with a key held elsewhere.
    package init(_ document: Document, by custody: some KeyCustody, in domain: EIP712Domain) async throws(SigningError)
    {
        self.init(document: document, signature: try await custody.sign(document.digest(in: domain)))
    }

    /// What was signed, and the document's id on that ledger.
    package func digest(in domain: EIP712Domain) -> Digest { document.digest(in: domain) }

    /// The account whose key signed this document for that ledger.
    ///
    /// A changed document or another domain gives some other account, so compare the answer.
    package func signer(in domain: EIP712Domain) throws(SigningError) -> Address {
        try signature.recover(digest(in: domain))
    }

    /// - Throws: ``SigningError/signerUnexpected(document:expected:found:)`` unless `expected` signed it for that ledger.
    package func verify(signer expected: Address, in domain: EIP712Domain) throws(SigningError) {
        try signature.verify(document, signer: expected, in: domain)
    }
}

extension Signed: Hashable where Document: Hashable {}

extension Signature {
    func verify(
        _ document: some TypedDocument, signer expected: Address, in domain: EIP712Domain
    ) throws(SigningError) {
        let found = try recover(document.digest(in: domain))
        guard found == expected else {
            throw .signerUnexpected(document: type(of: document).schema.type.name, expected: expected, found: found)
        }
    }
}
