import GCXModel
import GCXSigning
import Support
import Testing

@testable import GCXAgent

@Suite("Admission of a lease")
struct AdmissionTests {
    let world: TestWorld
    let offer: Offer
    let digest: Digest
    let admission: Admission

    init() throws {
        world = try TestWorld()
        offer =
            world.offer(grant: .zero) {
                $0.capacity = Resources(cores: 4, memoryBytes: 4 << 30, storageBytes: 4 << 30, gpus: 0)
            }
            .document
        digest = offer.digest(in: world.domain)
        admission = Admission(offer: offer, offerDigest: digest, machine: world.machine.address, now: world.clock.now)
    }

    private func terms(_ edit: (inout LeaseTerms) -> Void = { _ in }) -> LeaseTerms {
        world.terms(offer: digest, demand: .random(), edit)
    }

    @Test("terms made from the offer are admitted, up to the last core")
    func good() throws {
        try admission.check(terms(), beside: [])
        try admission.check(terms(), beside: [terms()])
    }

    @Test("a device has one owner at a time, and is free again with its lease")
    func devices() throws {
        let machine = MachineMap(cores: nil, devices: ["a/b=0", "a/b=1"])
        let one = terms { $0.resources.gpus = 1 }
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
        ("machine or payee", { $0.payee = $0.payer }),
        ("machine or payee", { $0.machine = $0.payer }),
        (
            "rates",
            {
                $0.rates = Rates(
                    leaseHour: 1, coreHour: 1, memoryGiBHour: 1, gpuHour: 1, storageGiBHour: 1, egressGiB: 1)
            }
        ),
        ("receipt interval", { $0.receiptSeconds += 1 }),
        ("grace", { $0.graceSeconds += 1 }),
        ("close window", { $0.closeWindowSeconds += 1 }),
        ("the credit of", { $0.creditLimit = Amount(101) }),
        ("the deposit of 0", { $0.deposit = .zero }),
        ("the burst of", { $0.burst = Amount(1) }),
        ("hourly cap", { $0.hourlyCap = Amount(1) }),
        ("over before it begins", { $0.endsAt = $0.startsAt }),
        ("outside 60 to 3600 s", { $0.endsAt = $0.startsAt + 59 }),
        ("outside 60 to 3600 s", { $0.endsAt = $0.startsAt + 3_601 }),
        ("outside 60 to 3600 s", { $0.endsAt = .max }),
        ("leaves the offer's window", { ($0.startsAt, $0.endsAt) = ($0.startsAt + 14_000, $0.endsAt + 14_000) }),
        ("no cores or no memory", { $0.resources.cores = 0 }),
        ("no job starts with less", { $0.resources.memoryBytes = 1 << 20 }),
        ("no job starts with less", { $0.resources.storageBytes = 0 }),
        ("they ask for 5 cores", { $0.resources.cores = 5 }),
        ("bytes of memory", { $0.resources.memoryBytes = .max }),
        ("bytes of storage", { $0.resources.storageBytes = 5 << 30 }),
        ("1 GPUs", { $0.resources.gpus = 1 }),
    ]

    @Test("terms that differ in one thing are refused, with the thing and a remedy", arguments: wrong.indices)
    func refused(index: Int) throws {
        let (word, edit) = Self.wrong[index]
        let error = #expect(throws: AgentError.self) {
            try admission.check(
                terms { terms in
                    edit(&terms)
                    // Whatever is asked for, money is not what is missing.
                    if !word.hasPrefix("the ") { terms.burst = Amount(.max) }
                    if word != "hourly cap" { terms.hourlyCap = Amount(UInt128(UInt64.max)) }
                }, beside: [])
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
        let error = #expect(throws: AgentError.self) { try admission.check(terms(), beside: [terms(), terms()]) }
        #expect(error?.description.contains("0 of 4 are free") == true)
        #expect(throws: AgentError.self) {
            try admission.check(terms(), beside: Array(repeating: terms(), count: AgentLimits.leasesMax))
        }
    }

    @Test("a buyer on the deny list, and one missing from an allow list, are refused")
    func lists() throws {
        for edit: (inout Offer) -> Void in [
            { $0.deny = [world.buyer.address] }, { $0.allow = [world.stranger.address] },
        ] {
            var offer = offer
            edit(&offer)
            let admission = Admission(
                offer: offer, offerDigest: digest, machine: world.machine.address, now: world.clock.now)
            let error = #expect(throws: AgentError.self) { try admission.check(terms(), beside: []) }
            #expect(error?.description.contains("lists leave out") == true)
        }
    }

    @Test("an offer that has expired admits nothing")
    func expired() throws {
        let late = Admission(
            offer: offer, offerDigest: digest, machine: world.machine.address, now: offer.expiresAt)
        let error = #expect(throws: AgentError.self) { try late.check(terms(), beside: []) }
        #expect(error?.description.contains("expired") == true)
    }

    @Test("what others hold is summed up, however much that is")
    func heldBeyondAll() throws {
        let huge = terms { $0.resources = Resources(cores: 1, memoryBytes: .max, storageBytes: 0, gpus: 0) }
        let error = #expect(throws: AgentError.self) { try admission.check(terms(), beside: [huge, huge]) }
        #expect(error?.description.contains("bytes of memory") == true)
    }
}
