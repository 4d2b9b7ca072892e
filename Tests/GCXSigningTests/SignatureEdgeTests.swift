import GCXLedger
import GCXModel
import Testing

@testable import GCXSigning

@Suite("Signatures at the ends of the curve")
struct SignatureEdgeTests {
    private static let zero = String(repeating: "0", count: 64)
    private static let one = String(repeating: "0", count: 63) + "1"
    private static let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    private static let half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
    private static let overHalf = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
    private static let most = String(repeating: "f", count: 64)
    /// x of the generator: a point of the curve.
    private static let point = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    /// 5 cubed and 7 is no square: there is no point of this x.
    private static let noPoint = String(repeating: "0", count: 63) + "5"

    /// r, s and v, and why it is refused; nil when somebody signed it, whoever that is.
    @Test(
        "each part of a signature has its bounds",
        arguments: [
            (point, one, 27, nil), (point, one, 28, nil), (point, half, 27, nil), (point, half, 28, nil),
            (one, one, 27, nil), (point, overHalf, 27, .signatureMalleable), (point, overHalf, 28, .signatureMalleable),
            (point, order, 27, .signatureMalleable), (point, most, 28, .signatureMalleable),
            (zero, zero, 27, .signatureInvalid), (zero, one, 27, .signatureInvalid),
            (point, zero, 27, .signatureInvalid),
            (order, one, 27, .signatureInvalid), (most, one, 28, .signatureInvalid),
            (noPoint, one, 27, .signatureInvalid), (noPoint, one, 28, .signatureInvalid),
            (point, one, 0, .recoveryByteInvalid(0)), (point, one, 1, .recoveryByteInvalid(1)),
            (point, one, 2, .recoveryByteInvalid(2)), (point, one, 26, .recoveryByteInvalid(26)),
            (point, one, 29, .recoveryByteInvalid(29)), (point, one, 30, .recoveryByteInvalid(30)),
            (point, one, 35, .recoveryByteInvalid(35)), (point, one, 255, .recoveryByteInvalid(255)),
            // The last byte is looked at first, then s, then the curve.
            (zero, most, 26, .recoveryByteInvalid(26)), (zero, most, 27, .signatureMalleable),
        ] as [(String, String, UInt8, SigningError?)])
    func bounds(_ r: String, _ s: String, _ v: UInt8, _ refusal: SigningError?) throws {
        let bytes = try #require(Hex.decode(r + s)) + [v]
        let signature = try #require(Signature(bytes: bytes))
        if let refusal {
            #expect(throws: refusal) { try signature.recover(Keccak.hash("a")) }
            #expect(refusal.remedy == .refuse)
        } else {
            let signer = try signature.recover(Keccak.hash("a"))
            #expect(try signature.recover(Keccak.hash("b")) != signer)
        }
    }

    @Test("the order and its half are those of the curve")
    func constants() throws {
        #expect(Secp256k1.largestS == Hex.decode(Self.half))
    }

    /// Keys, digests and their signatures from a seed.
    @Test(
        "every signature is its key's, low, and the only one of its digest",
        arguments: [1, 2, 3, UInt64.random(in: 4 ... .max)])
    func random(_ seed: UInt64) throws {
        var state = seed
        func next() -> Digest {
            state &+= 0x9E37_79B9_7F4A_7C15
            return Keccak.hash("\(seed) \(state)")
        }
        for _ in 0..<50 {
            let (key, digest) = (try PrivateKey(bytes: next().bytes), next())
            let signature = key.sign(digest)
            #expect(signature == key.sign(digest), "seed \(seed)")
            #expect(try signature.recover(digest) == key.address, "seed \(seed)")
            #expect([27, 28].contains(signature.bytes[64]), "seed \(seed)")
            #expect(!Secp256k1.largestS.lexicographicallyPrecedes(signature.bytes[32..<64]), "seed \(seed)")
            #expect(signature != key.sign(next()), "seed \(seed)")
            var other = signature.bytes
            other[64] = other[64] == 27 ? 28 : 27
            #expect((try? Signature(checkedBytes: other).recover(digest)) != key.address, "seed \(seed)")
        }
    }

    @Test("an error says who signed, and what to do")
    func words() throws {
        let (key, other) = (PrivateKey.generate(), PrivateKey.generate())
        let voucher = Voucher(channel: .zero, cumulative: 1, receipt: .zero)
        let error = #expect(throws: SigningError.self) {
            try Signed(voucher, by: key, in: .standalone).verify(signer: other.address, in: .standalone)
        }
        #expect(error == .signerUnexpected(document: "Voucher", expected: other.address, found: key.address))
        #expect(error?.description.contains(key.address.checksummed) == true)
        let errors: [SigningError] = [
            .privateKeyInvalid, .recoveryByteInvalid(1), .signatureMalleable, .signatureInvalid,
            .signerUnexpected(document: "a", expected: .zero, found: .zero), .addressMalformed("a"),
            .addressChecksumWrong("a"),
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors { if case .fix(let text) = error.remedy { #expect(text.hasSuffix(".")) } }
    }

    @Test("a redemption and terms hold only with both signatures, in their places and on their ledger")
    func countersigned() throws {
        let (account, keeper) = (PrivateKey.generate(), PrivateKey.generate())
        let redemption = CreditRedemption(account: account.address, amount: 1, reference: "a", nonce: .zero)
        let digest = redemption.digest(in: .standalone)
        let signed = CountersignedRedemption(
            Signed(redemption, by: account, in: .standalone), operatorSignature: keeper.sign(digest))
        #expect(try signed.accountSignature.recover(digest) == account.address)
        #expect(try signed.operatorSignature.recover(digest) == keeper.address)
        let elsewhere = redemption.digest(in: .embedded(operator: keeper.address))
        #expect((try? signed.accountSignature.recover(elsewhere)) != account.address)
        #expect((try? signed.operatorSignature.recover(elsewhere)) != keeper.address)
    }

    @Test("terms hold with the payer's and the machine's own signatures, and with no other in the place of either")
    func terms() throws {
        let (payer, machine, other) = (PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate())
        let terms = LeaseTerms(
            offer: .zero, demand: .zero, payer: payer.address, payee: other.address, machine: machine.address,
            session: other.address, resources: Resources(cores: 1, memoryBytes: 1, storageBytes: 1, gpus: 0),
            rates: Rates(leaseHour: 1, coreHour: 1, memoryGiBHour: 1, gpuHour: 1, storageGiBHour: 1, egressGiB: 1),
            startsAt: 1, endsAt: 2, deposit: 1, burst: 1, hourlyCap: 1, closeWindowSeconds: 60, receiptSeconds: 1,
            creditLimit: 1, graceSeconds: 1, salt: .zero)
        for first in [payer, machine, other] {
            for second in [payer, machine, other] {
                let signed = CountersignedTerms(terms, payer: first, machine: second, in: .standalone)
                let isGood = first.address == payer.address && second.address == machine.address
                #expect(((try? signed.verify(in: .standalone)) != nil) == isGood)
                let signers = try signed.signers(in: .standalone)
                #expect(signers.payer == first.address && signers.machine == second.address)
            }
        }
    }
}
