/// What a machine signs when a further job of a lease begins: an event of the first receipt that covers it, in words that
/// tell which receipts are whose.
package struct JobBeginning: Equatable, Sendable {
    /// Counted over the lease from 1; the first is not announced.
    package let job: UInt64

    /// Nil for the first job, which begins with the lease.
    package init?(job: UInt64) {
        guard job > 1 else { return nil }
        self.job = job
    }

    /// Nil for an event that is about something else.
    package init?(event: Untrusted) {
        let words = event.raw(for: .reading).split(separator: " ", omittingEmptySubsequences: false)
        // bounded: six words, counted first
        guard words.count == 6, let job = UInt64(words[1], radix: 10) else { return nil }
        self.init(job: job)
        guard self.event == event.raw(for: .reading) else { return nil }
    }

    package var event: String { "job \(job) of the lease begins" }
}

extension Receipt {
    /// The job of the lease of which this is the first receipt; nil when it goes on with the one before, or with the first.
    package var beginsJob: UInt64? { events.lazy.compactMap { JobBeginning(event: $0) }.first?.job }
}
