import GCXModel
import GCXSigning
import Synchronization

@testable import GCXBuyer
@testable import GCXWire

/// A session with its surroundings, and what it reported.
final class Buying: Sendable {
    let lease: SampleLease
    let agent: any AgentOperations
    let journal: FileBuyerJournal
    let events = Mutex<[BuyerEvent]>([])

    init(_ lease: SampleLease, _ agent: any AgentOperations, in directory: String) {
        self.lease = lease
        self.agent = agent
        journal = FileBuyerJournal(directory + "/journal.json")
    }

    func run(
        deposit: Amount? = nil, toppedUp: Amount? = nil, openedAt: UInt64? = nil, now: UInt64? = nil,
        patience: Duration = .seconds(20)
    ) async throws(BuyerError) -> JobStatus {
        let now = now ?? lease.now
        return try await BuyerSession(
            agent: agent, caller: .owner, terms: lease.terms, domain: lease.domain,
            openedAt: openedAt ?? lease.terms.startsAt, deposit: deposit ?? lease.terms.deposit,
            currentDeposit: { toppedUp },
            key: MemoryCustody(lease.session), journal: journal, now: { now }, patience: patience
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
