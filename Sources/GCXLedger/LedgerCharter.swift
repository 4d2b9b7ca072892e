import GCXModel
import GCXSigning

/// What a ledger says of itself once and for good: stored beside the journal, and bound into it.
///
/// Its digest stands where an empty journal has its last hash: the first entry names it as the hash before it, and the
/// signed head of the empty journal has it as its chain. Whoever changes a word of it has to change every entry and every
/// signature.
package struct LedgerCharter: Equatable, Sendable {
    /// The version of the canonical bytes and of the meaning of the journal.
    package enum Format: String, CaseIterable, Sendable {
        /// The journal begins with zero: nothing covers ``LedgerCharter/isTestNetwork``.
        case withoutCharter = "1"
        case current = "2"
    }

    package var format: Format
    package var `operator`: Address
    package var isTestNetwork: Bool

    package init(format: Format = .current, operator: Address, isTestNetwork: Bool) {
        self.format = format
        self.operator = `operator`
        self.isTestNetwork = isTestNetwork
    }

    /// Whether the journal proves every word of this.
    package var isCovered: Bool { format != .withoutCharter }

    /// Where the chain of the journal begins: SHA-256 over the lines `gcx ledger`, `format=…`, `operator=0x…` and
    /// `is_test_network=true` or `false`, each with its newline.
    package var genesis: Digest {
        guard isCovered else { return .zero }
        let lines = [
            "gcx ledger", "format=\(format.rawValue)", "operator=\(self.operator)", "is_test_network=\(isTestNetwork)",
        ]
        return Merkle.sha256(lines.flatMap { Array("\($0)\n".utf8) })
    }
}
