import GCXLedger
import GCXModel
import GCXWire

// A lease that is open and has no job holds cores that nobody else gets. The offer says for how long that may go on.
extension LeaseRow {
    /// Every change of phase goes through here: what is open has no job, from now or from its start on.
    mutating func enter(_ next: LeasePhase, at now: UInt64) {
        if next == .open, phase != .open { idleSince = max(now, terms.startsAt) }
        phase = next
    }

    /// Whether it has been open without a job for as long as its offer allows.
    func isIdle(at now: UInt64) -> Bool {
        guard phase == .open, idleSeconds > 0, let idleSince else { return false }
        return now >= idleSince.saturatingSum(idleSeconds)
    }
}

extension LeaseKeeper {
    /// Somebody works on the lease without a job: an upload begins or is complete.
    func renewIdle() throws(AgentError) {
        try context.store.update(id) { row in
            if row.phase == .open { row.idleSince = max(context.now(), row.terms.startsAt) }
        }
    }

    /// Why the machine ends the lease now, and what that costs; nil while it does not.
    func idleNote() async throws(AgentError) -> String? {
        guard let row = try context.store.lease(id) else { return nil }
        if isReservedAway {
            return
                "the reservation has used up the deposit of \(NumberText.amount(deposit)), so the machine ends the lease"
        }
        // An upload has deadlines of its own, and renews the time when it is complete.
        guard row.isIdle(at: context.now()), !context.room.isBusy(id) else { return nil }
        // What it costs is a word to people; the lease ends whether the ledger answers or not.
        let sight = try? await look()
        let reserved = sight.map { $0.record.reserved(at: $0.time) } ?? .zero
        let cost =
            reserved > .zero
            ? "; at least \(NumberText.amount(reserved)) of the deposit go to the owner for the time" : ""
        return "no job for \(NumberText.span(seconds: row.idleSeconds)), so the machine ends the lease\(cost)"
    }

    /// Whether the owner gets all of the deposit already: from here on the machine would be held for nothing.
    private var isReservedAway: Bool {
        guard let sight else { return false }
        let reserved = sight.record.reserved(at: sight.time(at: context.clock.boot()))
        return reserved > .zero && reserved >= sight.record.deposit
    }

    /// Writes down what the ledger paid in the end, with the reservation where that was more than the vouchers.
    ///
    /// - Returns: `note`, and that the reservation was paid if it was.
    func book(_ record: LeaseRecord, note: String) throws(AgentError) -> String {
        var note = note
        try context.store.update(id) { row in
            let isReservation = record.settled > row.claimed && record.reserved(at: .max) >= record.settled
            if isReservation { note += "; the ledger paid the reservation, \(NumberText.amount(record.settled))" }
            // A part may have been paid of the last claim, or more than was claimed.
            row.claimed = record.settled
        }
        return note
    }
}
