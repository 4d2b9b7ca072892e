import GCXLinux
import GCXMetering
import GCXModel
import GCXSigning
import GCXWire
import Synchronization
import Testing

@testable import GCXBuyer

@Suite(.timeLimit(.minutes(1))) struct BuyerSessionTests {
    let lease = SampleLease()

    @Test("good receipts are answered by vouchers of the session key, the last one for everything")
    func good() async throws {
        let receipts = lease.receipts(3, final: true)
        let agent = ScriptedAgent(lease, .init(receipts: receipts))
        try await attached(agent) { buying in
            let status = try await buying.run()
            #expect(status == lease.status())
            #expect(buying.accepted == [1, 2, 3])
            let voucher = try #require(agent.state.withLock { $0.vouchers.last })
            #expect(try voucher.signer(in: lease.domain) == lease.session.address)
            #expect(
                voucher.document
                    == Voucher(channel: lease.id, cumulative: 90, receipt: receipts[2].digest(in: lease.domain)))
            #expect(buying.events.withLock { $0.suffix(2) } == [.voucherSent(voucher.document), .finished(status)])
        }
    }

    @Test("receipts that come one by one are answered one by one")
    func oneByOne() async throws {
        let receipts = lease.receipts(4, final: true)
        let agent = ScriptedAgent(lease)
        try await attached(agent) { buying in
            async let status = buying.run()
            for (index, receipt) in receipts.enumerated() {
                agent.state.withLock { $0.receipts.append(receipt) }
                while agent.state.withLock({ $0.vouchers.count <= index }) {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            _ = try await status
            #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == [30, 60, 90, 120])
        }
    }

    static let tamperings: [(name: String, apply: @Sendable (inout Receipt) -> Void)] = [
        ("lease", { $0.lease = .random() }), ("sequence", { $0.sequence += 1 }),
        ("previous", { $0.previous = .random() }),
        ("bootID", { $0.bootID = "\($0.bootID)0" }), ("periodStart", { $0.periodStartNanoseconds += 1 }),
        ("periodEnd", { $0.periodEndNanoseconds += 1 }), ("issuedAt", { $0.issuedAt += 1 }),
        ("leaseNanoseconds", { $0.usage.leaseNanoseconds += 1 }),
        ("coreNanoseconds", { $0.usage.coreNanoseconds += 1 }),
        ("memory", { $0.usage.memoryByteSeconds = ByteSeconds(UInt128(1)) }), ("gpu", { $0.usage.gpuNanoseconds += 1 }),
        ("storage", { $0.usage.storageByteSeconds = ByteSeconds(UInt128(1)) }),
        ("egress", { $0.usage.egressBytes += 1 }),
        ("amount", { $0.amount = Amount($0.amount.value + 1) }), ("logDigest", { $0.logDigest = .random() }),
        ("samplesDigest", { $0.samplesDigest = .random() }), ("isFinal", { $0.isFinal.toggle() }),
        ("events", { $0.events.append("x") }),
    ]

    @Test("a receipt with one field changed is refused and no voucher leaves", arguments: tamperings.indices)
    func tampered(_ index: Int) async throws {
        let original = lease.receipts(1)[0]
        var changed = original.document
        Self.tamperings[index].apply(&changed)
        #expect(changed != original.document)
        try await refused(Signed(document: changed, signature: original.signature), "signed by")
    }

    @Test("the tamperings cover every field of a receipt and its usage")
    func tamperingsAreComplete() {
        let receipt = lease.receipts(1)[0].document
        let fields = Mirror(reflecting: receipt).children.count - 1 + Mirror(reflecting: receipt.usage).children.count
        #expect(Self.tamperings.count == fields)
    }

    @Test("a receipt of another machine, ledger, lease or place in the chain is refused")
    func foreign() async throws {
        let first = lease.receipts(1)[0].document
        try await refused(Signed(first, by: .generate(), in: lease.domain), "signed by")
        try await refused(Signed(first, by: lease.machine, in: .embedded(operator: .random())), "signed by")
        try await refused(lease.sign(lease.receipt(1, previous: .random(), isFinal: false)), "digest of the one before")
        try await refused(lease.receipts(2)[1], "came where 1 was due")
        try await refused(SampleLease().receipts(1)[0], "signed by")
    }

    @Test("a receipt that counts more time than has passed is refused, whatever the rules say")
    func clock() async throws {
        let soon = lease.terms.startsAt
        let tolerance = MeteringLimits.clockToleranceNanoseconds
        try await refused(lease.sign(aged(tolerance + 1)), "lease time", now: soon)
        // It was opened a minute before its start, in which nothing can have run.
        try await refused(lease.sign(aged(60_000_000_000)), "lease time", openedAt: soon - 60, now: soon)
        let agent = ScriptedAgent(lease, .init(receipts: [lease.sign(aged(tolerance))]))
        try await attached(agent) { buying in
            async let status = buying.run(now: soon)
            while agent.state.withLock({ $0.vouchers.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
            agent.state.withLock { $0.phase = .closed }
            _ = try await status
        }
    }

    private func aged(_ nanoseconds: UInt64) -> Receipt {
        var receipt = lease.receipt(1, previous: .zero, isFinal: false)
        receipt.usage.leaseNanoseconds = nanoseconds
        receipt.usage.coreNanoseconds = 0
        receipt.amount = Amount(UInt128(nanoseconds / 1_000_000_000))
        return receipt
    }

    /// What a dishonest machine would sign: the amount fits the usage, or only nearly.
    static let dishonest: [(reason: String, apply: @Sendable (inout Receipt) -> Void)] = [
        ("comes to", { $0.amount = Amount($0.amount.value + 1) }),
        ("comes to", { $0.amount = Amount($0.amount.value - 1) }),
        ("CPU time", { ($0.usage.coreNanoseconds, $0.amount) = (7_300_000_000_000, 14_610) }),
        ("GPU time", { $0.usage.gpuNanoseconds = 1 }),
        ("memory", { $0.usage.memoryByteSeconds = ByteSeconds(UInt128(10 << 30) + 1) }),
        ("storage", { $0.usage.storageByteSeconds = ByteSeconds(UInt128(10 << 30) + 1) }),
        ("period", { $0.periodStartNanoseconds = $0.periodEndNanoseconds + 1 }),
        ("events", { $0.events = Array(repeating: "x", count: Limits.receiptEventsMax + 1) }),
    ]

    @Test("a receipt that its machine signed but that breaks a rule is refused", arguments: dishonest.indices)
    func rules(_ index: Int) async throws {
        var receipt = lease.receipts(1)[0].document
        Self.dishonest[index].apply(&receipt)
        try await refused(lease.sign(receipt), Self.dishonest[index].reason)
    }

    @Test("a receipt beyond the deposit is refused")
    func deposit() async throws {
        try await refused(lease.receipts(1)[0], "the deposit is 29", deposit: 29)
    }

    @Test("a receipt beyond the first deposit is good when the lease was topped up meanwhile")
    func toppedUp() async throws {
        let agent = ScriptedAgent(lease, .init(receipts: lease.receipts(3, final: true)))
        try await attached(agent) { buying in
            _ = try await buying.run(deposit: 29, toppedUp: 90)
            #expect(buying.accepted == [1, 2, 3] && buying.refusals.isEmpty)
        }
    }

    @Test("what came before a bad receipt is paid for, what comes after is not, and the evidence is kept")
    func prefix() async throws {
        let good = lease.receipts(2)
        let bad = lease.sign(lease.receipt(3, previous: .random(), isFinal: false))
        let agent = ScriptedAgent(lease, .init(receipts: good + [bad]))
        try await attached(agent) { buying in
            let error = await #expect(throws: BuyerError.self) { try await buying.run() }
            guard case .receiptRefused(lease.id, sequence: 3, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == [60])
            let record = try #require(try buying.journal.load())
            #expect(record.receipt == good[1])
            #expect(record.refused?.receipt == bad)
            // Attaching again changes nothing.
            await #expect(throws: BuyerError.self) { try await buying.run() }
            #expect(agent.state.withLock { Set($0.vouchers.map(\.document.cumulative)) } == [60])
        }
    }

    @Test("a lease that closes without another receipt ends the session")
    func closed() async throws {
        let agent = ScriptedAgent(lease, .init(phase: .closed))
        try await attached(agent) { buying in
            let status = try await buying.run()
            #expect(status.phase == .closed)
            #expect(buying.events.withLock { $0 } == [.finished(lease.status(.closed))])
        }
    }

    @Test("a lease that its job left open ends the session once its last receipt is answered, and the next job goes on")
    func openAgain() async throws {
        let receipts = lease.receipts(4, final: true)
        let agent = ScriptedAgent(lease, .init(receipts: Array(receipts[..<2]), phase: .open, jobs: 1))
        try await attached(agent) { buying in
            #expect(try await buying.run().isOpenAgain)
            #expect(buying.accepted == [1, 2])
            #expect(agent.state.withLock { $0.vouchers.last?.document.cumulative } == 60)
            agent.state.withLock { ($0.receipts, $0.phase, $0.jobs) = (receipts, .settling, 2) }
            let end = try await buying.run()
            #expect(buying.accepted == [1, 2, 3, 4] && end.phase == .settling)
            #expect(agent.state.withLock { $0.vouchers.last?.document.cumulative } == 120)
        }
    }

    @Test("an open lease without a job, or with a receipt to come, is waited for")
    func notYet() async throws {
        let receipts = lease.receipts(2)
        let agent = ScriptedAgent(lease, .init(phase: .open, jobs: 0))
        try await attached(agent) { buying in
            async let status = buying.run()
            try await Task.sleep(for: .milliseconds(100))
            #expect(buying.events.withLock { $0.isEmpty })
            // Between a page of receipts and the status, a job may end.
            agent.state.withLock { ($0.receiptsSaid, $0.jobs) = (2, 1) }
            try await Task.sleep(for: .milliseconds(300))
            #expect(buying.events.withLock { $0.isEmpty })
            agent.state.withLock { $0.receipts = receipts }
            #expect(try await status.isOpenAgain)
            #expect(buying.accepted == [1, 2])
        }
    }

    private func refused(
        _ receipt: Signed<Receipt>, _ reason: String, deposit: Amount? = nil, openedAt: UInt64? = nil,
        now: UInt64? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let agent = ScriptedAgent(lease, .init(receipts: [receipt]))
        try await attached(agent) { buying in
            let error = await #expect(throws: BuyerError.self, sourceLocation: sourceLocation) {
                try await buying.run(deposit: deposit, openedAt: openedAt, now: now)
            }
            guard case .receiptRefused = error else {
                Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
                return
            }
            #expect(agent.state.withLock { $0.vouchers }.isEmpty, sourceLocation: sourceLocation)
            let record = try buying.journal.load()
            #expect(record?.voucher == nil, sourceLocation: sourceLocation)
            #expect(
                buying.refusals.count == 1 && buying.refusals.allSatisfy { $0.contains(reason) },
                "\(buying.refusals)", sourceLocation: sourceLocation)
        }
    }

    private func attached(_ agent: ScriptedAgent, _ body: (Buying) async throws -> Void) async throws {
        try await withScratch { directory in try await body(Buying(lease, agent, in: directory)) }
    }
}
