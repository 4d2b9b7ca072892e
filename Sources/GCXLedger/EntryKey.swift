package import GCXModel
package import GCXSigning

/// What makes an entry the same entry: its kind and the digest of its document in the ledger's domain, `offer:0x…`.
///
/// The digest covers every field of the document, so posting the same document again is recognised and changes
/// nothing. The signature is not part of it: the same signer may sign the same document twice and get different
/// bytes, and it is still one statement.
package struct EntryKey: Codable, Hashable, Sendable, CustomStringConvertible {
    package let kind: EntryKind
    package let digest: Digest

    package init(kind: EntryKind, digest: Digest) {
        self.kind = kind
        self.digest = digest
    }

    package var description: String { "\(kind):\(digest)" }

    /// Nil unless the text is a kind, a colon and a digest.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = parts.first.flatMap({ EntryKind(rawValue: String($0)) }),
            let digest = parts.last.flatMap({ Digest(String($0)) })
        else { return nil }
        self.init(kind: kind, digest: digest)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let key = EntryKey(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "an entry key is kind:digest, not “\(PlainText.excerpt(text))”"))
        }
        self = key
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Entry {
    /// The key of this entry in the ledger of `domain`. O(size of the document).
    package func key(in domain: EIP712Domain) -> EntryKey {
        EntryKey(kind: kind, digest: digest(in: domain))
    }

    /// The digest its signature covers; for `finalize` the lease's id.
    package func digest(in domain: EIP712Domain) -> Digest {
        switch self {
        case .grant(let signed): signed.digest(in: domain)
        case .attestation(let signed): signed.digest(in: domain)
        case .offer(let signed): signed.digest(in: domain)
        case .demand(let signed): signed.digest(in: domain)
        case .withdrawal(let signed): signed.digest(in: domain)
        case .leaseOpened(let terms): terms.lease(in: domain)
        case .topUp(let signed): signed.digest(in: domain)
        case .claim(let signed): signed.digest(in: domain)
        case .closeRequest(let signed): signed.digest(in: domain)
        case .finalize(let lease): lease
        case .rating(let signed): signed.digest(in: domain)
        case .faucet(let signed): signed.digest(in: domain)
        case .creditIssued(let signed): signed.digest(in: domain)
        case .creditRedeemed(let signed): signed.redemption.digest(in: domain)
        case .clock(let signed): signed.digest(in: domain)
        }
    }
}
