import GCXLedger
import GCXModel
import GCXSigning
import Testing

@Suite("Vectors of an independent implementation (eth-account)")
struct VectorTests {
    /// Every case: the JSON read by the document's own decoder, and every hash and signature byte for byte.
    private func check<Document>(
        _ type: Document.Type, file name: String? = nil, schema: TypedSchema<Document> = Document.schema
    ) throws where Document: TypedDocument & Codable & Equatable & Sendable {
        let file: Vectors.File<Document> = try Vectors.read(name ?? "\(type)")
        #expect(file.type == "\(type)")
        #expect(schema.type.encodeType == file.encodeType)
        #expect(schema.type.typeHash == file.typeHash)
        #expect(file.cases.count >= 100)
        for (index, item) in file.cases.enumerated() {
            let domain = EIP712Domain(
                chainId: item.domain.chainId,
                verifyingContract: item.domain.verifyingContract)
            let key = try PrivateKey(bytes: item.privateKey.bytes)
            let signed = Signed(item.message, by: key, in: domain)
            #expect(domain.separator == item.separator, "case \(index)")
            #expect(item.message.structHash == item.structHash, "case \(index)")
            #expect(signed.digest(in: domain) == item.digest, "case \(index)")
            #expect(signed.signature == item.signature, "case \(index)")
            #expect(try signed.signer(in: domain) == key.address, "case \(index)")
        }
    }

    @Test("machine grants") func machineGrant() throws { try check(MachineGrant.self) }
    @Test("offers") func offer() throws { try check(Offer.self) }
    @Test("offers that say how their seller behaves: another type of the same name")
    func offerWithConduct() throws { try check(Offer.self, file: "Offer2", schema: Offer.schemaWithConduct) }
    @Test("signs of life") func signOfLife() throws { try check(SignOfLife.self) }
    @Test("registrations at a relay") func relayRegistration() throws { try check(RelayRegistration.self) }
    @Test("demands") func demand() throws { try check(Demand.self) }
    @Test("lease terms") func leaseTerms() throws { try check(LeaseTerms.self) }
    @Test("receipts") func receipt() throws { try check(Receipt.self) }
    @Test("vouchers") func voucher() throws { try check(Voucher.self) }
    @Test("close requests") func closeRequest() throws { try check(CloseRequest.self) }
    @Test("ratings") func rating() throws { try check(Rating.self) }
    @Test("attestation records") func attestationRecord() throws { try check(AttestationRecord.self) }
    @Test("challenge transcripts") func challengeTranscript() throws { try check(ChallengeTranscript.self) }
    @Test("API sessions") func apiSession() throws { try check(ApiSession.self) }
    @Test("revocations of sessions") func sessionRevocation() throws { try check(SessionRevocation.self) }
    @Test("withdrawals") func withdrawal() throws { try check(Withdrawal.self) }
    @Test("top-ups") func topUp() throws { try check(TopUp.self) }
    @Test("signed tree heads") func treeHead() throws { try check(TreeHead.self) }
    @Test("credit issued") func creditIssue() throws { try check(CreditIssue.self) }
    @Test("credit redeemed") func creditRedemption() throws { try check(CreditRedemption.self) }
    @Test("orders to the clock") func clockOrder() throws { try check(ClockOrder.self) }
    @Test("bindings of a server's key") func endpointBinding() throws { try check(EndpointBinding.self) }
    @Test("faucet grants") func faucetGrant() throws { try check(FaucetGrant.self) }

    @Test("keystores of other programs open, scrypt and PBKDF2, with passwords beyond ASCII")
    func keystores() throws {
        struct File: Decodable {
            struct Case: Decodable {
                let password: String
                let privateKey: Digest
                let keystore: KeystoreV3
            }
            let cases: [Case]
        }
        let file: File = try Vectors.read("keystores")
        #expect(!file.cases.isEmpty)
        for item in file.cases {
            let key = try Keystore.decrypt(item.keystore, password: item.password)
            #expect(key.address == (try PrivateKey(bytes: item.privateKey.bytes)).address)
            #expect(throws: KeystoreError.self) { try Keystore.decrypt(item.keystore, password: item.password + "x") }
        }
    }

    @Test("addresses carry the EIP-55 checksum, and a wrong one is refused")
    func addresses() throws {
        struct File: Decodable {
            struct Case: Decodable {
                let privateKey: Digest
                let address: String
            }
            let cases: [Case]
        }
        let file: File = try Vectors.read("addresses")
        for item in file.cases {
            let address = try PrivateKey(bytes: item.privateKey.bytes).address
            #expect(address.checksummed == item.address)
            #expect(try Address(checksummed: item.address.lowercased()) == address)
            guard let letter = item.address.dropFirst(2).firstIndex(where: \.isLetter) else { continue }
            var flipped = item.address
            let old = flipped[letter]
            flipped.replaceSubrange(letter...letter, with: old.isUppercase ? old.lowercased() : old.uppercased())
            let isStillMixed =
                flipped.dropFirst(2).contains(where: \.isUppercase)
                && flipped.dropFirst(2).contains(where: \.isLowercase)
            if isStillMixed { #expect(throws: SigningError.self) { try Address(checksummed: flipped) } }
        }
    }

    @Test("Keccak-256 at the borders of its block")
    func keccak() throws {
        struct File: Decodable {
            struct Counted: Decodable {
                let length: Int
                let digest: Digest
            }
            let counted: [Counted]
        }
        let file: File = try Vectors.read("keccak")
        for item in file.counted {
            #expect(
                Keccak.hash((0..<item.length).map { UInt8(truncatingIfNeeded: $0 * 7 + item.length) }) == item.digest,
                "\(item.length)")
        }
    }
}
