import Foundation
import GCXLedger
import GCXModel
import Testing

@testable import GCXSigning

/// Numbers that were printed by others, long before this was written.
@Suite("Published vectors")
struct KnownVectorTests {
    @Test(
        "Keccak-256 of texts, as the Keccak team and Ethereum print it",
        arguments: [
            ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            ("testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
            ("cow", "c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4"),
        ])
    func keccak(_ text: String, _ digest: String) {
        #expect(Keccak.hash(text).description == "0x" + digest)
    }

    private static let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd03641"

    @Test(
        "the accounts of the first and the last keys of the curve",
        arguments: [
            ("01", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"), ("02", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"),
            ("03", "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69"),
            (order + "40", "0x80C0dbf239224071c59dD8970ab9d542E3414aB2"),
            (
                "c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4",
                "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"
            ),
        ])
    func accounts(_ secret: String, _ address: String) throws {
        let bytes = try #require(Hex.decode(secret))
        let padded = [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
        #expect(try PrivateKey(bytes: padded).address.checksummed == address)
    }

    /// From the lists of RFC 6979 signatures for secp256k1 that libraries share; the message is hashed with SHA-256.
    @Test(
        "deterministic signatures over texts",
        arguments: [
            (
                "01", "Satoshi Nakamoto",
                "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                    + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
            ),
            (
                "01", "All those moments will be lost in time, like tears in rain. Time to die...",
                "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
                    + "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"
            ),
            (
                order + "40", "Satoshi Nakamoto",
                "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0"
                    + "6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5"
            ),
        ])
    func deterministic(_ secret: String, _ text: String, _ compact: String) throws {
        let bytes = try #require(Hex.decode(secret))
        let key = try PrivateKey(bytes: [UInt8](repeating: 0, count: 32 - bytes.count) + bytes)
        let digest = Merkle.sha256(Array(text.utf8))
        let signature = key.sign(digest)
        #expect(Hex.encodeBare(signature.bytes.prefix(64)) == compact)
        #expect(try signature.recover(digest) == key.address)
    }

    @Test(
        "addresses with their checksums, from EIP-55",
        arguments: [
            "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
            "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ])
    func checksums(_ text: String) throws {
        #expect(try Address(checksummed: text).checksummed == text)
        #expect(try Address(checksummed: text.lowercased()).checksummed == text)
        #expect(try Address(checksummed: String(text.dropFirst(2))).checksummed == text)
    }

    @Test(
        "what is no address says whether its length, its digits or its checksum is wrong",
        arguments: [
            ("", .addressMalformed("")), ("0x", .addressMalformed("0x")),
            (
                "0x52908400098527886E0F7030069857D2E4169EE",
                .addressMalformed("0x52908400098527886E0F7030069857D2E4169EE")
            ),
            (
                "0x52908400098527886E0F7030069857D2E4169EE77",
                .addressMalformed("0x52908400098527886E0F7030069857D2E4169EE77")
            ),
            (
                "0x52908400098527886E0F7030069857D2E4169EEg",
                .addressMalformed("0x52908400098527886E0F7030069857D2E4169EEg")
            ),
            (
                " 0x52908400098527886E0F7030069857D2E4169EE",
                .addressMalformed(" 0x52908400098527886E0F7030069857D2E4169EE")
            ),
            (
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
                .addressChecksumWrong("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")
            ),
            (
                "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                .addressChecksumWrong("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
            ),
        ] as [(String, SigningError)])
    func noAddresses(_ text: String, _ error: SigningError) {
        #expect(throws: error) { try Address(checksummed: text) }
    }

    /// Private key and password of the two files in the Web3 Secret Storage definition; ours are cheaper to open, so this is
    /// the one of PBKDF2.
    @Test("the keystore file of the Web3 Secret Storage definition")
    func keystore() throws {
        let text = """
            {"crypto": {"cipher": "aes-128-ctr", "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
             "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46", "kdf": "pbkdf2",
             "kdfparams": {"c": 262144, "dklen": 32, "prf": "hmac-sha256",
              "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
             "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
             "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6", "version": 3}
            """
        let secret = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
        let key = try Keystore.decrypt(KeystoreFile.decode(Array(text.utf8)), password: "testpassword")
        #expect(key.exposedBytes == Hex.decode(secret))
        #expect(throws: KeystoreError.passwordWrong) {
            try Keystore.decrypt(KeystoreFile.decode(Array(text.utf8)), password: "Testpassword")
        }
    }
}

/// The example of EIP-712 itself: a mail from a cow.
@Suite("The example in EIP-712")
struct MailTests {
    struct Person: TypedStructure {
        let name: String
        let wallet: Address
        static let schema = TypedSchema<Person>("Person", .init("name", \.name), .init("wallet", \.wallet))
    }

    struct Mail: TypedDocument {
        let from: Person
        let to: Person
        let contents: String
        static let schema = TypedSchema<Mail>(
            "Mail", .init("from", \.from), .init("to", \.to), .init("contents", \.contents))
    }

    /// Ours has the same members, and a name of its own.
    struct EtherMail: TypedStructure {
        let verifyingContract = Address("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC") ?? .zero
        static let schema = TypedSchema<EtherMail>(
            "EIP712Domain", .init("name", type: .string) { _ in .string("Ether Mail") },
            .init("version", type: .string) { _ in .string("1") },
            .init("chainId", type: .uint(bits: 256)) { _ in .uint(1) },
            .init("verifyingContract", \.verifyingContract))
    }

    private let mail = Mail(
        from: Person(name: "Cow", wallet: Address("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826") ?? .zero),
        to: Person(name: "Bob", wallet: Address("0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB") ?? .zero),
        contents: "Hello, Bob!")

    @Test("its types, its hashes and its signature")
    func mailFromACow() throws {
        #expect(Mail.encodeType == "Mail(Person from,Person to,string contents)Person(string name,address wallet)")
        #expect(Mail.typeHash.description == "0xa0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2")
        #expect(mail.structHash.description == "0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e")
        #expect(EIP712Domain.typeHash == EtherMail.typeHash)
        #expect(
            EIP712Domain.typeHash.description == "0x8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f")
        let separator = EtherMail().structHash
        #expect(separator.description == "0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f")
        let digest = Keccak.hash([0x19, 0x01] + separator.bytes + mail.structHash.bytes)
        #expect(digest.description == "0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2")
        let key = try PrivateKey(bytes: Keccak.hash("cow").bytes)
        let signature = key.sign(digest)
        #expect(
            signature.description
                == "0x4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
                + "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c")
        #expect(try signature.recover(digest) == mail.from.wallet)
    }

    @Test("what a wallet is shown is what is signed, with its members in their order")
    func wallet() throws {
        let domain = EIP712Domain(chainId: 5, verifyingContract: mail.to.wallet)
        let text = mail.typedDataJSON(in: domain)
        let request = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(request["primaryType"] as? String == "Mail")
        let types = try #require(request["types"] as? [String: [[String: String]]])
        #expect(types["Mail"]?.map { $0["name"] } == ["from", "to", "contents"])
        #expect(types["Mail"]?.map { $0["type"] } == ["Person", "Person", "string"])
        #expect(types["Person"]?.map { $0["type"] } == ["string", "address"])
        #expect(types["EIP712Domain"]?.map { $0["name"] } == ["name", "version", "chainId", "verifyingContract"])
        let shown = try #require(request["domain"] as? [String: String])
        #expect(shown["name"] == "GCX" && shown["version"] == "1" && shown["chainId"] == "5")
        let message = try #require(request["message"] as? [String: Any])
        #expect((message["from"] as? [String: String])?["wallet"] == "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826")
        #expect(message["contents"] as? String == "Hello, Bob!")
    }

    @Test("numbers that a wallet's reader would round are text")
    func largeNumbers() throws {
        let voucher = Voucher(channel: .zero, cumulative: Amount(.max), receipt: .zero)
        let text = voucher.typedDataJSON(in: .standalone)
        #expect(text.contains("\"cumulative\":\"\(UInt128.max)\""))
        #expect(text.contains("\"chainId\":\"0\""))
    }
}
