package import GCXModel
package import GCXSigning

/// A line between a relay that asks to be paid and a machine, on a stream of the tunnel of their own. One member is there.
///
/// ```
/// relay:   {"tariff":{…}}            what it asks; the machine goes on only when its owner pays as much
/// machine: {"proposal":{…}}          terms that the machine signed; or {"lease":"0x…"} where one is open already
/// relay:   {"terms":{…}}             the same, signed by the relay too
/// machine: {"lease":"0x…"}           opened on the ledger
/// relay:   {"receipt":{…}}           what passed so far, and what it comes to
/// machine: {"voucher":{…}}           the answer to it
/// ```
package struct TollLine: Codable, Equatable, Sendable {
    package var tariff: TollTariff?
    package var proposal: LeaseProposal?
    package var terms: CountersignedTerms?
    package var lease: LeaseID?
    package var receipt: Signed<Receipt>?
    package var voucher: Signed<Voucher>?
    /// Why one side does not go on.
    package var refusal: Untrusted?

    package init(
        tariff: TollTariff? = nil, proposal: LeaseProposal? = nil, terms: CountersignedTerms? = nil,
        lease: LeaseID? = nil, receipt: Signed<Receipt>? = nil, voucher: Signed<Voucher>? = nil,
        refusal: Untrusted? = nil
    ) {
        (self.tariff, self.proposal, self.terms, self.lease) = (tariff, proposal, terms, lease)
        (self.receipt, self.voucher, self.refusal) = (receipt, voucher, refusal)
    }
}

/// What a relay asks, and where it is paid.
package struct TollTariff: Codable, Equatable, Sendable {
    /// Digest of its offer on that ledger, whose rates count.
    package var offer: Digest
    /// For each GiB that passes, both directions together; base units of the ledger.
    package var egressGiB: Amount
    /// The ledger's.
    package var domain: EIP712Domain

    package init(offer: Digest, egressGiB: Amount, domain: EIP712Domain) {
        (self.offer, self.egressGiB, self.domain) = (offer, egressGiB, domain)
    }
}

extension RelayWire {
    /// The authority of the stream on which payment is spoken of.
    package static let toll = "gcx-toll/1"
    /// Bytes of a line there: terms with two signatures have some 2,500.
    package static let tollLineBytesMax = 8 << 10
}
