/// Capacity wanted. Signed by `buyer`. A later `revision` under the same `demandID` replaces the earlier one.
package struct Demand: Codable, Equatable, Hashable, Sendable {
    /// Random, kept over all revisions.
    package var demandID: Digest
    /// Starts at 1 and only grows.
    package var revision: UInt64
    /// Who pays.
    package var buyer: Address
    /// Unix seconds.
    package var issuedAt: UInt64
    /// Unix seconds.
    package var expiresAt: UInt64
    /// Earliest start, Unix seconds.
    package var startsFrom: UInt64
    /// Latest start, Unix seconds.
    package var startsUntil: UInt64
    /// Length of the lease, seconds.
    package var durationSeconds: UInt64
    /// What the job needs; an offer must have at least this.
    package var resources: Resources
    /// Conditions on the facts of the offer, element by element.
    package var constraints: [Constraint]
    /// Most the buyer pays for an hour with every resource in full use.
    package var hourlyMax: Amount
    /// Most the buyer pays in all; the deposit of the lease.
    package var budget: Amount
    /// If not empty, only these regions.
    package var regions: [Untrusted]
    /// The thinnest wall accepted.
    package var isolationMin: IsolationLevel
    /// If not empty, only these owners.
    package var allow: [Address]
    /// Never these owners.
    package var deny: [Address]

    package init(
        demandID: Digest, revision: UInt64, buyer: Address, issuedAt: UInt64, expiresAt: UInt64, startsFrom: UInt64,
        startsUntil: UInt64, durationSeconds: UInt64, resources: Resources, constraints: [Constraint],
        hourlyMax: Amount, budget: Amount, regions: [Untrusted], isolationMin: IsolationLevel, allow: [Address],
        deny: [Address]
    ) {
        self.demandID = demandID
        self.revision = revision
        self.buyer = buyer
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.startsFrom = startsFrom
        self.startsUntil = startsUntil
        self.durationSeconds = durationSeconds
        self.resources = resources
        self.constraints = constraints
        self.hourlyMax = hourlyMax
        self.budget = budget
        self.regions = regions
        self.isolationMin = isolationMin
        self.allow = allow
        self.deny = deny
    }
}
