import GCXAgent
import GCXModel
import GCXSigning
import Support
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXWire

/// What a machine hands to its buyer, and how far the buyer goes along.
struct ReceiptStory: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let accepted: [UInt64]
    /// A word of why the buyer stops; nil when it does not.
    let says: String?
    /// Made of four good receipts, of which the last is the final one.
    let pages: @Sendable (SampleLease, _ good: [Signed<Receipt>]) -> [[Signed<Receipt>]]

    init(
        _ name: String, accepted: [UInt64], says: String?,
        _ pages: @escaping @Sendable (SampleLease, [Signed<Receipt>]) -> [[Signed<Receipt>]]
    ) {
        (testDescription, self.accepted, self.says, self.pages) = (name, accepted, says, pages)
    }

    /// Two good receipts, and the third as somebody made it.
    private static func third(
        _ name: String, _ says: String?, _ edit: @escaping @Sendable (inout Receipt) -> Void
    ) -> ReceiptStory {
        ReceiptStory(name, accepted: says == nil ? [1, 2, 3] : [1, 2], says: says) { lease, good in
            var bad = good[2].document
            edit(&bad)
            return [Array(good[..<2]), [lease.sign(bad)]]
        }
    }

    static let all: [ReceiptStory] = order + figures + keys

    private static let order = [
        ReceiptStory("all in one page", accepted: [1, 2, 3], says: nil) { [Array($1[..<3])] },
        ReceiptStory("one at a time", accepted: [1, 2, 3], says: nil) { $1[..<3].map { [$0] } },
        ReceiptStory("one is left out", accepted: [1], says: "came where 2 was due") { [[$1[0], $1[2]]] },
        ReceiptStory("one comes again in the same page", accepted: [1], says: "came where 2 was due") {
            [[$1[0], $1[0]]]
        },
        ReceiptStory("one comes again in the next page", accepted: [1, 2], says: "came where 3 was due") {
            [Array($1[..<2]), [$1[1]]]
        },
        ReceiptStory("it goes back to the first", accepted: [1, 2], says: "came where 3 was due") {
            [Array($1[..<2]), [$1[0]]]
        },
        ReceiptStory("the first is the second", accepted: [], says: "came where 1 was due") { [[$1[1]]] },
        ReceiptStory("two follow on the same one", accepted: [1, 2], says: "came where 3 was due") { lease, good in
            var other = good[1].document
            other.logDigest = .random()
            return [Array(good[..<2]), [lease.sign(other)]]
        },
        ReceiptStory("one comes after the final one", accepted: [1], says: "after the final one") { lease, _ in
            let final = lease.receipts(1, final: true)[0]
            return [[final, lease.sign(lease.receipt(2, previous: final.digest(in: lease.domain), isFinal: false))]]
        },
        third("its number is the largest there is", "came where 3 was due") { $0.sequence = .max },
        third("its number is none", "came where 3 was due") { $0.sequence = 0 },
        third("it follows on another", "digest of the one before") { $0.previous = .random() },
        third("it is of another lease", "is for lease") { $0.lease = .random() },
    ]

    private static let figures = [
        third("as it has to be", nil) { _ in },
        third("a unit too much", "comes to 90") { $0.amount = 91 },
        third("a unit too little", "comes to 90") { $0.amount = 89 },
        third("the most there is", "comes to 90") { $0.amount = Amount(.max) },
        third("nothing", "comes to 90") { $0.amount = 0 },
        third("its usage falls, and the amount with it", "fell from") {
            ($0.usage.leaseNanoseconds, $0.usage.coreNanoseconds, $0.amount) = (10_000_000_000, 10_000_000_000, 30)
        },
        third("its CPU time falls", "CPU time fell") { ($0.usage.coreNanoseconds, $0.amount) = (19_999_999_999, 69) },
        third("its usage stays", nil) {
            ($0.usage.leaseNanoseconds, $0.usage.coreNanoseconds, $0.amount) = (20_000_000_000, 20_000_000_000, 60)
        },
        third("its usage is the most there is", "cannot be priced|comes to|beyond") {
            ($0.usage.leaseNanoseconds, $0.usage.coreNanoseconds) = (.max, .max)
        },
        third("there is a hole in its time", "does not follow") { $0.periodStartNanoseconds += 1 },
        third("its time laps over", "does not follow") { $0.periodStartNanoseconds -= 1 },
        third("the machine was started anew", nil) {
            ($0.bootID, $0.periodStartNanoseconds, $0.periodEndNanoseconds) = ("other", 5, 6)
        },
        third("its time runs backwards after a new start", "does not follow") {
            ($0.bootID, $0.periodStartNanoseconds, $0.periodEndNanoseconds) = ("other", 6, 5)
        },
    ]

    private static func signed(
        _ name: String, _ sign: @escaping @Sendable (SampleLease, Receipt) -> Signed<Receipt>
    ) -> ReceiptStory {
        ReceiptStory(name, accepted: [1, 2], says: "signed by") { lease, good in
            [Array(good[..<2]), [sign(lease, good[2].document)]]
        }
    }

    private static let keys = [
        signed("another machine signs") { Signed($1, by: .generate(), in: $0.domain) },
        signed("the buyer's own session key signs") { Signed($1, by: $0.session, in: $0.domain) },
        signed("the payer signs") { Signed($1, by: $0.payer, in: $0.domain) },
        signed("it is signed for another ledger") { Signed($1, by: $0.machine, in: .embedded(operator: .random())) },
        signed("its signature is of the receipt before") { lease, document in
            Signed(document: document, signature: lease.receipts(2)[1].signature)
        },
    ]
}

@Suite("How far a buyer goes along", .timeLimit(.minutes(2))) struct BuyerMachineTests {
    /// Runs a session to where it stops by itself; a machine with nothing left to say has closed the lease.
    private func run(_ lease: SampleLease, _ pages: [[Signed<Receipt>]], _ journal: any BuyerJournal) async -> (
        buying: Buying, agent: ScriptedAgent, error: BuyerError?
    ) {
        let agent = ScriptedAgent(lease, .init(phase: .closed, pages: pages))
        let buying = Buying(lease, agent, journal)
        do throws(BuyerError) {
            _ = try await buying.run()
            return (buying, agent, nil)
        } catch {
            return (buying, agent, error)
        }
    }

    @Test(
        "it answers what follows on what it took, to the unit, and stops where that ends", arguments: ReceiptStory.all)
    func stories(_ story: ReceiptStory) async throws {
        let lease = SampleLease()
        let (good, journal) = (lease.receipts(4, final: true), MemoryJournal())
        let (buying, agent, error) = await run(lease, story.pages(lease, good), journal)
        #expect(buying.accepted == story.accepted)
        let vouchers = agent.state.withLock { $0.vouchers }
        let owed = buying.events.withLock { events in
            events.compactMap { event -> Receipt? in
                if case .receiptAccepted(let receipt) = event { receipt } else { nil }
            }
        }
        #expect(vouchers.last?.document.cumulative == owed.last?.amount)
        #expect(Set(vouchers.map(\.document.cumulative)).isSubset(of: Set(owed.map(\.amount))))
        for voucher in vouchers { #expect(try voucher.signer(in: lease.domain) == lease.session.address) }
        let record = try journal.load()
        #expect(record?.receipt?.document == owed.last && record?.voucher == vouchers.last)
        guard let says = story.says else {
            #expect(error == nil && record?.refused == nil)
            return
        }
        guard case .receiptRefused(lease.id, _, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(says.split(separator: "|").contains { reason.contains($0) }, "\(reason)")
        #expect(record?.refused?.reason == reason && error?.remedy.instruction.contains("gcx lease close") == true)
        // The machine comes to its senses: what it says now is held against what was taken, and the evidence stays.
        guard record?.receipt?.document.isFinal != true else { return }
        let rest = good.filter { $0.document.sequence > record?.receipt?.document.sequence ?? 0 }
        let again = await run(lease, [rest], journal)
        #expect(again.error == nil && again.agent.state.withLock { $0.vouchers.last?.document.cumulative } == 120)
        #expect(try journal.load()?.refused?.reason == reason)
    }

    @Test(
        "of receipts in any order, with any of them false, it answers the good beginning alone",
        arguments: 1...60 as ClosedRange<UInt64>)
    func anyOrder(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let lease = SampleLease()
        let good = lease.receipts(8)
        var (script, expected, isGood) = ([Signed<Receipt>](), [UInt64](), true)
        for index in 0..<8 {
            var receipt = good[index]
            switch Int.random(in: 0..<12, using: &random) {
            case 0: receipt = good[Int.random(in: 0..<8, using: &random)]
            case 1:
                var changed = receipt.document
                changed.amount = Amount(changed.amount.value + UInt128.random(in: 1...3, using: &random))
                receipt = lease.sign(changed)
            case 2: receipt = Signed(receipt.document, by: lease.payer, in: lease.domain)
            default: break
            }
            isGood = isGood && receipt == good[index]
            if isGood { expected.append(UInt64(index) + 1) }
            script.append(receipt)
        }
        let cut = Int.random(in: 0...8, using: &random)
        let pages = [Array(script[..<cut]), Array(script[cut...])].filter { !$0.isEmpty }
        let (buying, agent, error) = await run(lease, pages, MemoryJournal())
        #expect(buying.accepted == expected && (error == nil) == (expected.count == 8), "seed \(seed)")
        let vouchers = agent.state.withLock { $0.vouchers.map(\.document.cumulative) }
        #expect(vouchers == vouchers.sorted() && (vouchers.last ?? 0) == Amount(UInt128(expected.count * 30)))
    }

    @Test(
        "no voucher leaves for more than the rate cap has let grow or the deposit covers",
        arguments: [(30, 30, true), (29, 30, false), (30, 29, false), (1_000, 30, true)] as [(UInt64, UInt64, Bool)])
    func bounds(burst: UInt64, deposit: UInt64, isTaken: Bool) async throws {
        let lease = SampleLease {
            ($0.burst, $0.hourlyCap, $0.deposit) = (Amount(UInt128(burst)), 0, Amount(UInt128(deposit)))
        }
        let (_, agent, error) = await run(lease, [lease.receipts(1)], MemoryJournal())
        #expect((error == nil) == isTaken, "\(String(describing: error))")
        #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == (isTaken ? [30] : []))
    }

    @Test("a key that the lease does not name signs nothing, for its voucher would be refused for ever")
    func otherKey() async throws {
        let lease = SampleLease()
        let agent = ScriptedAgent(lease, .init(receipts: lease.receipts(2, final: true)))
        let buying = Buying(lease, agent, MemoryJournal())
        let error = BuyerError.notTheSessionKey(lease.payer.address, named: lease.session.address)
        await #expect(throws: error) { try await buying.run(key: lease.payer) }
        #expect(error.remedy.instruction.contains("--session-key"))
        #expect(try buying.journal.load() == nil && agent.state.withLock { $0.callers.isEmpty && $0.vouchers.isEmpty })
        _ = try await buying.run()
        #expect(agent.state.withLock { $0.vouchers.last?.document.cumulative } == 60)
    }
}
