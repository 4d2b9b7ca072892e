import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("Admission of a lease")
struct AdmissionTests {
    let world: TestWorld
    let offer: Offer
    let digest: Digest

    init() throws {
        world = try TestWorld()
        offer =
            world.offer(grant: .zero) {
                $0.capacity = Resources(cores: 4, memoryBytes: 4 << 30, storageBytes: 4 << 30, gpus: 0)
            }
            .document
        digest = offer.digest(in: world.domain)
    }

    /// The admission of terms whose demand asks for just what they say.
    private func admission(of terms: LeaseTerms, offer: Offer? = nil, now: UInt64? = nil) -> Admission {
        let demand = world.demand {
            ($0.resources, $0.budget, $0.hourlyMax) = (terms.resources, Amount(.max), Amount(.max))
            ($0.startsFrom, $0.startsUntil) = (0, .max)
            $0.durationSeconds = terms.endsAt &- terms.startsAt
        }
        return Admission(
            offer: offer ?? self.offer, offerDigest: digest, demand: demand.document, machine: world.machine.address,
            now: now ?? world.clock.now)
    }

    private func check(_ terms: LeaseTerms, beside holders: [LeaseTerms] = []) throws {
        try admission(of: terms).check(terms, beside: holders)
    }

    private func terms(_ edit: (inout LeaseTerms) -> Void = { _ in }) -> LeaseTerms {
        world.terms(offer: digest, demand: .random(), edit)
    }

    @Test("terms made from the offer are admitted, up to the last core")
    func good() throws {
        try check(terms())
        try check(terms(), beside: [terms()])
    }

    @Test("a device has one owner at a time, and is free again with its lease")
    func devices() throws {
        let machine = MachineMap(cores: nil, devices: ["a/b=0", "a/b=1"])
        let one = terms { $0.resources.gpus = 1 }
        let admission = admission(of: one)
        let first = try admission.place(one, on: machine, beside: [])
        let second = try admission.place(one, on: machine, beside: [first])
        #expect(first.devices == ["a/b=0"] && second.devices == ["a/b=1"])
        #expect(throws: AgentError.self) { try admission.place(one, on: machine, beside: [first, second]) }
        #expect(try admission.place(one, on: machine, beside: [second]).devices == ["a/b=0"])
        #expect(try admission.place(terms(), on: machine, beside: [first, second]).devices.isEmpty)
    }

    /// One thing wrong each, and a word of the refusal.
    static let wrong: [(String, @Sendable (inout LeaseTerms) -> Void)] = [
        ("they name offer", { $0.offer = .random() }),
        ("their payee is", { $0.payee = $0.session }),
        ("their machine is", { $0.machine = $0.session }),
        (
            "their rates is",
            {
                $0.rates = Rates(
                    leaseHour: 1, coreHour: 1, memoryGiBHour: 1, gpuHour: 1, storageGiBHour: 1, egressGiB: 1)
            }
        ),
        ("their receiptSeconds is", { $0.receiptSeconds += 1 }),
        ("their graceSeconds is", { $0.graceSeconds += 1 }),
        ("their closeWindowSeconds is", { $0.closeWindowSeconds += 1 }),
        ("their creditLimit is 101, and the offer says 100 or less", { $0.creditLimit = Amount(101) }),
        ("the deposit of 0", { $0.deposit = .zero }),
        ("the burst of", { $0.burst = Amount(1) }),
        ("hourly cap", { $0.hourlyCap = Amount(1) }),
        ("over before it begins", { $0.endsAt = $0.startsAt }),
        ("length in seconds is 59, and the offer says 60...3600", { $0.endsAt = $0.startsAt + 59 }),
        ("length in seconds is 3601", { $0.endsAt = $0.startsAt + 3_601 }),
        ("length in seconds is", { $0.endsAt = .max }),
        ("their endsAt is", { ($0.startsAt, $0.endsAt) = ($0.startsAt + 14_000, $0.endsAt + 14_000) }),
        ("no cores or no memory", { $0.resources.cores = 0 }),
        ("no job starts with less", { $0.resources.memoryBytes = 1 << 20 }),
        ("no job starts with less", { $0.resources.storageBytes = 0 }),
        ("they ask for 5 cores", { $0.resources.cores = 5 }),
        ("bytes of memory", { $0.resources.memoryBytes = .max }),
        ("bytes of storage", { $0.resources.storageBytes = 5 << 30 }),
        ("1 GPU,", { $0.resources.gpus = 1 }),
    ]

    @Test("terms that differ in one thing are refused, with the thing and a remedy", arguments: wrong.indices)
    func refused(index: Int) throws {
        let (word, edit) = Self.wrong[index]
        let error = #expect(throws: AgentError.self) {
            try check(
                terms { terms in
                    edit(&terms)
                    // Whatever is asked for, money is not what is missing.
                    if !word.hasPrefix("the ") { terms.burst = Amount(.max) }
                    if word != "hourly cap" { terms.hourlyCap = Amount(UInt128(UInt64.max)) }
                })
        }
        guard case .termsRefused(let why, let remedy) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(why.contains(word), "“\(why)” does not say “\(word)”")
        #expect(!remedy.isEmpty)
    }

    @Test("what others hold is not sold again")
    func taken() throws {
        let error = #expect(throws: AgentError.self) { try check(terms(), beside: [terms(), terms()]) }
        #expect(error?.description.contains("0 of 4 are free") == true)
        #expect(throws: AgentError.self) {
            try check(terms(), beside: Array(repeating: terms(), count: AgentLimits.leasesMax))
        }
    }

    @Test("a buyer on the deny list, and one missing from an allow list, are refused")
    func lists() throws {
        for edit: (inout Offer) -> Void in [
            { $0.deny = [world.buyer.address] }, { $0.allow = [world.stranger.address] },
        ] {
            var offer = offer
            edit(&offer)
            let admission = admission(of: terms(), offer: offer)
            let error = #expect(throws: AgentError.self) { try admission.check(terms(), beside: []) }
            #expect(error?.description.contains("the offer's lists") == true)
        }
    }

    @Test("an offer that has expired admits nothing")
    func expired() throws {
        let late = admission(of: terms(), now: offer.expiresAt)
        let error = #expect(throws: AgentError.self) { try late.check(terms(), beside: []) }
        #expect(error?.description.contains("expired") == true)
    }

    @Test("what others hold is summed up, however much that is")
    func heldBeyondAll() throws {
        let huge = terms { $0.resources = Resources(cores: 1, memoryBytes: .max, storageBytes: 0, gpus: 0) }
        let error = #expect(throws: AgentError.self) { try check(terms(), beside: [huge, huge]) }
        #expect(error?.description.contains("bytes of memory") == true)
    }
}
