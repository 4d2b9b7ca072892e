import GCXModel
import Testing

@testable import GCXAgent

@Suite("The life of a lease")
struct LeasePhaseTests {
    static let end = JobEnd(reason: .exited(code: 127), hasRun: true, keepsLease: false)
    static let phases: [LeasePhase] = [
        .proposed(since: 1), .open, .starting, .running, .paused(since: 5), .held(by: .owner), .ending(.budget),
        .settling(.exited(code: 0), since: 9), .closed(nil),
    ]
    static let events: [LeaseEvent] = [
        .openedOnLedger, .proposalLapsed, .submitted, .started, .startFailed(.hostFailure(description: "x")),
        .creditReached(at: 7),
        .holdAsked(by: .buyer), .releaseAsked,
        .leftOpen(Self.end), .creditRestored, .mustEnd(.timeLimit), .exited(.exited(code: 0), at: 8),
        .expiredUnused(at: 8), .closedOnLedger,
    ]

    @Test("the straight way leads from proposed to closed")
    func straight() {
        var phase = LeasePhase.proposed(since: 1)
        var effects: [LeaseEffect] = []
        for event in [
            LeaseEvent.openedOnLedger, .submitted, .started, .exited(.exited(code: 0), at: 8), .closedOnLedger,
        ] {
            let (next, done) = phase.after(event)
            phase = next
            effects += done
        }
        #expect(phase == .closed(.exited(code: 0)))
        #expect(effects == [.launch, .issueFinalReceipt, .settle, .wipe])
    }

    @Test("what is closed stays closed", arguments: events)
    func closed(event: LeaseEvent) {
        let (next, effects) = LeasePhase.closed(.budget).after(event)
        #expect(next == .closed(.budget) && effects.isEmpty)
    }

    @Test("no event leaves a running job without a stop, a final receipt or itself")
    func nothingLost() {
        for phase in Self.phases where phase.mayHaveProcess {
            for event in Self.events {
                let (next, effects) = phase.after(event)
                let isFollowed = next.mayHaveProcess || effects.contains(where: \.writesPhase)
                #expect(isFollowed, "\(phase) after \(event) is \(next) with \(effects)")
            }
        }
    }

    @Test("a job that leaves its lease open is followed by another; one that was told to end is not")
    func again() {
        for phase in [LeasePhase.starting, .running, .paused(since: 5), .held(by: .buyer)] {
            #expect(phase.after(.leftOpen(Self.end)) == (.open, [.reopen(Self.end)]))
        }
        for phase in [LeasePhase.open, .ending(.budget), .settling(nil, since: 9), .closed(nil), .proposed(since: 1)] {
            #expect(phase.after(.leftOpen(Self.end)) == (phase, []))
        }
        #expect(LeasePhase.open.after(.submitted) == (.starting, [.launch]))
    }

    @Test("an open lease that is over is settled with what its jobs cost, whoever ends it")
    func over() {
        #expect(
            LeasePhase.open.after(.expiredUnused(at: 8)) == (.settling(nil, since: 8), [.issueFinalReceipt, .settle]))
        #expect(LeasePhase.open.after(.closedOnLedger) == (.closed(nil), [.wipe]))
    }

    @Test("a paused job is thawed before it is told to end, because a frozen one cannot act")
    func pausedEnd() {
        let (next, effects) = LeasePhase.paused(since: 1).after(.mustEnd(.budget))
        #expect(next == .ending(.budget))
        #expect(effects == [.thaw, .stop(.budget)])
    }

    @Test("a held job stands still until somebody lets it go on, and a voucher does not wake it")
    func held() {
        let held = LeasePhase.held(by: .buyer)
        #expect(LeasePhase.running.after(.holdAsked(by: .buyer)) == (held, [.freeze]))
        #expect(held.after(.releaseAsked) == (.running, [.thaw]))
        #expect(held.after(.creditRestored) == (held, []))
        // What stands still is owed for too; without a voucher the grace runs.
        #expect(held.after(.creditReached(at: 7)) == (.paused(since: 7), []))
        #expect(held.after(.mustEnd(.timeLimit)) == (.ending(.timeLimit), [.thaw, .stop(.timeLimit)]))
        // Nobody is woken from a pause for want of a voucher by asking.
        #expect(LeasePhase.paused(since: 7).after(.releaseAsked).1.isEmpty)
    }

    @Test("a job told to end ended for that reason, unless the host failed or memory ran out first")
    func reasons() {
        let ending = LeasePhase.ending(.cancelled(by: .buyer))
        #expect(ending.after(.exited(.signalled(signal: 15), at: 1)).0.exit == .cancelled(by: .buyer))
        #expect(ending.after(.exited(.exited(code: 0), at: 1)).0.exit == .cancelled(by: .buyer))
        #expect(ending.after(.exited(.outOfMemory, at: 1)).0.exit == .outOfMemory)
        let failure = ExitReason.hostFailure(description: "x")
        #expect(ending.after(.exited(failure, at: 1)).0.exit == failure)
    }

    @Test("credit pauses only what runs, and restores only what is paused")
    func credit() {
        #expect(LeasePhase.running.after(.creditReached(at: 7)).1 == [.freeze])
        #expect(LeasePhase.paused(since: 7).after(.creditRestored) == (.running, [.thaw]))
        #expect(LeasePhase.running.after(.creditRestored).1.isEmpty)
        #expect(LeasePhase.starting.after(.creditReached(at: 7)).1.isEmpty)
    }
}

private func == (left: (LeasePhase, [LeaseEffect]), right: (LeasePhase, [LeaseEffect])) -> Bool {
    left.0 == right.0 && left.1 == right.1
}
