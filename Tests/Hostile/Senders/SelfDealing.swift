import GCXLedger
import GCXModel
import GCXSigning

/// Names that one makes for oneself: keys cost nothing, and money goes from a pocket into another.
enum SentSelfDealing {
    static let all = [
        Sending(
            .documents, "five stars by a hundred fresh keys of one's own, for one unit each",
            by: "reputation, which weighs money that left for good", .taken
        ) { ground in
            let stall = try Stall(ground)
            for _ in 0..<100 { try stall.sell(to: stall.customer(), stars: 5) }
            return try shown(
                stall.owner.address, says: "3.0 of 5 by 0 independent counterparts", "100 leases settled",
                "left out: 100 ratings behind which too little money stayed", on: ground)
        },
        Sending(
            .documents, "five stars by a key of one's own, whose money goes round",
            by: "reputation, which marks money that came back", .taken
        ) { ground in
            let (stall, other) = (try Stall(ground), try Stall(ground))
            try ground.fund(other.owner, 1_000)
            try stall.sell(to: other.owner, 1_000, stars: 5)
            try other.sell(to: stall.owner, 1_000, stars: 5)
            return try shown(
                stall.owner.address, says: "3.0 of 5 by 0 independent counterparts",
                "marked: money goes round: 0.000001 TEST came back", on: ground)
        },
        Sending(
            .documents, "a lease by which a machine buys itself", by: "the two sides of a lease",
            .refused([403], says: "a machine does not lease itself")
        ) { ground in
            let stall = try Stall(ground)
            try ground.fund(stall.machine, 10)
            return Answer(try stall.open(for: stall.machine).reply)
        },
        Sending(
            .documents, "a lease by which a machine buys from its owner", by: "the two sides of a lease",
            .refused([403], says: "a machine of the payee")
        ) { ground in
            let stall = try Stall(ground)
            let other = try stall.customer()
            try stall.grant(other.address)
            return Answer(try stall.open(for: other).reply)
        },
        Sending(
            .documents, "a lease whose payments the machine would sign itself", by: "the two sides of a lease",
            .refused([403], says: "cannot sign the payments")
        ) { ground in
            let stall = try Stall(ground)
            let customer = try stall.customer()
            return Answer(try stall.open(for: customer) { $0.session = stall.machine.address }.reply)
        },
    ]

    /// What the real client makes of an account.
    private static func shown(_ account: Address, says words: String..., on ground: Ground) throws -> Answer {
        let answer = try ground.client(ClientRun(["rating", "show", account.description]))
        let missing = words.filter { !answer.text.contains($0) }
        let wrong = missing.isEmpty && answer.status == 0 ? [] : ["no “\(missing)” in: \(answer.text)"]
        return Answer(200, answer.text, wrong: answer.wrong + wrong)
    }
}

/// An owner and a machine of a stranger's own, who sell.
struct Stall {
    let owner = PrivateKey.generate()
    let machine = PrivateKey.generate()
    private let ground: Ground
    private let offer: Signed<Offer>

    /// Posts a grant and an offer.
    init(_ ground: Ground) throws {
        self.ground = ground
        var market = SentTexts.plain(owner.address, machine.address, ground.now)
        let grant = Signed(market.grant, by: owner, in: ground.domain)
        _ = try ground.read(PostReceipt.self, ground.post(.grant(grant)))
        market.offer.grant = grant.digest(in: ground.domain)
        offer = Signed(market.offer, by: machine, in: ground.domain)
        _ = try ground.read(PostReceipt.self, ground.post(.offer(offer)))
    }

    /// Calls another key a machine of the same owner's.
    func grant(_ machine: Address) throws {
        let grant = SentTexts.plain(owner.address, machine, ground.now).grant
        _ = try ground.read(PostReceipt.self, ground.post(.grant(Signed(grant, by: owner, in: ground.domain))))
    }

    /// A fresh key with a few units.
    func customer() throws -> PrivateKey {
        let key = PrivateKey.generate()
        try ground.fund(key, 10)
        return key
    }

    /// A demand and a lease for it; what became of the lease.
    func open(
        for payer: PrivateKey, deposit: Amount = 10, _ edit: (inout LeaseTerms) -> Void = { _ in }
    ) throws -> (lease: LeaseID, reply: Reply) {
        let demand = ground.demand { ($0.buyer, $0.budget) = (payer.address, 1_000_000) }
        _ = try ground.read(PostReceipt.self, ground.post(.demand(Signed(demand, by: payer, in: ground.domain))))
        let sold = offer.document
        var terms = LeaseTerms(
            offer: offer.digest(in: ground.domain), demand: demand.digest(in: ground.domain), payer: payer.address,
            payee: owner.address, machine: machine.address, session: payer.address, resources: demand.resources,
            rates: sold.rates, startsAt: ground.now, endsAt: ground.now + demand.durationSeconds, deposit: deposit,
            burst: 1_000_000, hourlyCap: 1_000_000, closeWindowSeconds: sold.closeWindowSeconds,
            receiptSeconds: sold.receiptSeconds, creditLimit: sold.creditLimit, graceSeconds: sold.graceSeconds,
            salt: .random())
        edit(&terms)
        let signed = CountersignedTerms(terms, payer: payer, machine: machine, in: ground.domain)
        return (signed.lease(in: ground.domain), try ground.post(.leaseOpened(signed)))
    }

    /// A lease from its opening to a rating by the payer, with all the ledger's signatures and money.
    func sell(to payer: PrivateKey, _ amount: Amount = 1, stars: UInt8) throws {
        let (lease, reply) = try open(for: payer, deposit: amount)
        _ = try ground.read(PostReceipt.self, reply)
        let voucher = Voucher(channel: lease, cumulative: amount, receipt: .random())
        let close = CloseRequest(channel: lease, requester: owner.address, requestedAt: ground.now)
        let rating = Rating(
            lease: lease, rater: payer.address, ratee: owner.address, stars: stars, comment: "", ratedAt: ground.now)
        for entry in [
            Entry.claim(Signed(voucher, by: payer, in: ground.domain)),
            .closeRequest(Signed(close, by: owner, in: ground.domain)),
            .rating(Signed(rating, by: payer, in: ground.domain)),
        ] { _ = try ground.read(PostReceipt.self, ground.post(entry)) }
    }
}

extension Ground {
    /// Money of the test network.
    func fund(_ key: PrivateKey, _ amount: Amount) throws {
        let grant = FaucetGrant(account: key.address, amount: amount, nonce: .random())
        _ = try read(PostReceipt.self, post(.faucet(Signed(grant, by: `operator`, in: domain))))
    }
}
