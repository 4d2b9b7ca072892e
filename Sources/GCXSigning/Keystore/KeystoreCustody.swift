package import GCXModel

/// The key of a keystore file, unlocked once and held in this process's memory.
package struct KeystoreCustody: KeyCustody {
    /// Where the key rests.
    package let path: String
    private let key: PrivateKey
    package var address: Address { key.address }

    /// Reads and unlocks the file.
    ///
    /// - Throws: what ``KeystoreFile/unlock(_:password:)`` throws.
    /// - Complexity: the cost written in the file, usually about a second and 256 MiB.
    package init(path: String, password: String) throws(KeystoreError) {
        key = try KeystoreFile.unlock(path, password: password)
        self.path = path
    }

    package func sign(_ digest: Digest) async throws(SigningError) -> Signature { key.sign(digest) }
}
