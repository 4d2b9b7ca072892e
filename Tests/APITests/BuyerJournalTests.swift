import Foundation
import GCXModel
import GCXSigning
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXWire

/// What a disk, or a hand, may make of a buyer's journal.
@Suite("A buyer's journal that is not what was written", .timeLimit(.minutes(2))) struct BuyerJournalTests {
    let lease: SampleLease
    let receipts: [Signed<Receipt>]

    init() {
        lease = SampleLease()
        receipts = lease.receipts(4, final: true)
    }

    private var record: BuyerRecord {
        BuyerRecord(lease: lease.id, receipt: receipts[1], voucher: voucher(receipts[1]))
    }

    func voucher(
        _ receipt: Signed<Receipt>, _ key: PrivateKey? = nil, _ edit: (inout Voucher) -> Void = { _ in }
    ) -> Signed<Voucher> {
        var voucher = Voucher(
            channel: lease.id, cumulative: receipt.document.amount, receipt: receipt.digest(in: lease.domain))
        edit(&voucher)
        return Signed(voucher, by: key ?? lease.session, in: lease.domain)
    }

    @Test("cut at any byte it is no journal, and never one without promises")
    func torn() async throws {
        try await withScratch { directory in
            let bytes = try WireJSON.encode(record)
            let file = URL(filePath: directory + "/journal")
            let journal = FileBuyerJournal(file.path)
            for length in bytes.indices {
                try Data(bytes[..<length]).write(to: file)
                let error = #expect(throws: BuyerError.self, "\(length) bytes") { try journal.load() }
                guard case .journalDamaged(file.path, _) = error else {
                    Issue.record("\(length) bytes: \(String(describing: error))")
                    continue
                }
            }
            try Data(bytes).write(to: file)
            #expect(try journal.load() == record)
        }
    }

    @Test("with any byte changed nothing is asked and nothing signed, and no machine is blamed for it")
    func changed() async throws {
        let bytes = try WireJSON.encode(record)
        let agent = ScriptedAgent(lease, .init(receipts: receipts))
        for index in bytes.indices {
            var bytes = bytes
            bytes[index] ^= 1
            // What is no document is the test before this one's.
            guard let record = try? StrictJSON.decode(BuyerRecord.self, from: bytes) else { continue }
            let error = await #expect(throws: BuyerError.self, "byte \(index)") {
                try await Buying(lease, agent, MemoryJournal(record)).run()
            }
            switch error {
            case .journalDamaged, .journalOfAnotherLease: break
            default: Issue.record("byte \(index): \(String(describing: error))")
            }
        }
        #expect(agent.state.withLock { $0.callers.isEmpty && $0.vouchers.isEmpty })
        _ = try await Buying(lease, agent, MemoryJournal(record)).run()
        #expect(agent.state.withLock { $0.vouchers.map(\.document.cumulative) } == [60, 120])
    }

    /// Records that are whole documents, each with one thing that no session wrote.
    static let others: [(name: String, edit: @Sendable (BuyerJournalTests, inout BuyerRecord) -> Void)] = [
        ("a voucher of a unit more", { $1.voucher = $0.voucher($0.receipts[1]) { $0.cumulative = 61 } }),
        ("a voucher for another receipt", { $1.voucher = $0.voucher($0.receipts[0]) }),
        ("a voucher for another lease", { $1.voucher = $0.voucher($0.receipts[1]) { $0.channel = .random() } }),
        ("a voucher that the payer signed", { $1.voucher = $0.voucher($0.receipts[1], $0.lease.payer) }),
        ("a voucher without a receipt", { $1.receipt = nil }),
        (
            "a receipt that another machine signed",
            { test, record in
                let receipt = Signed(test.receipts[1].document, by: .generate(), in: test.lease.domain)
                (record.receipt, record.voucher) = (receipt, test.voucher(receipt))
            }
        ),
        (
            "a receipt of another lease",
            { test, record in
                var receipt = test.receipts[1].document
                receipt.lease = .random()
                (record.receipt, record.voucher) = (test.lease.sign(receipt), nil)
            }
        ),
    ]

    @Test("a promise that no session of this lease wrote is not kept", arguments: others.indices)
    func foreign(_ index: Int) async throws {
        var record = record
        Self.others[index].edit(self, &record)
        let agent = ScriptedAgent(lease, .init(receipts: receipts))
        let error = await #expect(throws: BuyerError.self) {
            try await Buying(lease, agent, MemoryJournal(record)).run()
        }
        guard case .journalDamaged("memory", let reason) = error else {
            Issue.record("\(Self.others[index].name): \(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty && agent.state.withLock { $0.callers.isEmpty && $0.vouchers.isEmpty })
    }

    @Test("a receipt without its voucher, as an older journal may have it, is gone on from")
    func without() async throws {
        var record = record
        record.voucher = nil
        let agent = ScriptedAgent(lease, .init(receipts: receipts))
        let buying = Buying(lease, agent, MemoryJournal(record))
        _ = try await buying.run()
        #expect(buying.accepted == [3, 4])
    }
}
