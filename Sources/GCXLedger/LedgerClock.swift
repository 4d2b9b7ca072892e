import GCXModel
import GCXSigning

/// What a ledger believes of the time: the last time it took, and how long ago that was by a clock that never jumps.
///
/// The machine's clock names the time of each entry, and a ledger's time never goes back. One entry under a clock that was
/// far ahead would hold it there: every honest document expired, every rate cap void. So a jump is refused, and what is
/// right is said by the operator, in a `ClockOrder`. Times are Unix seconds, boot times nanoseconds.
package struct LedgerClock: Equatable, Sendable {
    private var taken: UInt64
    private var takenAtBoot: UInt64
    /// False for a ledger that takes no order: nobody could lift the bound.
    private let isBounded: Bool

    /// - Parameter taken: the time of the last entry; of an empty journal that of its founding.
    package init(taken: UInt64, boot: UInt64, isBounded: Bool) {
        (self.taken, takenAtBoot, self.isBounded) = (taken, boot, isBounded)
    }

    /// The time of an entry that is to be written now.
    ///
    /// - Parameter machine: what the machine's clock says.
    /// - Throws: ``LedgerError/clockJumped(machine:latest:)``; for the operator's order, which is its own time,
    ///   ``LedgerError/clockDiffers(asked:machine:)`` when the machine's clock says another.
    package func time(of entry: Entry, machine: UInt64, boot: UInt64) throws(LedgerError) -> UInt64 {
        guard case .clock(let order) = entry else {
            guard isBelieved(machine, boot: boot) else {
                throw .clockJumped(machine: machine, latest: latest(boot: boot))
            }
            return machine
        }
        let asked = order.document.time
        guard max(asked, machine) - min(asked, machine) <= LedgerLimits.datedAheadSecondsMax else {  // bounded: ordered
            throw .clockDiffers(asked: asked, machine: machine)
        }
        return asked
    }

    /// What readers are told: the machine's time, or the time that it should be when the machine's has jumped.
    package func shown(machine: UInt64, boot: UInt64) -> UInt64 {
        isBelieved(machine, boot: boot) ? machine : expected(boot: boot)
    }

    /// An entry was written at `time`.
    package mutating func take(_ entry: Entry, at time: UInt64, boot: UInt64) {
        if case .clock = entry { taken = time } else { taken = max(time, expected(boot: boot)) }
        takenAtBoot = boot
    }

    private func isBelieved(_ machine: UInt64, boot: UInt64) -> Bool { !isBounded || machine <= latest(boot: boot) }

    private func latest(boot: UInt64) -> UInt64 {
        expected(boot: boot).saturatingSum(LedgerLimits.clockJumpSecondsMax)
    }

    private func expected(boot: UInt64) -> UInt64 {
        let (passed, isOver) = boot.subtractingReportingOverflow(takenAtBoot)
        return taken.saturatingSum(isOver ? 0 : Nanoseconds.wholeSeconds(in: passed))
    }
}
