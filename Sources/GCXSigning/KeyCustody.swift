package import GCXModel

/// Whoever holds a private key and signs with it: this process, or later a hardware module or another host.
package protocol KeyCustody: Sendable {
    /// The account the key speaks for.
    var address: Address { get }
    /// Signs a digest; see ``PrivateKey/sign(_:)``.
    func sign(_ digest: Digest) async throws(SigningError) -> Signature
}

/// A key held in this process's memory only.
package struct MemoryCustody: KeyCustody {
    private let key: PrivateKey
    package var address: Address { key.address }

    package init(_ key: PrivateKey) { self.key = key }

    package func sign(_ digest: Digest) async throws(SigningError) -> Signature { key.sign(digest) }
}
