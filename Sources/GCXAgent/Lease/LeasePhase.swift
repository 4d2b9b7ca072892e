package import GCXModel
package import GCXWire

/// Where a lease stands. Each case holds what is alive in it.
package enum LeasePhase: Codable, Equatable, Sendable {
    /// The machine has signed; not yet seen on the ledger. Unix seconds.
    case proposed(since: UInt64)
    /// Open and funded on the ledger; no job yet, or none any more and room for another.
    case open
    /// The image is being unpacked and the sandbox set up.
    case starting
    /// The job runs and is metered.
    case running
    /// The job is frozen for want of a voucher. Boot clock, ns.
    case paused(since: UInt64)
    /// The job is frozen because somebody asked for it; its lease runs on.
    case held(by: ExitReason.Canceller)
    /// The job was told to end for this reason and has not ended yet.
    case ending(ExitReason)
    /// The job is over and its last receipt is written; its voucher is awaited. Unix seconds.
    case settling(ExitReason?, since: UInt64)
    /// Closed on the ledger, or never opened.
    case closed(ExitReason?)

    /// The word shown to people and programs.
    package var name: LeasePhaseName {
        switch self {
        case .proposed: .proposed
        case .open: .open
        case .starting: .starting
        case .running: .running
        case .paused: .paused
        case .held: .held
        case .ending: .ending
        case .settling: .settling
        case .closed: .closed
        }
    }

    /// Whether the lease holds capacity that nobody else may be sold.
    package var holdsCapacity: Bool {
        switch self {
        case .proposed, .open, .starting, .running, .paused, .held, .ending: true
        case .settling, .closed: false
        }
    }

    /// Whether a supervisor may be alive for it.
    package var mayHaveProcess: Bool {
        switch self {
        case .starting, .running, .paused, .held, .ending: true
        case .proposed, .open, .settling, .closed: false
        }
    }

    /// Whether its processes stand still.
    var isFrozen: Bool {
        switch self {
        case .paused, .held: true
        default: false
        }
    }

    /// Why the job ended; nil while it has not.
    package var exit: ExitReason? {
        switch self {
        case .settling(let reason, _), .closed(let reason): reason
        default: nil
        }
    }
}

/// What can happen to a lease.
package enum LeaseEvent: Equatable, Sendable {
    case openedOnLedger
    case proposalLapsed
    case submitted
    case started
    /// The job did not start; how it ended by that.
    case startFailed(ExitReason)
    /// Metered minus vouched has reached the credit limit. Boot clock, ns.
    case creditReached(at: UInt64)
    /// A voucher brought the exposure below the limit.
    case creditRestored
    /// Somebody wants the job to stand still, or to go on.
    case holdAsked(by: ExitReason.Canceller)
    case releaseAsked
    /// A reason to end the job: time, budget or somebody's wish.
    case mustEnd(ExitReason)
    /// The supervisor's report: the job is over. Unix seconds.
    case exited(ExitReason, at: UInt64)
    /// The job is over, or was never started, and its lease goes on. One that was told to end ends its lease.
    case leftOpen(JobEnd)
    /// The lease is over while no job was there: it was never used, or its jobs have ended. Unix seconds.
    case expiredUnused(at: UInt64)
    case closedOnLedger
}

/// What the services do about it.
package enum LeaseEffect: Equatable, Sendable {
    case launch
    case freeze
    case thaw
    case stop(ExitReason)
    /// A receipt up to the job's end, which is not the lease's.
    case reopen(JobEnd)
    case issueFinalReceipt
    case settle
    case wipe

    /// Whether it writes the next phase itself, in one transaction with a receipt.
    var writesPhase: Bool {
        switch self {
        case .reopen, .issueFinalReceipt: true
        case .launch, .freeze, .thaw, .stop, .settle, .wipe: false
        }
    }
}

extension LeasePhase {
    /// The next phase and what to do about it. Pure; an event that does not fit changes nothing.
    package func after(_ event: LeaseEvent) -> (LeasePhase, [LeaseEffect]) {
        switch (self, event) {
        case (.proposed, .openedOnLedger): (.open, [])
        case (.proposed, .proposalLapsed): (.closed(nil), [.wipe])
        case (.open, .submitted): (.starting, [.launch])
        case (.starting, .started): (.running, [])
        case (.running, .creditReached(let time)): (.paused(since: time), [.freeze])
        case (.paused, .creditRestored): (.running, [.thaw])
        case (.running, .holdAsked(let who)): (.held(by: who), [.freeze])
        case (.held, .releaseAsked): (.running, [.thaw])
        // Standing still costs as well. Who then vouches wants the job to go on.
        case (.held, .creditReached(let time)): (.paused(since: time), [])
        case (_, .mustEnd(let reason)): ended(for: reason)
        case (_, .exited(let reason, let time)): exited(reason, at: time)
        case (.starting, .startFailed(let reason)): (.ending(reason), [.stop(reason)])
        case (.starting, .leftOpen(let end)), (.running, .leftOpen(let end)), (.paused, .leftOpen(let end)),
            (.held, .leftOpen(let end)):
            (.open, [.reopen(end)])
        case (.open, .expiredUnused(let time)): (.settling(nil, since: time), [.issueFinalReceipt, .settle])
        case (.settling(let reason, _), .closedOnLedger): (.closed(reason), [.wipe])
        case (.proposed, .closedOnLedger), (.open, .closedOnLedger): (.closed(nil), [.wipe])
        case (.starting, .closedOnLedger), (.running, .closedOnLedger), (.paused, .closedOnLedger),
            (.held, .closedOnLedger):
            ended(for: .cancelled(by: .buyer))
        default: (self, [])
        }
    }

    private func ended(for reason: ExitReason) -> (LeasePhase, [LeaseEffect]) {
        switch self {
        case .starting, .running: (.ending(reason), [.stop(reason)])
        // A frozen process cannot act on a signal, so it is thawed first.
        case .paused, .held: (.ending(reason), [.thaw, .stop(reason)])
        default: (self, [])
        }
    }

    private func exited(_ reason: ExitReason, at time: UInt64) -> (LeasePhase, [LeaseEffect]) {
        switch self {
        case .starting, .running, .paused, .held: (.settling(reason, since: time), [.issueFinalReceipt, .settle])
        // What the supervisor saw wins only when it says more than the reason the job was told to end for.
        case .ending(let asked):
            (.settling(asked.overrides(reason) ? asked : reason, since: time), [.issueFinalReceipt, .settle])
        default: (self, [])
        }
    }
}

extension ExitReason {
    /// A job that ended because it was told to ended for that reason, whatever signal or code it left with.
    fileprivate func overrides(_ observed: ExitReason) -> Bool {
        switch observed {
        case .exited, .signalled: true
        default: false
        }
    }
}
