import Foundation
import GCXModel
import Glibc
import Testing

@testable import GCXSigning

@Suite("A keystore file")
struct KeystoreTests {
    private static let password = "right"
    private let key: PrivateKey
    private let path: String
    private let folder: TemporaryFolder

    init() throws {
        key = try PrivateKey(bytes: [UInt8](repeating: 0x5A, count: 32))
        folder = try TemporaryFolder()
        path = folder.path + "/key.json"
        try KeystoreFile.write(try Keystore.encrypt(key, password: Self.password, cost: .light), to: path)
    }

    private func changed(_ change: (inout [String: Any]) -> Void) throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
        change(&object)
        try replace(with: JSONSerialization.data(withJSONObject: object))
    }

    private func replace(with bytes: some DataProtocol) throws {
        try Data(bytes).write(to: URL(filePath: path))
        #expect(chmod(path, 0o600) == 0)
    }

    private func refusal(_ password: String = password) -> KeystoreError? {
        do throws(KeystoreError) {
            let unlocked = try KeystoreFile.unlock(path, password: password)
            #expect(unlocked.address == key.address, "another key came out")
            return nil
        } catch {
            guard case .inFile(path, let inner) = error else { return error }
            #expect(error.remedy == inner.remedy && error.description.contains(path))
            #expect(!error.description.contains(password) || password.isEmpty)
            return inner
        }
    }

    @Test("scrypt: each changed field is named before anything is computed with it", arguments: KeystoreRow.all)
    func rows(_ row: KeystoreRow) throws {
        try changed(row.change)
        #expect(refusal() == row.error)
    }

    @Test("PBKDF2: the same", arguments: KeystoreRow.pbkdf2)
    func pbkdf2(_ row: KeystoreRow) throws {
        try changed { object in
            object.set(["crypto", "kdf"], "pbkdf2")
            object.set(
                ["crypto", "kdfparams"],
                [
                    "c": 1_000, "prf": "hmac-sha256", "dklen": 32, "salt": String(repeating: "ab", count: 32),
                ])
            row.change(&object)
        }
        #expect(refusal() == row.error)
    }

    @Test(
        "a value of the wrong form is named with its place, and no type of ours", arguments: KeystoreRow.forms.indices)
    func forms(_ index: Int) throws {
        let (place, value) = KeystoreRow.forms[index]
        try changed { $0.set(place.split(separator: ".").map(String.init)[...], value) }
        guard case .notAKeystore(let reason) = refusal() else {
            Issue.record("\(place) = \(value): \(String(describing: refusal()))")
            return
        }
        #expect(reason.contains("`\(place)`"), "\(reason)")
        for word in ["Swift", "Coding", "KDFParameters", "Int"] { #expect(!reason.contains(word), "\(reason)") }
    }

    @Test("cut anywhere it is no keystore, nor is anything else that is none")
    func noKeystore() throws {
        let whole = try Data(contentsOf: URL(filePath: path))
        let others: [[UInt8]] = ["", "[]", "{}", "null", "3", "\"a\"", "{\"version\":3", "0x1234"].map {
            Array($0.utf8)
        }
        let cut = stride(from: 0, to: whole.count - 2, by: 7).map { Array(whole.prefix($0)) }
        let odd = [
            [0xEF, 0xBB, 0xBF] + Array(whole), Array(whole) + Array("{}".utf8), [0x00], [0xFF, 0xFE, 0x7B, 0x00],
        ]
        for bytes in others + cut + odd {
            try replace(with: bytes)
            guard case .notAKeystore = refusal() else {
                Issue.record("\(String(decoding: bytes.prefix(30), as: UTF8.self)): \(String(describing: refusal()))")
                continue
            }
        }
        try replace(with: [UInt8](repeating: UInt8(ascii: " "), count: Limits.keystoreFileBytesMax + 1))
        #expect(refusal() == .fileTooLarge(path: path, bytes: Limits.keystoreFileBytesMax + 1))
        try replace(
            with: Array(whole) + [UInt8](repeating: UInt8(ascii: " "), count: Limits.keystoreFileBytesMax - whole.count)
        )
        #expect(refusal() == nil)
    }

    @Test("a field that is there twice is refused: two readers would open two keys")
    func twice() throws {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        try replace(with: Array(text.replacingOccurrences(of: "\"version\"", with: "\"version\": 1, \"version\"").utf8))
        #expect(refusal() == .notAKeystore(reason: "the field `version` is there twice"))
    }

    @Test("the address of another account is not taken for the key's")
    func address() throws {
        let other = PrivateKey.generate().address
        try changed { $0["address"] = Hex.encodeBare(other.bytes) }
        #expect(refusal() == .addressMismatch(named: other, held: key.address))
        for text in [key.address.checksummed, Hex.encodeBare(key.address.bytes).uppercased(), key.address.description] {
            try changed { $0["address"] = text }
            #expect(refusal() == nil, "\(text)")
        }
    }

    @Test(
        "bytes that are no key of the curve are refused, though the password is right",
        arguments: [
            [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xFF, count: 32),
        ])
    func noKey(_ secret: [UInt8]) throws {
        // Counter mode: what is changed in the ciphertext is changed in the key.
        var keystore = try KeystoreFile.read(path)
        let old = try #require(Hex.decode(keystore.crypto.ciphertext))
        let new = zip(old, zip(key.exposedBytes, secret)).map { $0 ^ $1.0 ^ $1.1 }
        let derived = try KeystoreKDF(keystore.crypto).derive(from: Array(Self.password.utf8))
        keystore.crypto.ciphertext = Hex.encodeBare(new)
        keystore.crypto.mac = Hex.encodeBare(Keccak.hash(derived.suffix(16) + new).bytes)
        #expect(throws: KeystoreError.fieldInvalid(field: "ciphertext", reason: "holds no secp256k1 key")) {
            try Keystore.decrypt(keystore, password: Self.password)
        }
    }

    @Test("a password opens when it is the same text, however its characters are composed")
    func passwords() throws {
        let composed = "Zo\u{EB} \u{FB01}le \u{FF11}"
        unlink(path)
        try KeystoreFile.write(try Keystore.encrypt(key, password: composed, cost: .light), to: path)
        for password in [composed, "Zoe\u{308} file 1"] { #expect(refusal(password) == nil, "\(password)") }
        for password in ["Zoe file 1", "zo\u{EB} file 1", "Zo\u{EB} file 1 ", ""] {
            #expect(refusal(password) == .passwordWrong, "\(password)")
        }
    }

    @Test(
        "what could not be opened again is not written",
        arguments: [
            (
                KeystoreCost(n: 4_095, r: 8, p: 1),
                KeystoreError.fieldInvalid(field: "n", reason: "is 4095, not a power of two above 1")
            ),
            (KeystoreCost(n: 1 << 20, r: 8, p: 1), .costExcessive(field: "n", value: 1 << 20, maximum: 524_288)),
            (KeystoreCost(n: 4_096, r: 0, p: 1), .fieldInvalid(field: "r", reason: "is 0, not positive")),
            (KeystoreCost(n: 4_096, r: 8, p: .max), .costExcessive(field: "p", value: .max, maximum: 512)),
        ])
    func costs(_ cost: KeystoreCost, _ error: KeystoreError) {
        #expect(throws: error) { try Keystore.encrypt(key, password: "a", cost: cost) }
        #expect(throws: KeystoreError.passwordEmpty) { try Keystore.encrypt(key, password: "", cost: .light) }
    }

    @Test("two files of one key and one password have nothing in common")
    func fresh() throws {
        let (one, two) = (
            try Keystore.encrypt(key, password: "a", cost: .light),
            try Keystore.encrypt(key, password: "a", cost: .light)
        )
        #expect(one.crypto.ciphertext != two.crypto.ciphertext && one.crypto.mac != two.crypto.mac && one.id != two.id)
        #expect(one.crypto.cipherparams != two.crypto.cipherparams)
        #expect(one.crypto.kdfparams.salt != two.crypto.kdfparams.salt)
        #expect(!"\(one)".contains(Hex.encodeBare(key.exposedBytes)))
    }

    @Test("every error has words of its own and a remedy that fits")
    func words() {
        let errors: [KeystoreError] = [
            .passwordWrong, .passwordEmpty, .passwordUnusable(path: "/p", reason: "is empty"), .versionUnsupported(1),
            .cipherUnsupported("a"), .kdfUnsupported("a"), .prfUnsupported("a"),
            .fieldInvalid(field: "n", reason: "is 0"),
            .costExcessive(field: "n", value: 2, maximum: 1), .addressMismatch(named: .zero, held: .zero),
            .notAKeystore(reason: "is none"), .fileExposed(path: "/p", mode: 0o644),
            .fileTooLarge(path: "/p", bytes: 9),
            .fileExists(path: "/p"), .file(operation: "open", path: "/p", errno: ENOENT), .derivationFailed,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors {
            let inFile = KeystoreError.inFile(path: "/key.json", error)
            #expect(inFile.remedy == error.remedy)
            #expect(!inFile.description.contains("keystore: "), "\(inFile)")
            if case .fix(let text) = error.remedy { #expect(text.hasSuffix("."), "\(text)") }
        }
        let numbers: [(Int32, String, String)] = [
            (EISDIR, "open", "is a directory"), (ENOENT, "create", "Make the directory"),
            (ENOENT, "open", "gcx key new"),
            (EACCES, "open", "Run as the user"), (EPERM, "open", "Run as the user"),
            (ENOSPC, "write", "Free some room"),
            (EDQUOT, "write", "Free some room"), (EIO, "read", "Check /p"),
        ]
        for (number, operation, word) in numbers {
            guard case .fix(let text) = KeystoreError.file(operation: operation, path: "/p", errno: number).remedy
            else {
                Issue.record("\(number) has no remedy")
                continue
            }
            #expect(text.contains(word), "\(text)")
        }
    }
}
