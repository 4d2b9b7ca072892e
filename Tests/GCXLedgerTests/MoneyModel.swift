/// The rules of money once more, written from the design with plain integers and nothing of the ledger's code.
struct MoneyModel: Equatable {
    struct Lease: Equatable {
        var deposit: Int
        var settled = 0
        let openedAt: Int
        /// When the payer asked to close.
        var askedAt: Int?
        var isClosed = false

        /// Close window of ten seconds, as in the test world's offer.
        var closesAt: Int? { askedAt.map { $0 + 10 } }

        /// What the owner gets at least when it is closed: for ten minutes at most, until the payer asked, within the deposit.
        func reserved(at now: Int, hourly: Int) -> Int {
            min(deposit, hourly * min(600, min(now, askedAt ?? now) - openedAt) / 3_600)
        }

        /// 1,000 at once and 36,000 an hour, as in the test world's terms.
        func cap(at now: Int) -> Int { 1_000 + 10 * (min(now, askedAt ?? now) - openedAt) }
    }

    /// Three receipts, 15 s, of two cores, 2 GiB of memory and one of storage in full use: 18,756 an hour, rounded up.
    static let depositMin = 79

    enum Party: CaseIterable {
        case buyer, owner, machine, session, stranger
    }

    enum Step: Equatable {
        case faucet(Int)
        case open(deposit: Int)
        case topUp(Int, total: Int, by: Party)
        case claim(Int, cumulative: Int, by: Party)
        /// Signed for another ledger.
        case foreignClaim(Int, cumulative: Int)
        case close(Int, by: Party)
        case finalize(Int)
        case wait(Int)
        /// An entry that was accepted before, again.
        case replay(Int)
    }

    var now: Int
    /// What an hour of a lease costs at least.
    var reservationHour = 0
    var minted = 0
    var buyer = 0
    var owner = 0
    var leases: [Lease] = []

    /// Makes the step, or says no and stays as it is.
    mutating func take(_ step: Step) -> Bool {
        switch step {
        case .wait(let seconds): now += seconds
        case .replay: break
        case .foreignClaim: return false
        case .faucet(let amount): (minted, buyer) = (minted + amount, buyer + amount)
        case .open(let deposit):
            guard deposit >= Self.depositMin, deposit <= buyer else { return false }
            buyer -= deposit
            leases.append(Lease(deposit: deposit, openedAt: now))
        case .topUp(let index, let total, let party): return topUp(index, total, party)
        case .claim(let index, let cumulative, let party): return claim(index, cumulative, party)
        case .close(let index, let party): return close(index, party)
        case .finalize(let index):
            guard !leases[index].isClosed, let closesAt = leases[index].closesAt, now >= closesAt else { return false }
            refund(index)
        }
        return true
    }

    private mutating func topUp(_ index: Int, _ total: Int, _ party: Party) -> Bool {
        let lease = leases[index]
        guard party == .buyer, !lease.isClosed, lease.askedAt == nil, total > lease.deposit,
            total - lease.deposit <= buyer
        else { return false }
        buyer -= total - lease.deposit
        leases[index].deposit = total
        return true
    }

    private mutating func claim(_ index: Int, _ cumulative: Int, _ party: Party) -> Bool {
        let lease = leases[index]
        let most = min(lease.deposit, lease.cap(at: now))
        // Who asked to close stopped the cap, and pays up to it.
        let paid = lease.askedAt == nil ? cumulative : min(cumulative, most)
        guard party == .session, !lease.isClosed, now < lease.closesAt ?? .max, paid > lease.settled, paid <= most
        else { return false }
        owner += paid - lease.settled
        leases[index].settled = paid
        return true
    }

    private mutating func close(_ index: Int, _ party: Party) -> Bool {
        guard !leases[index].isClosed else { return false }
        switch party {
        case .owner, .machine: refund(index)
        case .buyer:
            guard leases[index].askedAt == nil else { return false }
            leases[index].askedAt = now
        case .session, .stranger: return false
        }
        return true
    }

    private mutating func refund(_ index: Int) {
        let paid = max(leases[index].settled, leases[index].reserved(at: now, hourly: reservationHour))
        owner += paid - leases[index].settled
        leases[index].settled = paid
        buyer += leases[index].deposit - leases[index].settled
        leases[index].isClosed = true
    }
}
