package import GCXModel
import GCXSigning

// dictionaries: heard

/// When the machines of live offers were last heard. It is in memory alone: what a journal proves does not depend on it.
///
/// It holds at most one line for each offer that stands, which itself takes a hundred times as much.
package struct SignBook: Sendable {
    /// The newest sign for an offer.
    private struct Line {
        /// The machine's date of it.
        var at: UInt64
        /// The ledger's clock when it came.
        var heardAt: UInt64
        var isLeaving: Bool
    }

    /// Since when this ledger listens: before that nobody could be heard.
    private let since: UInt64
    private var heard: [Digest: Line] = [:]
    private var clearedAt: UInt64

    /// - Parameter since: the ledger's Unix seconds now.
    package init(since: UInt64) {
        self.since = since
        clearedAt = since
    }

    /// Offers for which a sign is kept.
    package var count: Int { heard.count }

    /// Whether the offer's machine was heard lately. The posting of the offer is a sign too, and each machine has as long as
    /// its offer says after this ledger began to listen.
    package func isAlive(_ record: OfferRecord, at time: UInt64) -> Bool {
        guard let seconds = record.document.conduct?.signSeconds, seconds > 0 else { return true }
        let line = heard[record.digest]
        guard line?.isLeaving != true else { return false }
        return time <= max(since, record.postedAt, line?.heardAt ?? 0).saturatingSum(seconds)
    }

    /// Takes a sign that is newer than the last one, from the machine of an offer that stands; the last one again changes
    /// nothing.
    ///
    /// - Parameters:
    ///   - signer: whose key signed it; nil when it is no signature.
    ///   - time: the ledger's Unix seconds.
    /// - Throws: ``LedgerError/signRefused(_:reason:)``, or why the offer does not stand.
    package mutating func take(
        _ sign: SignOfLife, by signer: Address?, of state: LedgerState, at time: UInt64
    ) throws(LedgerError) {
        let record = try state.offer(sign.offer)
        let machine = record.document.machine
        func require(_ holds: Bool, _ reason: String) throws(LedgerError) {
            guard holds else { throw .signRefused(sign.offer, reason: Untrusted(reason)) }
        }
        try require(sign.machine == machine && signer == machine, "it is not signed by the offer's machine \(machine)")
        try state.requireStanding(record, .offer, at: time)
        try state.requireLiveGrant(of: record.document, at: time)
        try require(record.document.conduct?.signSeconds ?? 0 > 0, "the offer is listed without signs")
        // bounded: the smaller from the larger
        let distance = max(sign.at, time) - min(sign.at, time)
        try require(
            distance <= LedgerLimits.datedAheadSecondsMax,
            "it is dated \(sign.at), more than \(LedgerLimits.datedAheadSecondsMax) s from the ledger's \(time)")
        if let last = heard[sign.offer] {
            // The same again says nothing new, whoever sends it: an answer may have got lost.
            guard sign.at != last.at || sign.isLeaving != last.isLeaving else { return }
            try require(sign.at > last.at, "one dated \(last.at) came before it")
        }
        clear(state, at: time)
        heard[sign.offer] = Line(at: sign.at, heardAt: time, isLeaving: sign.isLeaving)
    }

    /// Forgets, now and then, the signs of offers that no longer stand.
    private mutating func clear(_ state: LedgerState, at time: UInt64) {
        guard time >= clearedAt.saturatingSum(LedgerLimits.signsClearedSeconds) else { return }
        clearedAt = time
        heard = heard.filter { digest, _ in (try? state.offer(digest)).map { state.isListed($0, at: time) } ?? false }
    }
}
