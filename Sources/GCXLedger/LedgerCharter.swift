package import GCXModel
package import GCXSigning

/// What a ledger says of itself once and for good: stored beside the journal, and bound into it.
///
/// Its digest stands where an empty journal has its last hash: the first entry names it as the hash before it, and the
/// signed head of the empty journal has it as its chain. Whoever changes a word of it has to change every entry and every
/// signature.
package struct LedgerCharter: Equatable, Sendable {
    /// The version of the canonical bytes and of the rules of the journal. A file keeps the one it was founded with.
    package enum Format: UInt64, CaseIterable, Comparable, Sendable {
        /// The journal begins with zero: nothing covers ``LedgerCharter/isTestNetwork``.
        case withoutCharter = 1
        /// The domain is the operator's, so what is signed for one of the operator's ledgers is good on all of them.
        case ofOperator = 2
        /// The domain is the ledger's own, its rules hold whenever the journal is read, its operator sets its clock, and a
        /// lease that its payer closes pays of a voucher what is payable.
        case ofLedger = 3

        /// That of a ledger founded today.
        package static let current = Format.ofLedger

        package static func < (left: Format, right: Format) -> Bool { left.rawValue < right.rawValue }
    }

    package var format: Format
    package var `operator`: Address
    package var isTestNetwork: Bool
    /// Random, so that no two ledgers of an operator are one; nil before ``Format/ofLedger``.
    package var founding: Digest?
    /// What its money is called; nil where its founder did not say, as of every ledger before this could be said.
    package var currency: Currency?

    /// - Parameter founding: nil only for the formats before ``Format/ofLedger``.
    package init(
        format: Format = .current, operator: Address, isTestNetwork: Bool, founding: Digest?,
        currency: Currency? = nil
    ) {
        self.format = format
        self.currency = currency
        self.operator = `operator`
        self.isTestNetwork = isTestNetwork
        self.founding = founding
    }

    /// Whether the journal proves every word of this.
    package var isCovered: Bool { format != .withoutCharter }

    /// Whether every rule holds for entries that are read again too. An older journal was written under the rules of its
    /// day, which it does not name; a rule that comes later than a format begins with another format.
    package var holdsRulesOnReplay: Bool { format >= .ofLedger }

    /// Whether what is signed for this ledger is void on every other of its operator.
    package var hasOwnDomain: Bool { format >= .ofLedger }

    /// Where the chain of the journal begins: SHA-256 over the lines `gcx ledger`, `format=…`, `operator=0x…`,
    /// `is_test_network=true` or `false` and, from format 3 on, `founding=0x…`, and `currency=…` where it is said, each with its
    /// newline.
    package var genesis: Digest {
        guard isCovered else { return .zero }
        var lines = [
            "gcx ledger", "format=\(format.rawValue)", "operator=\(self.operator)", "is_test_network=\(isTestNetwork)",
        ]
        if hasOwnDomain { lines.append("founding=\(founding ?? .zero)") }
        if let currency { lines.append("currency=\(currency.charterText)") }
        return Merkle.sha256(lines.flatMap { Array("\($0)\n".utf8) })
    }

    /// What its money is called for people.
    package var money: Currency { currency ?? .unnamed(isTestNetwork: isTestNetwork) }

    /// What everything is signed in that this ledger takes.
    package var domain: EIP712Domain {
        hasOwnDomain ? .embedded(genesis: genesis) : .embedded(operator: self.operator)
    }
}

extension Currency {
    /// As a ledger's charter holds it: `TEST/9`, or `USDC/6/0x…` for a token.
    package var charterText: String { "\(symbol)/\(decimals)\(token.map { "/\($0)" } ?? "")" }

    /// Nil for what is none.
    package init?(charterText text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        // bounded here: two or three parts, counted first
        guard (2...3).contains(parts.count), let decimals = UInt8(digits: parts[1]) else { return nil }
        let token = parts.count == 3 ? Address(parts[2]) : nil
        guard parts.count == 2 || token != nil else { return nil }
        self.init(symbol: parts[0], decimals: Int(decimals), token: token)
    }
}
