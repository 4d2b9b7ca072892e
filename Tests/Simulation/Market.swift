import GCXModel
import GCXSigning
import Support

@testable import GCXLedger

/// Who is there, and what is for sale: two offers of an honest machine, and one of a machine that may do anything.
struct Market {
    struct Stall {
        let signed: Signed<Offer>
        let digest: Digest
        var offer: Offer { signed.document }
    }

    struct Grant {
        let signed: Signed<MachineGrant>
        let digest: Digest
    }

    let grants: [Grant]
    private(set) var stalls: [Stall]
    /// The accounts that pay, and what each has: one is rich, one can pay for a lease or two, one has a single unit, and one is a
    /// machine that would like to be its own customer.
    let payers: [(Address, Amount)]
    let session: Address
    private let demand: Demand
    private let signature: Signature

    /// The stalls of the honest provider.
    static let honest = 0..<2
    static let hostile = 2

    /// A fifth of full use for a lease that nobody uses, and its end after a minute.
    static let conduct = OfferConduct(endpoints: [], signSeconds: 0, idleSeconds: 60, reservationPercent: 20)

    init(_ world: TestWorld, closeWindowSeconds: UInt64) {
        let signature = Signature.zero
        func address(_ number: UInt8) -> Address { Address(checkedBytes: [UInt8](repeating: number, count: 20)) }
        func digest(_ number: UInt8) -> Digest { Digest(checkedBytes: [UInt8](repeating: number, count: 32)) }
        let now = world.clock.now
        let own = world.grant().document
        var other = own
        (other.owner, other.machine) = (address(50), address(51))
        grants = [(own, digest(100)), (other, digest(101))].map {
            Grant(signed: Signed(document: $0.0, signature: signature), digest: $0.1)
        }
        let template = world.offer(grant: digest(100)) {
            ($0.expiresAt, $0.availableUntil) = (now + 80_000, now + 90_000)
            ($0.creditLimit, $0.graceSeconds, $0.closeWindowSeconds) = (1_000_000, 5, closeWindowSeconds)
        }.document
        stalls = [UInt8(0), 1, 2].map { number in
            var offer = template
            offer.offerID = digest(110 + number)
            if number != Self.hostile { offer.conduct = Self.conduct }
            if number == Self.hostile {
                (offer.owner, offer.machine, offer.grant) = (address(50), address(51), digest(101))
                offer.capacity.cores = 64
                offer.capacity.memoryBytes = 256 << 30
            }
            return Stall(signed: Signed(document: offer, signature: signature), digest: digest(120 + number))
        }
        payers = [
            (address(10), 500_000), (address(11), 60_000), (address(12), 4_000), (address(13), 1), (address(51), 5_000),
            (address(14), 50_000_000),
        ]
        session = address(40)
        demand =
            world.demand {
                ($0.expiresAt, $0.startsUntil) = (now + 70_000, now + 70_000)
                $0.hourlyMax = 1_000_000
            }.document
        self.signature = signature
    }

    /// The payer who always keeps its word.
    var honestPayer: Address { payers[5].0 }

    /// The next revision of an offer, which takes the place of the one before.
    mutating func revise(_ number: Int, as digest: Digest) -> Stall {
        var offer = stalls[number].offer
        offer.revision += 1
        stalls[number] = Stall(signed: unsigned(offer), digest: digest)
        return stalls[number]
    }

    func unsigned<Document>(_ document: Document) -> Signed<Document> {
        Signed(document: document, signature: signature)
    }

    func countersigned(_ terms: LeaseTerms) -> CountersignedTerms {
        CountersignedTerms(terms: terms, payerSignature: signature, machineSignature: signature)
    }

    func digest(_ number: UInt64) -> Digest {
        let tail = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        return Digest(checkedBytes: [UInt8](repeating: 0, count: Digest.length - tail.count) + tail)
    }

    func demand(_ digest: Digest, by payer: Address, seconds: UInt64, cores: UInt32, budget: Amount) -> Demand {
        var demand = demand
        (demand.demandID, demand.buyer, demand.durationSeconds, demand.budget) = (digest, payer, seconds, budget)
        demand.resources.cores = cores
        demand.resources.memoryBytes = 1 << 30
        return demand
    }
}
