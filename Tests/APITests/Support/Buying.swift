import GCXModel
import GCXSigning
import Synchronization

@testable import GCXBuyer
@testable import GCXWire

/// A session with its surroundings, and what it reported.
final class Buying: Sendable {
    let lease: SampleLease
    let agent: any AgentOperations
    let journal: any BuyerJournal
    let events = Mutex<[BuyerEvent]>([])

    convenience init(_ lease: SampleLease, _ agent: any AgentOperations, in directory: String) {
        self.init(lease, agent, FileBuyerJournal(directory + "/journal.json"))
    }

    init(_ lease: SampleLease, _ agent: any AgentOperations, _ journal: any BuyerJournal) {
        (self.lease, self.agent, self.journal) = (lease, agent, journal)
    }

    func run(
        deposit: Amount? = nil, toppedUp: Amount? = nil, openedAt: UInt64? = nil, now: UInt64? = nil,
        patience: Duration = .seconds(20), key: PrivateKey? = nil
    ) async throws(BuyerError) -> JobStatus {
        let now = now ?? lease.now
        return try await BuyerSession(
            agent: agent, caller: .owner, terms: lease.terms, domain: lease.domain,
            openedAt: openedAt ?? lease.terms.startsAt, deposit: deposit ?? lease.terms.deposit,
            currentDeposit: { toppedUp },
            key: MemoryCustody(key ?? lease.session), journal: journal, now: { now }, patience: patience
        ) { [self] event in events.withLock { $0.append(event) } }.run()
    }

    var accepted: [UInt64] {
        events.withLock {
            $0.compactMap { if case .receiptAccepted(let receipt) = $0 { receipt.sequence } else { nil } }
        }
    }

    var refusals: [String] {
        events.withLock {
            $0.compactMap { if case .receiptRefused(_, let reason) = $0 { reason } else { nil } }
        }
    }
}

/// A journal in memory.
final class MemoryJournal: BuyerJournal {
    let name = "memory"
    private let record: Mutex<BuyerRecord?>

    init(_ record: BuyerRecord? = nil) { self.record = Mutex(record) }

    func load() throws(BuyerError) -> BuyerRecord? { record.withLock { $0 } }
    func save(_ record: BuyerRecord) throws(BuyerError) { self.record.withLock { $0 = record } }
}
