import Foundation
import GCXLedger
import GCXModel
import GCXSigning
import Testing

/// One signature says one thing, on one ledger.
@Suite("What a signature does not say")
struct DomainSeparationTests {
    private static let here = EIP712Domain(
        chainId: 0, verifyingContract: Address(checkedBytes: [UInt8](repeating: 1, count: 20)))
    private static let key = PrivateKey.generate()

    /// The ways in which a domain can be another: each alone.
    private static let elsewhere: [(String, EIP712Domain)] = [
        ("another chain", EIP712Domain(chainId: 1, verifyingContract: here.verifyingContract)),
        ("the last chain", EIP712Domain(chainId: .max, verifyingContract: here.verifyingContract)),
        ("another ledger", .embedded(operator: Address(checkedBytes: [UInt8](repeating: 1, count: 19) + [2]))),
        ("no ledger", .standalone),
        ("the ledger of a founding", .embedded(genesis: Digest(checkedBytes: [UInt8](repeating: 1, count: 32)))),
    ]

    @Test("every type has a name and a hash of its own")
    func hashes() throws {
        let types = try SignedType.all.get()
        #expect(Set(types.map(\.typeHash)).count == types.count)
        #expect(Set(types.map(\.encodeType)).count == types.count)
        // The two of an offer share their name; no other two do.
        let names = types.map { $0.encodeType.prefix { $0 != "(" } }
        #expect(Set(names).count == types.count - 1)
    }

    @Test("a signature over a document of one type is nobody's over one of another")
    func types() throws {
        let types = try SignedType.all.get()
        for signed in types {
            let signature = Self.key.sign(signed.digest(Self.here))
            for other in types {
                let signer = try? signature.recover(other.digest(Self.here))
                #expect((signer == Self.key.address) == (signed.typeHash == other.typeHash), "\(signed) as \(other)")
            }
        }
    }

    @Test("documents of the same members are told apart by their type alone")
    func twins() {
        let (account, nonce) = (Address.random(), Digest.random())
        let issue = CreditIssue(account: account, amount: 7, reference: "invoice 7", nonce: nonce)
        let redemption = CreditRedemption(account: account, amount: 7, reference: "invoice 7", nonce: nonce)
        let signature = Self.key.sign(issue.digest(in: Self.here))
        #expect(throws: SigningError.self) {
            try Signed(document: redemption, signature: signature).verify(signer: Self.key.address, in: Self.here)
        }
        #expect(issue.structHash != redemption.structHash)
    }

    @Test("a signature for one ledger is nobody's on another, of whatever kind")
    func domains() throws {
        for type in try SignedType.all.get() {
            let signature = Self.key.sign(type.digest(Self.here))
            #expect(try signature.recover(type.digest(Self.here)) == Self.key.address)
            for (name, domain) in Self.elsewhere {
                #expect((try? signature.recover(type.digest(domain))) != Self.key.address, "\(type) on \(name)")
            }
        }
        let all = [Self.here] + Self.elsewhere.map(\.1)
        #expect(Set(all.map(\.separator)).count == all.count)
    }

    @Test("no part of a document is outside its signature", arguments: 0..<20)
    func everyLeaf(_ number: Int) throws {
        let type = try SignedType.all.get()[number]
        let object = try JSONSerialization.jsonObject(with: type.json(), options: .fragmentsAllowed)
        var seen: Set<String> = []
        for (path, changed) in Self.mutants(of: object) {
            let data = try JSONSerialization.data(withJSONObject: changed)
            // What is no document any more cannot be signed at all.
            guard let digest = type.read(data, Self.here) else { continue }
            #expect(digest != type.digest(Self.here), "\(type): \(path)")
            seen.insert(path)
        }
        #expect(seen.count >= 2, "\(type): only \(seen) could be changed")
    }

    /// The same JSON with one leaf changed, or one element of a list gone, for each.
    private static func mutants(of value: Any, at path: String = "") -> [(path: String, value: Any)] {
        if let object = value as? [String: Any] {
            return object.keys.sorted().flatMap { key in
                mutants(of: object[key] as Any, at: "\(path).\(key)").map { path, inner in
                    var changed = object
                    changed[key] = inner
                    return (path, changed)
                }
            }
        }
        if let list = value as? [Any] {
            let fewer = list.isEmpty ? [] : [("\(path) shorter", Array(list.dropLast()) as Any)]
            let inner = list.indices.flatMap { index in
                mutants(of: list[index], at: "\(path)[\(index)]").map { path, inner in
                    var changed = list
                    changed[index] = inner
                    return (path, changed as Any)
                }
            }
            return fewer + inner
        }
        return leaf(value).map { (path, $0) }
    }

    private static func leaf(_ value: Any) -> [Any] {
        if let text = value as? String {
            guard let last = text.last else { return ["x"] }
            // Of digits another digit, so that numbers and hashes stay what they are.
            let other: Character = last == "1" ? "2" : last.isHexDigit ? "1" : last == "x" ? "y" : "x"
            return [text.dropLast() + String(other)]
        }
        guard let number = value as? NSNumber else { return [] }
        if CFBoolean.isOne(number) { return [!number.boolValue] }
        return [number.uint64Value &+ 1, number.uint64Value &- 1]
    }
}

/// Whether a number of Foundation's is `true` or `false`.
private enum CFBoolean {
    static func isOne(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
