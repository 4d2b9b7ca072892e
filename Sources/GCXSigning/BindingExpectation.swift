package import GCXModel

/// What a client knows of the server that it wants to reach: enough to judge whatever binding it is shown.
package struct BindingExpectation: Equatable, Sendable {
    /// Whose server it is to be: a machine's key, or a ledger's operator.
    package var signer: Address
    /// The largest sequence that was seen of this signer; 0 when none was.
    package var newestSeen: UInt64

    package init(signer: Address, newestSeen: UInt64 = 0) {
        self.signer = signer
        self.newestSeen = newestSeen
    }

    /// Accepts a binding, or says why not. Nothing but what stands here is asked: no name, no authority, no earlier visit.
    ///
    /// - Parameters:
    ///   - now: Unix seconds of the client's clock.
    ///   - publicKey: SHA-256 of the key that the server has just proved to hold.
    /// - Complexity: one signature is recovered, some 50 microseconds.
    package func check(
        _ binding: Signed<EndpointBinding>, at now: UInt64, publicKey: Digest
    ) throws(BindingError) {
        let document = binding.document
        try Self.checkSize(of: document)
        try checkSigner(of: binding)
        guard document.publicKey == publicKey else {
            throw .otherKey(bound: document.publicKey, shown: publicKey)
        }
        try Self.checkPeriod(of: document, at: now)
        guard document.sequence >= newestSeen else {
            throw .replayed(sequence: document.sequence, newestSeen: newestSeen)
        }
    }

    private static func checkSize(of document: EndpointBinding) throws(BindingError) {
        for (places, name) in [(document.endpoints, "endpoints"), (document.relays, "relays")] {
            guard places.count <= GCXModel.Limits.endpointsMax else {
                throw .tooLarge(name, found: places.count, most: GCXModel.Limits.endpointsMax)
            }
            for place in places where place.byteCount > GCXModel.Limits.endpointBytesMax {
                throw .tooLarge(
                    "bytes of one of its \(name)", found: place.byteCount, most: GCXModel.Limits.endpointBytesMax)
            }
        }
    }

    private func checkSigner(of binding: Signed<EndpointBinding>) throws(BindingError) {
        guard binding.document.subject == signer else {
            throw .ofSomebodyElse(expected: signer, found: binding.document.subject)
        }
        do {
            try binding.verify(signer: signer, in: .standalone)
        } catch {
            throw .signatureWrong(error)
        }
    }

    private static func checkPeriod(of document: EndpointBinding, at now: UInt64) throws(BindingError) {
        let (length, isBackwards) = document.notAfter.subtractingReportingOverflow(document.notBefore)
        guard !isBackwards, length <= GCXModel.Limits.bindingSecondsMax else {
            throw .periodWrong(notBefore: document.notBefore, notAfter: document.notAfter)
        }
        // bounded here: each difference is of a larger and a smaller
        if now < document.notBefore { throw .notYet(seconds: document.notBefore - now) }
        if now > document.notAfter { throw .expired(seconds: now - document.notAfter) }
    }
}
