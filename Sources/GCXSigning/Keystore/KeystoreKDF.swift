import Crypto
import CryptoExtras
import FoundationEssentials
import GCXModel

/// A key derivation function with parameters that were checked against our bounds.
enum KeystoreKDF {
    case scrypt(KeystoreCost, salt: [UInt8])
    case pbkdf2(rounds: Int, salt: [UInt8])

    /// Bytes derived: half for the cipher, half for the mac.
    static let derivedBytes = 32

    init(_ crypto: KeystoreV3.Crypto) throws(KeystoreError) {
        let parameters = crypto.kdfparams
        switch crypto.kdf {
        case "scrypt":
            let cost = KeystoreCost(
                n: try Self.required(parameters.n, "n"), r: try Self.required(parameters.r, "r"),
                p: try Self.required(parameters.p, "p"))
            try cost.check()
            self = .scrypt(cost, salt: try Self.salt(parameters))
        case "pbkdf2":
            let prf = try Self.required(parameters.prf, "prf")
            guard prf == "hmac-sha256" else { throw .prfUnsupported(prf) }
            self = .pbkdf2(rounds: try Self.rounds(parameters), salt: try Self.salt(parameters))
        default: throw .kdfUnsupported(crypto.kdf)
        }
        let length = try Self.required(parameters.dklen, "dklen")
        guard length == Self.derivedBytes else {
            throw .fieldInvalid(field: "dklen", reason: "is \(length), not \(Self.derivedBytes)")
        }
    }

    /// - Parameter password: UTF-8; see ``KeystorePassword``.
    /// - Returns: ``derivedBytes`` bytes.
    func derive(from password: [UInt8]) throws(KeystoreError) -> [UInt8] {
        // An HMAC key is padded with zeros, so one zero byte is the same password as none; swift-crypto 4.5 unwraps the
        // address of the password's bytes, which an empty array need not have.
        let password = password.isEmpty ? [0] : password
        do {
            let derived =
                switch self {
                case .scrypt(let cost, let salt):
                    try KDF.Scrypt.deriveKey(
                        from: password, salt: salt, outputByteCount: Self.derivedBytes, rounds: cost.n,
                        blockSize: cost.r, parallelism: cost.p, maxMemory: Limits.scryptMemoryBytesMax)
                case .pbkdf2(let rounds, let salt):
                    // The wallet that wrote the file chose the rounds, and ours cannot be asked for more than it has.
                    try KDF.Insecure.PBKDF2.deriveKey(
                        from: password, salt: salt, using: .sha256, outputByteCount: Self.derivedBytes,
                        unsafeUncheckedRounds: rounds)
                }
            return unsafe derived.withUnsafeBytes { unsafe Array($0) }
        } catch {
            throw .derivationFailed
        }
    }

    private static func required<Value>(_ value: Value?, _ field: String) throws(KeystoreError) -> Value {
        guard let value else { throw .fieldInvalid(field: field, reason: "is missing") }
        return value
    }

    private static func rounds(_ parameters: KeystoreV3.KDFParameters) throws(KeystoreError) -> Int {
        let rounds = try required(parameters.c, "c")
        guard rounds > 0 else { throw .fieldInvalid(field: "c", reason: "is \(rounds), not positive") }
        guard rounds <= Limits.pbkdf2RoundsMax else {
            throw .costExcessive(field: "c", value: rounds, maximum: Limits.pbkdf2RoundsMax)
        }
        return rounds
    }

    private static func salt(_ parameters: KeystoreV3.KDFParameters) throws(KeystoreError) -> [UInt8] {
        let text = try required(parameters.salt, "salt")
        guard let salt = Hex.decode(text), (1...Limits.saltBytesMax).contains(salt.count) else {
            throw .fieldInvalid(
                field: "salt", reason: "is not 1 to \(NumberText.count(Limits.saltBytesMax, "byte")) in hexadecimal")
        }
        return salt
    }
}

extension KeystoreCost {
    /// Refuses what is no scrypt cost, or more than our bounds.
    func check() throws(KeystoreError) {
        guard n > 1, n.nonzeroBitCount == 1 else {
            throw .fieldInvalid(field: "n", reason: "is \(n), not a power of two above 1")
        }
        guard r > 0 else { throw .fieldInvalid(field: "r", reason: "is \(r), not positive") }
        guard p > 0 else { throw .fieldInvalid(field: "p", reason: "is \(p), not positive") }
        guard r <= Limits.scryptBlockSizeMax else {
            throw .costExcessive(field: "r", value: r, maximum: Limits.scryptBlockSizeMax)
        }
        // bounded here: each is positive, r and n were held against their bounds before they are multiplied
        let nMax = Limits.scryptMemoryBytesMax / (128 * r)
        guard n <= nMax else { throw .costExcessive(field: "n", value: n, maximum: nMax) }
        let pMax = Limits.scryptWorkMax / (n * r)
        guard p <= pMax else { throw .costExcessive(field: "p", value: p, maximum: pMax) }
    }
}
