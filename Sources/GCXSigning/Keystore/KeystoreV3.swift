import GCXModel

/// An Ethereum keystore file of version 3, as its JSON has it: nothing in it is checked yet.
///
/// Source: the Web3 Secret Storage definition; field names are the file's.
package struct KeystoreV3: Codable, Equatable, Sendable {
    package var version: Int
    /// A random UUID.
    package var id: String?
    /// 40 hexadecimal digits, mostly without `0x`. Some wallets leave it out for privacy.
    package var address: String?
    package var crypto: Crypto

    package struct Crypto: Codable, Equatable, Sendable {
        package var cipher: String
        package var cipherparams: CipherParameters
        /// Hexadecimal, as are the salt, the iv and the mac.
        package var ciphertext: String
        package var kdf: String
        package var kdfparams: KDFParameters
        package var mac: String
    }

    package struct CipherParameters: Codable, Equatable, Sendable {
        package var iv: String
    }

    /// The parameters of both functions: scrypt has n, r and p, pbkdf2 has c and prf.
    package struct KDFParameters: Codable, Equatable, Sendable {
        package var dklen: Int?
        package var salt: String?
        package var n: Int?
        package var r: Int?
        package var p: Int?
        package var c: Int?
        package var prf: String?
    }
}

/// What scrypt is asked to spend: memory is 128 × n × r bytes, time grows with n × r × p.
package struct KeystoreCost: Equatable, Sendable {
    /// A power of two.
    package var n: Int
    package var r: Int
    package var p: Int

    package init(n: Int, r: Int, p: Int) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// What wallets use: 256 MiB and about a second.
    package static let standard = KeystoreCost(n: 262_144, r: 8, p: 1)
    /// 4 MiB and some ten milliseconds: for keys worth nothing, as in tests and demonstrations.
    package static let light = KeystoreCost(n: 4_096, r: 8, p: 1)
}
