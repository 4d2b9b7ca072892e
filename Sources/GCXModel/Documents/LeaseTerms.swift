/// The contract. Signed by `payer` and by `machine`; its digest is the lease's id and the channel of its vouchers.
///
/// The payer's signature is also what moves `deposit` into escrow.
package struct LeaseTerms: Codable, Equatable, Hashable, Sendable {
    /// Digest of the offer.
    package var offer: Digest
    /// Digest of the demand.
    package var demand: Digest
    /// The buyer: funds the escrow and gets the rest back.
    package var payer: Address
    /// The owner: every claim is paid to this account.
    package var payee: Address
    /// Signs the receipts.
    package var machine: Address
    /// The buyer's session key: signs the vouchers and nothing else.
    package var session: Address
    /// What is leased.
    package var resources: Resources
    /// As in the offer.
    package var rates: Rates
    /// Unix seconds.
    package var startsAt: UInt64
    /// Unix seconds.
    package var endsAt: UInt64
    /// What goes into escrow when the lease opens.
    package var deposit: Amount
    /// Vouchers may reach this at once ...
    package var burst: Amount
    /// ... and grow by this much an hour: it limits a stolen session key.
    package var hourlyCap: Amount
    /// How long claims are still good after the payer asks to close, seconds.
    package var closeWindowSeconds: UInt64
    /// Longest time between receipts, seconds.
    package var receiptSeconds: UInt64
    /// Most the provider delivers beyond the last voucher.
    package var creditLimit: Amount
    /// How long a job stays paused before it is ended, seconds.
    package var graceSeconds: UInt64
    /// Random, so that two leases never share an id.
    package var salt: Digest

    package init(
        offer: Digest, demand: Digest, payer: Address, payee: Address, machine: Address, session: Address,
        resources: Resources, rates: Rates, startsAt: UInt64, endsAt: UInt64, deposit: Amount, burst: Amount,
        hourlyCap: Amount, closeWindowSeconds: UInt64, receiptSeconds: UInt64, creditLimit: Amount,
        graceSeconds: UInt64, salt: Digest
    ) {
        self.offer = offer
        self.demand = demand
        self.payer = payer
        self.payee = payee
        self.machine = machine
        self.session = session
        self.resources = resources
        self.rates = rates
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.deposit = deposit
        self.burst = burst
        self.hourlyCap = hourlyCap
        self.closeWindowSeconds = closeWindowSeconds
        self.receiptSeconds = receiptSeconds
        self.creditLimit = creditLimit
        self.graceSeconds = graceSeconds
        self.salt = salt
    }
}
