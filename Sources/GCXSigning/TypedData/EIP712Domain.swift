package import GCXModel

/// Where a signature counts: one ledger. A document signed for one domain means nothing in another.
package struct EIP712Domain: Codable, Equatable, Hashable, Sendable {
    package static let name = "GCX"
    package static let version = "1"

    /// The chain's id; 0 for an embedded ledger.
    package let chainId: UInt64
    /// The ledger's contract, or the address of an embedded ledger.
    package let verifyingContract: Address

    package init(chainId: UInt64, verifyingContract: Address) {
        self.chainId = chainId
        self.verifyingContract = verifyingContract
    }

    /// The domain of one embedded ledger.
    ///
    /// - Parameter genesis: where the chain of its journal begins; the last 20 bytes of its Keccak-256 are the address.
    package static func embedded(genesis: Digest) -> EIP712Domain {
        let address = Address(checkedBytes: Array(Keccak.hash(genesis.bytes).bytes.suffix(Address.length)))
        return EIP712Domain(chainId: 0, verifyingContract: address)
    }

    /// The domain of all embedded ledgers that `operator` founded before a ledger had an address of its own.
    package static func embedded(operator address: Address) -> EIP712Domain {
        EIP712Domain(chainId: 0, verifyingContract: address)
    }

    /// Of documents that stand for themselves and on no ledger, such as the record of a benchmark.
    package static let standalone = EIP712Domain(chainId: 0, verifyingContract: .zero)

    /// EIP-712's `domainSeparator`.
    package var separator: Digest { structHash }
}

extension EIP712Domain: TypedStructure {
    package static let schema = TypedSchema<EIP712Domain>(
        "EIP712Domain",
        .init("name", type: .string) { _ in .string(EIP712Domain.name) },
        .init("version", type: .string) { _ in .string(EIP712Domain.version) },
        // A chain id is 256 bits wide in a domain, whatever its Swift type.
        .init("chainId", type: .uint(bits: 256)) { .uint(UInt128($0.chainId)) },
        .init("verifyingContract", \.verifyingContract))
}
