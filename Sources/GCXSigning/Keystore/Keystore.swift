import CryptoExtras
import FoundationEssentials
import GCXModel

import enum Crypto.AES
import struct Crypto.SymmetricKey

/// Private keys at rest: Ethereum keystore V3, which every wallet reads and writes.
package enum Keystore {
    /// Locks a key under a password with scrypt and AES-128-CTR.
    ///
    /// - Throws: ``KeystoreError/passwordEmpty``, or the error of a `cost` that ``decrypt(_:password:)`` would refuse.
    /// - Complexity: what `cost` says; about a second and 256 MiB at ``KeystoreCost/standard``.
    package static func encrypt(
        _ key: PrivateKey, password: String, cost: KeystoreCost = .standard
    ) throws(KeystoreError) -> KeystoreV3 {
        guard !password.isEmpty else { throw .passwordEmpty }
        try cost.check()
        let salt = Digest.random().bytes
        let iv = Array(Digest.random().bytes.prefix(16))
        let derived = try KeystoreKDF.scrypt(cost, salt: salt).derive(from: KeystorePassword.normalized(password))
        let ciphertext = try applyCipher(to: key.exposedBytes, derived: derived, iv: iv)
        return KeystoreV3(
            version: 3, id: UUID().uuidString.lowercased(), address: Hex.encodeBare(key.address.bytes),
            crypto: .init(
                cipher: cipher, cipherparams: .init(iv: Hex.encodeBare(iv)), ciphertext: Hex.encodeBare(ciphertext),
                kdf: "scrypt",
                kdfparams: .init(
                    dklen: KeystoreKDF.derivedBytes, salt: Hex.encodeBare(salt), n: cost.n, r: cost.r, p: cost.p),
                mac: Hex.encodeBare(mac(derived: derived, ciphertext: ciphertext))))
    }

    /// Unlocks a key. Reads scrypt and PBKDF2 files of any wallet, within the bounds of this module.
    ///
    /// - Throws: ``KeystoreError/passwordWrong`` for a wrong password or a changed byte; other cases for a file that no
    ///   password can open here. All parameters are checked before anything is computed with them.
    package static func decrypt(_ keystore: KeystoreV3, password: String) throws(KeystoreError) -> PrivateKey {
        let box = try SealedKey(keystore)
        for candidate in KeystorePassword.candidates(password) {
            let derived = try box.kdf.derive(from: candidate)
            guard mac(derived: derived, ciphertext: box.ciphertext) == box.mac else { continue }
            let secret = try applyCipher(to: box.ciphertext, derived: derived, iv: box.iv)
            guard let key = try? PrivateKey(bytes: secret) else {
                throw .fieldInvalid(field: "ciphertext", reason: "holds no secp256k1 key")
            }
            try box.checkAddress(of: key)
            return key
        }
        throw .passwordWrong
    }

    static let cipher = "aes-128-ctr"

    /// AES-128 in counter mode, which is its own inverse.
    private static func applyCipher(
        to bytes: [UInt8], derived: [UInt8], iv: [UInt8]
    ) throws(KeystoreError) -> [UInt8] {
        do {
            let nonce = try AES._CTR.Nonce(nonceBytes: iv)
            return Array(try AES._CTR.encrypt(bytes, using: SymmetricKey(data: derived.prefix(16)), nonce: nonce))
        } catch {
            throw .derivationFailed
        }
    }

    private static func mac(derived: [UInt8], ciphertext: [UInt8]) -> [UInt8] {
        Keccak.hash(derived.suffix(16) + ciphertext).bytes  // bounded: joins bytes
    }
}

/// The fields of a keystore file, decoded and checked.
private struct SealedKey {
    let kdf: KeystoreKDF
    let iv: [UInt8]
    let ciphertext: [UInt8]
    let mac: [UInt8]
    let address: Address?

    init(_ keystore: KeystoreV3) throws(KeystoreError) {
        guard keystore.version == 3 else { throw .versionUnsupported(keystore.version) }
        guard keystore.crypto.cipher == Keystore.cipher else { throw .cipherUnsupported(keystore.crypto.cipher) }
        kdf = try KeystoreKDF(keystore.crypto)
        iv = try Self.bytes(keystore.crypto.cipherparams.iv, count: 16, field: "iv")
        ciphertext = try Self.bytes(keystore.crypto.ciphertext, count: 32, field: "ciphertext")
        mac = try Self.bytes(keystore.crypto.mac, count: 32, field: "mac")
        address = try Self.address(keystore.address)
    }

    func checkAddress(of key: PrivateKey) throws(KeystoreError) {
        guard let address, address != key.address else { return }
        throw .addressMismatch(named: address, held: key.address)
    }

    private static func address(_ text: String?) throws(KeystoreError) -> Address? {
        guard let text, !text.isEmpty else { return nil }
        guard let address = Address(text) else {
            throw .fieldInvalid(field: "address", reason: "is not 40 hexadecimal digits")
        }
        return address
    }

    private static func bytes(_ text: String, count: Int, field: String) throws(KeystoreError) -> [UInt8] {
        guard let bytes = Hex.decode(text), bytes.count == count else {
            throw .fieldInvalid(field: field, reason: "is not \(NumberText.count(count, "byte")) in hexadecimal")
        }
        return bytes
    }
}
