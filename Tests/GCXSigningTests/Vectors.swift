import FoundationEssentials
import GCXModel
import GCXSigning

/// Files under `Tests/Fixtures/EIP712`, written by eth-account; `generate.py` there says how.
enum Vectors {
    struct File<Document: Decodable>: Decodable {
        let type: String
        let encodeType: String
        let typeHash: Digest
        let cases: [Case<Document>]
    }

    struct Case<Document: Decodable>: Decodable {
        struct Domain: Decodable {
            let chainId: UInt64
            let verifyingContract: Address
        }

        let domain: Domain
        let privateKey: Digest
        let message: Document
        let separator: Digest
        let structHash: Digest
        let digest: Digest
        let signature: Signature
    }

    static func read<Value: Decodable>(_ name: String) throws -> Value {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(folder)/Fixtures/EIP712/\(name).json"))
        return try JSONDecoder().decode(Value.self, from: data)
    }
}
