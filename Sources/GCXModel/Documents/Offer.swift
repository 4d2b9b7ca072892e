/// Capacity for sale. Signed by `machine` under a live ``MachineGrant`` of `owner`.
///
/// A later `revision` under the same `offerID` replaces the earlier one.
package struct Offer: Codable, Equatable, Hashable, Sendable {
    /// Random, kept over all revisions.
    package var offerID: Digest
    /// Starts at 1 and only grows.
    package var revision: UInt64
    /// Who is paid.
    package var owner: Address
    /// Whose key signs this offer and the receipts.
    package var machine: Address
    /// Digest of the machine grant that allows it.
    package var grant: Digest
    /// Unix seconds.
    package var issuedAt: UInt64
    /// Unix seconds; no lease can be opened from then on.
    package var expiresAt: UInt64
    /// Start of the window in which leases may run, Unix seconds.
    package var availableFrom: UInt64
    /// End of that window, Unix seconds.
    package var availableUntil: UInt64
    /// Shortest lease, seconds.
    package var leaseSecondsMin: UInt64
    /// Longest lease, seconds.
    package var leaseSecondsMax: UInt64
    /// A receipt is issued at least this often while a job runs, seconds.
    package var receiptSeconds: UInt64
    /// How long a job stays paused for want of a voucher before it is ended, seconds.
    package var graceSeconds: UInt64
    /// How long the provider may still claim after the buyer asks to close, seconds.
    package var closeWindowSeconds: UInt64
    /// Most the provider delivers beyond the last voucher.
    package var creditLimit: Amount
    /// Where the machine stands, the owner's word (`eu-north`, `DE`).
    package var region: Untrusted
    /// The wall between the job and the machine.
    package var isolation: IsolationLevel
    /// What is for sale at once.
    package var capacity: Resources
    /// What it costs.
    package var rates: Rates
    /// Everything known about the machine, each with its level and date.
    package var facts: [Fact]
    /// Digest of the attestation record behind the measured facts; zero when nothing was measured.
    package var attestation: Digest
    /// Digest of the Compute Hour reference table; zero when none was used.
    package var referenceTable: Digest
    /// If not empty, only these buyers.
    package var allow: [Address]
    /// Never these buyers.
    package var deny: [Address]
    /// How the seller behaves; nil in an offer of a time before there was such a thing, whose type and digest have nothing
    /// of it.
    package var conduct: OfferConduct?

    package init(
        offerID: Digest, revision: UInt64, owner: Address, machine: Address, grant: Digest, issuedAt: UInt64,
        expiresAt: UInt64, availableFrom: UInt64, availableUntil: UInt64, leaseSecondsMin: UInt64,
        leaseSecondsMax: UInt64, receiptSeconds: UInt64, graceSeconds: UInt64, closeWindowSeconds: UInt64,
        creditLimit: Amount, region: Untrusted, isolation: IsolationLevel, capacity: Resources, rates: Rates,
        facts: [Fact], attestation: Digest, referenceTable: Digest, allow: [Address], deny: [Address],
        conduct: OfferConduct? = nil
    ) {
        self.offerID = offerID
        self.revision = revision
        self.owner = owner
        self.machine = machine
        self.grant = grant
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.availableFrom = availableFrom
        self.availableUntil = availableUntil
        self.leaseSecondsMin = leaseSecondsMin
        self.leaseSecondsMax = leaseSecondsMax
        self.receiptSeconds = receiptSeconds
        self.graceSeconds = graceSeconds
        self.closeWindowSeconds = closeWindowSeconds
        self.creditLimit = creditLimit
        self.region = region
        self.isolation = isolation
        self.capacity = capacity
        self.rates = rates
        self.facts = facts
        self.attestation = attestation
        self.referenceTable = referenceTable
        self.allow = allow
        self.deny = deny
        self.conduct = conduct
    }
}
