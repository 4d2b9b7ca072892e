import FoundationEssentials
import GCXModel
import GCXSigning
import Glibc
import Testing

@Suite("Signing")
struct SigningTests {
    let key = PrivateKey.generate()
    let here = EIP712Domain.embedded(operator: Address(checkedBytes: [UInt8](repeating: 1, count: 20)))
    let voucher = Voucher(channel: .random(), cumulative: 7, receipt: .random())

    @Test("a document signed for one ledger has another signer on every other")
    func replay() throws {
        let signed = Signed(voucher, by: key, in: here)
        let elsewhere = [
            EIP712Domain.embedded(operator: Address(checkedBytes: [UInt8](repeating: 2, count: 20))),
            EIP712Domain(chainId: 1, verifyingContract: here.verifyingContract),
        ]
        #expect(try signed.signer(in: here) == key.address)
        for domain in elsewhere {
            #expect(throws: SigningError.self) { try signed.verify(signer: key.address, in: domain) }
        }
    }

    @Test("each flipped byte of a signature makes it somebody else's or nobody's")
    func flippedBytes() {
        let signed = Signed(voucher, by: key, in: here)
        for index in 0..<65 {
            var bytes = signed.signature.bytes
            bytes[index] ^= 1
            let other = Signed(document: voucher, signature: Signature(checkedBytes: bytes))
            #expect(throws: SigningError.self, "byte \(index)") { try other.verify(signer: key.address, in: here) }
        }
    }

    @Test("the malleated twin and a foreign recovery byte are refused")
    func malleability() throws {
        let signed = Signed(voucher, by: key, in: here)
        var twin = signed.signature.bytes
        twin.replaceSubrange(32..<64, with: Self.negated(Array(twin[32..<64])))
        twin[64] = twin[64] == 27 ? 28 : 27
        #expect(throws: SigningError.signatureMalleable) {
            try Signature(checkedBytes: twin).recover(voucher.digest(in: here))
        }
        for v in [UInt8(0), 1, 26, 29] {
            var bytes = signed.signature.bytes
            bytes[64] = v
            #expect(throws: SigningError.recoveryByteInvalid(v)) {
                try Signature(checkedBytes: bytes).recover(voucher.digest(in: here))
            }
        }
    }

    /// The order of secp256k1 less `s`.
    private static func negated(_ s: [UInt8]) -> [UInt8] {
        let order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for index in (0..<32).reversed() {
            let digit = Int(order[index]) - Int(s[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            result[index] = UInt8(digit < 0 ? digit + 256 : digit)
        }
        return result
    }

    @Test("no key, and nothing that holds one, shows its bytes")
    func secrecy() throws {
        let bytes = [UInt8](repeating: 0xAB, count: 32)
        let key = try PrivateKey(bytes: bytes)
        let shown = "\(key) \(String(reflecting: key)) \(String(describing: MemoryCustody(key)))"
        var dumped = ""
        dump(key, to: &dumped)
        for text in [shown, dumped] {
            #expect(!text.lowercased().contains("abab"))
            #expect(!text.contains("171"))
        }
    }

    @Test("zero, the order of the curve and 31 bytes are no private keys")
    func badKeys() {
        let order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") ?? []
        for bytes in [[UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 1, count: 31)] {
            #expect(throws: SigningError.privateKeyInvalid) { try PrivateKey(bytes: bytes) }
        }
    }

    @Test("a keystore file is for its owner alone, opens with its password, and replaces nothing")
    func keystoreFile() throws {
        let path = FileManager.default.temporaryDirectory.path + "/gcx-key-\(UUID().uuidString).json"
        defer { unlink(path) }
        try KeystoreFile.write(try Keystore.encrypt(key, password: "right", cost: .light), to: path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try KeystoreCustody(path: path, password: "right").address == key.address)
        #expect(throws: KeystoreError.inFile(path: path, .passwordWrong)) {
            try KeystoreCustody(path: path, password: "wrong")
        }
        let other = try Keystore.encrypt(PrivateKey.generate(), password: "right", cost: .light)
        #expect(throws: KeystoreError.fileExists(path: path)) { try KeystoreFile.write(other, to: path) }
        chmod(path, 0o644)
        #expect(throws: KeystoreError.self) { try KeystoreFile.read(path) }
    }

    @Test("lease terms hold only with both signatures of the parties they name")
    func countersigned() throws {
        let (payer, machine) = (PrivateKey.generate(), PrivateKey.generate())
        let terms = LeaseTerms(
            offer: .random(), demand: .random(), payer: payer.address, payee: key.address, machine: machine.address,
            session: payer.address, resources: Resources(cores: 1, memoryBytes: 1, storageBytes: 1, gpus: 0),
            rates: Rates(leaseHour: 1, coreHour: 1, memoryGiBHour: 1, gpuHour: 1, storageGiBHour: 1, egressGiB: 1),
            startsAt: 1, endsAt: 2, deposit: 1, burst: 1, hourlyCap: 1, closeWindowSeconds: 60, receiptSeconds: 1,
            creditLimit: 1, graceSeconds: 1, salt: .random())
        try CountersignedTerms(terms, payer: payer, machine: machine, in: here).verify(in: here)
        #expect(throws: SigningError.self) {
            try CountersignedTerms(terms, payer: machine, machine: payer, in: here).verify(in: here)
        }
    }
}
