import Foundation
import GCXModel

@testable import GCXSigning

/// A keystore file with one part changed, and what is said of it.
struct KeystoreRow: CustomStringConvertible {
    let description: String
    let error: KeystoreError?
    let change: @Sendable (inout [String: Any]) -> Void

    init(_ description: String, _ error: KeystoreError?, _ change: @escaping @Sendable (inout [String: Any]) -> Void) {
        (self.description, self.error, self.change) = (description, error, change)
    }

    /// The value at a path of the file's JSON; nil takes the field away.
    private static func set(
        _ path: String, _ value: (any Sendable)?, _ error: KeystoreError?
    ) -> KeystoreRow {
        KeystoreRow("\(path) = \(value.map { "\($0)".prefix(40) } ?? "nothing")", error) { object in
            object.set(path.split(separator: ".").map(String.init)[...], value)
        }
    }

    private static func invalid(_ path: String, _ value: (any Sendable)?, _ reason: String) -> KeystoreRow {
        set(path, value, .fieldInvalid(field: path.split(separator: ".").last.map(String.init) ?? "", reason: reason))
    }

    private static func expensive(_ path: String, _ value: Int, most: Int) -> KeystoreRow {
        set(
            path, value,
            .costExcessive(field: path.split(separator: ".").last.map(String.init) ?? "", value: value, maximum: most))
    }

    private static func unreadable(_ path: String, _ value: (any Sendable)?, _ reason: String) -> KeystoreRow {
        set(path, value, .notAKeystore(reason: reason))
    }

    private static let cost = "crypto.kdfparams."
    private static let power = "not a power of two above 1"

    /// Of a scrypt file with n = 4096, r = 8 and p = 1.
    static let all: [KeystoreRow] = [
        // What every wallet may leave out, or add.
        set("id", nil, nil), set("address", nil, nil), set("address", "", nil), set("name", "my key", nil),
        set("version", 1, .versionUnsupported(1)), set("version", 4, .versionUnsupported(4)),
        set("version", -3, .versionUnsupported(-3)),
        set("crypto.cipher", "aes-256-cbc", .cipherUnsupported("aes-256-cbc")),
        set("crypto.cipher", "AES-128-CTR", .cipherUnsupported("AES-128-CTR")),
        set("crypto.cipher", "", .cipherUnsupported("")),
        set("crypto.kdf", "argon2id", .kdfUnsupported("argon2id")), set("crypto.kdf", "", .kdfUnsupported("")),
        // The cost, before anything is computed.
        invalid(cost + "n", nil, "is missing"), invalid(cost + "r", nil, "is missing"),
        invalid(cost + "p", nil, "is missing"), invalid(cost + "dklen", nil, "is missing"),
        invalid(cost + "salt", nil, "is missing"), invalid(cost + "n", 0, "is 0, \(power)"),
        invalid(cost + "n", 1, "is 1, \(power)"), invalid(cost + "n", -4_096, "is -4096, \(power)"),
        invalid(cost + "n", Int.min, "is \(Int.min), \(power)"), invalid(cost + "n", 4_095, "is 4095, \(power)"),
        invalid(cost + "r", 0, "is 0, not positive"), invalid(cost + "r", -8, "is -8, not positive"),
        invalid(cost + "p", 0, "is 0, not positive"), invalid(cost + "p", Int.min, "is \(Int.min), not positive"),
        expensive(cost + "r", 17, most: 16), expensive(cost + "r", .max, most: 16),
        expensive(cost + "n", 1 << 20, most: 524_288), expensive(cost + "n", 1 << 62, most: 524_288),
        expensive(cost + "p", 513, most: 512), expensive(cost + "p", .max, most: 512),
        invalid(cost + "dklen", 31, "is 31, not 32"), invalid(cost + "dklen", 64, "is 64, not 32"),
        invalid(cost + "dklen", 0, "is 0, not 32"), invalid(cost + "dklen", Int.max, "is \(Int.max), not 32"),
        invalid(cost + "salt", "", "is not 1 to 1,024 bytes in hexadecimal"),
        invalid(cost + "salt", "abc", "is not 1 to 1,024 bytes in hexadecimal"),
        invalid(cost + "salt", "zz", "is not 1 to 1,024 bytes in hexadecimal"),
        invalid(cost + "salt", String(repeating: "ab", count: 1_025), "is not 1 to 1,024 bytes in hexadecimal"),
        // What is enciphered, and its mark.
        invalid("crypto.cipherparams.iv", String(repeating: "ab", count: 15), "is not 16 bytes in hexadecimal"),
        invalid("crypto.cipherparams.iv", String(repeating: "ab", count: 17), "is not 16 bytes in hexadecimal"),
        invalid("crypto.cipherparams.iv", "", "is not 16 bytes in hexadecimal"),
        invalid("crypto.ciphertext", String(repeating: "ab", count: 31), "is not 32 bytes in hexadecimal"),
        invalid("crypto.ciphertext", String(repeating: "ab", count: 33), "is not 32 bytes in hexadecimal"),
        invalid("crypto.ciphertext", "", "is not 32 bytes in hexadecimal"),
        invalid("crypto.mac", String(repeating: "ab", count: 31), "is not 32 bytes in hexadecimal"),
        invalid("crypto.mac", String(repeating: "a", count: 63), "is not 32 bytes in hexadecimal"),
        set("crypto.mac", String(repeating: "ab", count: 32), .passwordWrong),
        set("crypto.ciphertext", String(repeating: "ab", count: 32), .passwordWrong),
        set(cost + "salt", String(repeating: "ab", count: 32), .passwordWrong),
        set(cost + "n", 2_048, .passwordWrong), set(cost + "r", 4, .passwordWrong), set(cost + "p", 2, .passwordWrong),
        // The account.
        invalid("address", "nobody", "is not 40 hexadecimal digits"),
        invalid("address", String(repeating: "a", count: 41), "is not 40 hexadecimal digits"),
        // The JSON.
        unreadable("crypto", nil, "the field `crypto` is missing"),
        unreadable("version", nil, "the field `version` is missing"),
        unreadable("crypto.kdfparams", nil, "the field `crypto.kdfparams` is missing"),
        unreadable("crypto.mac", nil, "the field `crypto.mac` is missing"),
    ]

    /// Of the same file with PBKDF2 in scrypt's place.
    static let pbkdf2: [KeystoreRow] = [
        set("id", nil, .passwordWrong), set(cost + "c", 1, .passwordWrong),
        invalid(cost + "c", nil, "is missing"), invalid(cost + "c", 0, "is 0, not positive"),
        invalid(cost + "c", -1, "is -1, not positive"), expensive(cost + "c", 10_000_001, most: 10_000_000),
        expensive(cost + "c", .max, most: 10_000_000), invalid(cost + "prf", nil, "is missing"),
        set(cost + "prf", "hmac-sha512", .prfUnsupported("hmac-sha512")), set(cost + "prf", "", .prfUnsupported("")),
        invalid(cost + "dklen", 16, "is 16, not 32"), invalid(cost + "salt", nil, "is missing"),
    ]

    /// Values of the wrong form: where, and what stands there.
    static let forms: [(path: String, value: any Sendable)] = [
        ("version", "3"), ("version", 3.5), ("version", true), ("crypto", "a"), ("crypto", [1]), ("crypto.cipher", 1),
        ("crypto.mac", 7), ("crypto.mac", ["ab"]), ("crypto.kdfparams", "n"), (cost + "n", "4096"),
        (cost + "n", 4_096.5),
        (cost + "n", 1e30), (cost + "n", [4_096]), (cost + "salt", 12), (cost + "dklen", "32"), ("address", 1),
        ("id", [1]),
    ]
}

extension [String: Any] {
    /// Sets the value at a path, or takes it away.
    mutating func set(_ path: ArraySlice<String>, _ value: Any?) {
        guard let first = path.first else { return }
        guard path.count > 1 else { return self[first] = value }
        var inner = self[first] as? [String: Any] ?? [:]
        inner.set(path.dropFirst(), value)
        self[first] = inner
    }
}
