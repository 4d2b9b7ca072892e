import GCXLedger
import GCXModel
import GCXSigning
import Support
import Testing

@Suite("what a ledger believes of the time")
struct LedgerClockTests {
    private static let start: UInt64 = 1_800_000_000
    private static let second: UInt64 = 1_000_000_000
    private static let jump = LedgerLimits.clockJumpSecondsMax

    private let world: TestWorld
    private let entry: Entry

    init() throws {
        world = try TestWorld()
        entry = .faucet(world.faucet(world.buyer.address, 1))
    }

    private func refusal(_ clock: LedgerClock, machine: UInt64, boot: UInt64, _ entry: Entry? = nil) -> LedgerError? {
        do throws(LedgerError) {
            let time = try clock.time(of: entry ?? self.entry, machine: machine, boot: boot)
            guard entry == nil else { return nil }
            #expect(time == machine, "what is believed is taken as it is")
            return nil
        } catch {
            return error
        }
    }

    /// Seconds by the boot clock since the last entry, what the machine's clock says, and the latest that is believed; nil
    /// when it is believed.
    @Test(
        "the machine's clock is believed up to four days beyond what went by",
        arguments: [
            (0, start, nil), (0, start + jump, nil), (0, start + jump + 1, start + jump), (0, .max, start + jump),
            (0, 0, nil), (100, start + 100 + jump, nil), (100, start + 101 + jump, start + 100 + jump),
            (10 * jump, start + 11 * jump, nil),
        ] as [(UInt64, UInt64, UInt64?)])
    func bound(_ passed: UInt64, _ machine: UInt64, _ latest: UInt64?) {
        let boot = 5 * Self.second
        let clock = LedgerClock(taken: Self.start, boot: boot, isBounded: true)
        let now = boot + passed * Self.second
        #expect(
            refusal(clock, machine: machine, boot: now) == latest.map { .clockJumped(machine: machine, latest: $0) })
        #expect(clock.shown(machine: machine, boot: now) == (latest == nil ? machine : Self.start + passed))
        let free = LedgerClock(taken: Self.start, boot: boot, isBounded: false)
        #expect(refusal(free, machine: machine, boot: now) == nil)
        #expect(free.shown(machine: machine, boot: now) == machine)
    }

    @Test("a part of a second has not gone by, and a boot clock that began anew says that nothing has")
    func boot() {
        let clock = LedgerClock(taken: Self.start, boot: 100 * Self.second, isBounded: true)
        for (boot, passed) in [
            (100 * Self.second, 0), (101 * Self.second - 1, 0), (101 * Self.second, 1), (99 * Self.second, 0), (0, 0),
        ] as [(UInt64, UInt64)] {
            #expect(clock.shown(machine: .max, boot: boot) == Self.start + passed, "\(boot)")
        }
    }

    @Test("at the end of time nothing wraps")
    func end() {
        let clock = LedgerClock(taken: .max - 1, boot: 0, isBounded: true)
        #expect(refusal(clock, machine: .max, boot: .max) == nil)
        #expect(clock.shown(machine: .max, boot: .max) == .max)
        #expect(clock.shown(machine: 0, boot: .max) == 0)
    }

    @Test(
        "the operator's order is its own time, within five minutes of the machine's",
        arguments: [
            (start, true), (start - 300, true), (start + 300, true), (start - 301, false), (start + 301, false),
            (0, false), (.max, false),
        ] as [(UInt64, Bool)])
    func order(_ asked: UInt64, _ isTaken: Bool) throws {
        let order = Entry.clock(world.clockOrder(at: 0) { $0.time = asked })
        // However far the machine's clock is from what was believed.
        let clock = LedgerClock(taken: 5, boot: 0, isBounded: true)
        let error = LedgerError.clockDiffers(asked: asked, machine: Self.start)
        #expect(refusal(clock, machine: Self.start, boot: 0, order) == (isTaken ? nil : error))
        if isTaken { #expect(try clock.time(of: order, machine: Self.start, boot: 0) == asked) }
    }

    @Test("an entry sets what is believed forward alone, an order where it says")
    func take() {
        var clock = LedgerClock(taken: Self.start, boot: 0, isBounded: true)
        clock.take(entry, at: Self.start - 50, boot: 10 * Self.second)
        #expect(clock == LedgerClock(taken: Self.start + 10, boot: 10 * Self.second, isBounded: true))
        clock.take(entry, at: Self.start + 500, boot: 20 * Self.second)
        #expect(clock == LedgerClock(taken: Self.start + 500, boot: 20 * Self.second, isBounded: true))
        clock.take(.clock(world.clockOrder(at: 0)), at: 7, boot: 30 * Self.second)
        #expect(clock == LedgerClock(taken: 7, boot: 30 * Self.second, isBounded: true))
    }
}
