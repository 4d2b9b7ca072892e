import GCXLedger
import GCXLinux
import GCXModel

/// What the ledger said of a lease when it was last asked, and what its clock showed then. It is also in the store: an agent that
/// begins without its ledger goes on by it, as one does whose ledger goes away.
struct LedgerSight: Codable, Equatable, Sendable {
    let record: LeaseRecord
    /// The ledger's Unix seconds, no later than the record.
    let time: UInt64
    /// Boot clock, ns.
    let seenAt: UInt64
    /// The boot that this clock counts from; nil where the kernel does not say.
    let bootID: String?

    /// The ledger's seconds at `boot`, ns of the boot clock, if its clock went on as ours did.
    func time(at boot: UInt64) -> UInt64 {
        let (passed, isOver) = boot.subtractingReportingOverflow(seenAt)
        return time.saturatingSum(isOver ? 0 : Nanoseconds.wholeSeconds(in: passed))
    }

    var isClosing: Bool {
        if case .closing = record.escrow { true } else { false }
    }

    /// Whether a later one says nothing that does not follow from this: the same of the lease, and a clock that went on as ours.
    /// Both clocks are read in whole seconds, so they may seem one apart.
    func foretells(_ later: LedgerSight) -> Bool {
        let expected = time(at: later.seenAt)
        let apart = max(expected, later.time) - min(expected, later.time)  // bounded: the smaller from the larger
        return record == later.record && bootID == later.bootID && apart <= 1
    }

    /// The same on the clock of this boot. After a restart of the machine, what passed on the clock of the boot before is known as
    /// far as the lease was metered; no more is taken on, whatever the wall clock says.
    func carried(into clock: AgentClock, metered last: RawSample?) -> LedgerSight {
        let now = clock.bootID()
        if let bootID, bootID == now { return self }
        let until = last.flatMap { $0.bootID == bootID ? $0.bootNanoseconds : nil } ?? seenAt
        return LedgerSight(record: record, time: time(at: until), seenAt: clock.boot(), bootID: now)
    }
}
