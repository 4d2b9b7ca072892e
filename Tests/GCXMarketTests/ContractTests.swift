import GCXModel
import GCXPricing
import Testing

@testable import GCXMarket

@Suite("The money of a lease") struct ContractTests {
    static let rates = Rates(
        leaseHour: 0, coreHour: 36_000_000, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)
    static let (payer, payee, machine, session) = (party(1), party(2), party(3), party(4))

    private static func party(_ byte: UInt8) -> Address { Address(checkedBytes: [UInt8](repeating: byte, count: 20)) }

    /// A core costs 10,000 a second, a receipt comes every ten, and a ceiling is a unit above what it comes to.
    static func terms(_ edit: (inout LeaseTerms) -> Void = { _ in }) -> LeaseTerms {
        var terms = LeaseTerms(
            offer: .zero, demand: .zero, payer: .zero, payee: .zero, machine: .zero, session: .zero,
            resources: Resources(cores: 1, memoryBytes: 1 << 30, storageBytes: 0, gpus: 0), rates: rates,
            startsAt: 1_000, endsAt: 4_600, deposit: 36_300_000, burst: 400_002, hourlyCap: 36_000_001,
            closeWindowSeconds: 60, receiptSeconds: 10, creditLimit: 300_001, graceSeconds: 30, salt: .zero)
        edit(&terms)
        return terms
    }

    private func faults(creditMax: Amount = 300_001, _ edit: (inout LeaseTerms) -> Void = { _ in }) throws
        -> [TermsFault]
    {
        try LeaseMoney(Self.terms(edit)).faults(creditMax: creditMax)
    }

    @Test("terms at their bounds are good")
    func good() throws {
        #expect(try faults().isEmpty)
        #expect(try faults { $0.deposit = 300_001 }.isEmpty)
        // A lease shorter than a few receipts is covered by what it costs.
        #expect(try faults { ($0.deposit, $0.endsAt) = (150_001, 1_015) }.isEmpty)
    }

    /// One thing wrong, and what is said of it.
    struct Wrong: Sendable {
        let fault: TermsFault
        let edit: @Sendable (inout LeaseTerms) -> Void

        init(_ fault: TermsFault, _ edit: @escaping @Sendable (inout LeaseTerms) -> Void) {
            (self.fault, self.edit) = (fault, edit)
        }
    }

    static let faulty: [Wrong] = [
        Wrong(.burst(0, least: 400_002)) { $0.burst = 0 },
        Wrong(.burst(400_001, least: 400_002)) { $0.burst = 400_001 },
        Wrong(.hourlyCap(36_000_000, least: 36_000_001)) { $0.hourlyCap = 36_000_000 },
        Wrong(.deposit(1, least: 300_001)) { $0.deposit = 1 },
        Wrong(.credit(300_002, most: 300_001)) { ($0.creditLimit, $0.burst) = (300_002, 400_003) },
        Wrong(.deposit(150_000, least: 150_001)) { ($0.deposit, $0.endsAt) = (150_000, 1_015) },
    ]

    @Test("one thing wrong is told with its bound", arguments: faulty)
    func isTold(_ wrong: Wrong) throws {
        #expect(try faults(wrong.edit) == [wrong.fault])
        #expect(!wrong.fault.remedy.isEmpty)
    }

    @Test("a lease for nothing still puts something into escrow")
    func free() throws {
        let free = Rates(leaseHour: 0, coreHour: 0, memoryGiBHour: 0, gpuHour: 0, storageGiBHour: 0, egressGiB: 0)
        #expect(try faults { ($0.rates, $0.deposit) = (free, 0) } == [.deposit(0, least: 1)])
    }

    @Test("the credit is three receipts of the lease, and no more than the offer gives")
    func credit() throws {
        let resources = Self.terms().resources
        #expect(try LeaseMoney.credit(resources, rates: Self.rates, receiptSeconds: 10, most: 10_000_000) == 300_001)
        #expect(try LeaseMoney.credit(resources, rates: Self.rates, receiptSeconds: 10, most: 5) == 5)
    }

    @Test("a rate cap grows from the start, and stands still where somebody asked to close")
    func cap() {
        var cap = RateCap(burst: 10, hourly: 3_600, from: 100, until: nil)
        #expect(cap.allowed(at: 0) == 10 && cap.allowed(at: 100) == 10 && cap.allowed(at: 160) == 70)
        cap.until = 130
        #expect(cap.allowed(at: 120) == 30 && cap.allowed(at: 160) == 40 && cap.allowed(at: .max) == 40)
        cap.until = 50
        #expect(cap.allowed(at: 160) == 10)
        #expect(RateCap(burst: 10, hourly: Amount(.max), from: 0, until: nil).allowed(at: .max) == Amount(.max))
    }
}
