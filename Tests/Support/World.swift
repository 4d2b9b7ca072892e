package import GCXLedger
package import GCXModel
package import GCXSigning

/// Everybody a market needs, with fixed keys, and their documents ready to be signed for one ledger.
///
/// Each builder gives a document that the ledger accepts; the closure changes what the test is about before it is
/// signed:
///
/// ```swift
/// let offer = world.offer(grant: grantDigest) { $0.capacity.cores = 1 }
/// ```
package struct TestWorld: Sendable {
    package let owner: PrivateKey
    package let machine: PrivateKey
    package let buyer: PrivateKey
    /// The buyer's key for vouchers.
    package let session: PrivateKey
    /// Keeps the ledger.
    package let `operator`: PrivateKey
    /// Has no part in anything.
    package let stranger: PrivateKey
    /// What the world's ledger is; found it with ``founding``.
    package let charter: LedgerCharter
    /// The ledger that the documents are for.
    package let domain: EIP712Domain
    package let clock: TestClock

    /// - Parameters:
    ///   - founding: of the ledger; another is another ledger of the same operator.
    ///   - format: of the ledger; founded today unless a test is about an older one.
    package init(
        clock: TestClock = TestClock(), founding: Digest = TestWorld.founding, isTestNetwork: Bool = true,
        format: LedgerCharter.Format = .current
    ) throws {
        func key(_ byte: UInt8) throws(SigningError) -> PrivateKey {
            try PrivateKey(bytes: [UInt8](repeating: byte, count: 32))
        }
        owner = try key(1)
        machine = try key(2)
        buyer = try key(3)
        session = try key(4)
        self.operator = try key(5)
        stranger = try key(6)
        self.clock = clock
        charter = LedgerCharter(
            format: format, operator: self.operator.address, isTestNetwork: isTestNetwork,
            founding: format == .ofLedger ? founding : nil)
        domain = charter.domain
    }

    /// Of the ledger that all worlds share unless a test needs another.
    package static let founding = Digest(checkedBytes: [UInt8](repeating: 7, count: Digest.length))

    package static let capacity = Resources(cores: 4, memoryBytes: 8 << 30, storageBytes: 16 << 30, gpus: 0)
    package static let wanted = Resources(cores: 2, memoryBytes: 2 << 30, storageBytes: 1 << 30, gpus: 0)
    package static let rates = Rates(
        leaseHour: 3_600, coreHour: 7_200, memoryGiBHour: 360, gpuHour: 0, storageGiBHour: 36, egressGiB: 10)

    package func sign<Document>(_ document: Document, by key: PrivateKey) -> Signed<Document> {
        Signed(document, by: key, in: domain)
    }

    package func grant(
        by key: PrivateKey? = nil, _ edit: (inout MachineGrant) -> Void = { _ in }
    ) -> Signed<MachineGrant> {
        var grant = MachineGrant(
            owner: owner.address, machine: machine.address, label: "rack 1, left", issuedAt: clock.now,
            expiresAt: clock.now + 86_400, nonce: .random())
        edit(&grant)
        return sign(grant, by: key ?? owner)
    }

    package func attestation(
        by key: PrivateKey? = nil, _ edit: (inout AttestationRecord) -> Void = { _ in }
    ) -> Signed<AttestationRecord> {
        let fact = Fact(
            name: "cpu.fp64.all", value: 80_000_000_000, unit: "flop/s", level: .measured, measuredAt: clock.now)
        var record = AttestationRecord(
            machine: machine.address, inventory: .random(), measuredAt: clock.now, kernelVersion: "1", facts: [fact],
            contradictions: [], referenceTable: .zero, samples: .random())
        edit(&record)
        return sign(record, by: key ?? machine)
    }

    package func offer(
        grant: Digest, by key: PrivateKey? = nil, _ edit: (inout Offer) -> Void = { _ in }
    ) -> Signed<Offer> {
        var offer = Offer(
            offerID: .random(), revision: 1, owner: owner.address, machine: machine.address, grant: grant,
            issuedAt: clock.now, expiresAt: clock.now + 7_200, availableFrom: clock.now - 60,
            availableUntil: clock.now + 14_400, leaseSecondsMin: 60, leaseSecondsMax: 3_600, receiptSeconds: 5,
            graceSeconds: 30, closeWindowSeconds: 10, creditLimit: 100, region: "eu-north", isolation: .container,
            capacity: Self.capacity, rates: Self.rates, facts: [], attestation: .zero, referenceTable: .zero,
            allow: [], deny: [])
        edit(&offer)
        return sign(offer, by: key ?? machine)
    }

    package func demand(by key: PrivateKey? = nil, _ edit: (inout Demand) -> Void = { _ in }) -> Signed<Demand> {
        var demand = Demand(
            demandID: .random(), revision: 1, buyer: buyer.address, issuedAt: clock.now, expiresAt: clock.now + 7_200,
            startsFrom: clock.now - 60, startsUntil: clock.now + 7_200, durationSeconds: 600, resources: Self.wanted,
            constraints: [], hourlyMax: 100_000, budget: 20_000, regions: [], isolationMin: .container, allow: [],
            deny: [])
        edit(&demand)
        return sign(demand, by: key ?? buyer)
    }

    /// Terms that fit ``offer(grant:by:_:)`` and ``demand(by:_:)``: ten minutes, 10,000 in escrow, 1,000 at once and 10
    /// a second.
    package func terms(offer: Digest, demand: Digest, _ edit: (inout LeaseTerms) -> Void = { _ in }) -> LeaseTerms {
        var terms = LeaseTerms(
            offer: offer, demand: demand, payer: buyer.address, payee: owner.address, machine: machine.address,
            session: session.address, resources: Self.wanted, rates: Self.rates, startsAt: clock.now,
            endsAt: clock.now + 600, deposit: 10_000, burst: 1_000, hourlyCap: 36_000, closeWindowSeconds: 10,
            receiptSeconds: 5, creditLimit: 100, graceSeconds: 30, salt: .random())
        edit(&terms)
        return terms
    }

    package func countersign(
        _ terms: LeaseTerms, payer: PrivateKey? = nil, machine key: PrivateKey? = nil
    ) -> CountersignedTerms {
        CountersignedTerms(terms, payer: payer ?? buyer, machine: key ?? machine, in: domain)
    }

    package func voucher(_ lease: LeaseID, _ cumulative: Amount, by key: PrivateKey? = nil) -> Signed<Voucher> {
        sign(Voucher(channel: lease, cumulative: cumulative, receipt: .random()), by: key ?? session)
    }

    package func topUp(_ lease: LeaseID, to deposit: Amount, by key: PrivateKey? = nil) -> Signed<TopUp> {
        sign(TopUp(channel: lease, deposit: deposit), by: key ?? buyer)
    }

    package func closeRequest(_ lease: LeaseID, by key: PrivateKey) -> Signed<CloseRequest> {
        sign(CloseRequest(channel: lease, requester: key.address, requestedAt: clock.now), by: key)
    }

    package func withdrawal(_ subject: Digest, by key: PrivateKey) -> Signed<Withdrawal> {
        sign(Withdrawal(subject: subject, reason: "sold elsewhere", issuedAt: clock.now), by: key)
    }

    /// The buyer's word about the owner, unless changed.
    package func rating(
        _ lease: LeaseID, by key: PrivateKey? = nil, of ratee: PrivateKey? = nil,
        _ edit: (inout Rating) -> Void = { _ in }
    ) -> Signed<Rating> {
        let rater = key ?? buyer
        var rating = Rating(
            lease: lease, rater: rater.address, ratee: (ratee ?? owner).address, stars: 5, comment: "as promised",
            ratedAt: clock.now)
        edit(&rating)
        return sign(rating, by: rater)
    }

    package func creditIssue(
        _ account: Address, _ amount: Amount, by key: PrivateKey? = nil, reference: Untrusted = "invoice 7"
    ) -> Signed<CreditIssue> {
        sign(
            CreditIssue(account: account, amount: amount, reference: reference, nonce: .random()),
            by: key ?? self.operator)
    }

    /// The buyer's credit, unless changed.
    package func creditRedemption(
        _ amount: Amount, by key: PrivateKey? = nil, operator other: PrivateKey? = nil,
        reference: Untrusted = "invoice 8"
    ) -> CountersignedRedemption {
        let asked = CreditRedemption(
            account: buyer.address, amount: amount, reference: reference, nonce: .random())
        return CountersignedRedemption(
            sign(asked, by: key ?? buyer), operatorSignature: (other ?? self.operator).sign(asked.digest(in: domain)))
    }

    package func clockOrder(
        at position: UInt64, by key: PrivateKey? = nil, _ edit: (inout ClockOrder) -> Void = { _ in }
    ) -> Signed<ClockOrder> {
        var order = ClockOrder(time: clock.now, position: position, reason: "set by hand")
        edit(&order)
        return sign(order, by: key ?? self.operator)
    }

    package func faucet(_ account: Address, _ amount: Amount, by key: PrivateKey? = nil) -> Signed<FaucetGrant> {
        sign(FaucetGrant(account: account, amount: amount, nonce: .random()), by: key ?? self.operator)
    }
}
