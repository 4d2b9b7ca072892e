import GCXSandbox

/// The agent's bounds, in one place.
package enum AgentLimits {
    /// A signed proposal that is not on the ledger after this lapses, and its capacity is free again, seconds.
    /// A minute: a buyer's client opens the escrow at once, and a chain writes a few blocks in that time.
    package static let proposalSeconds: UInt64 = 60
    /// Leases that one payer may have signed and not opened at once.
    package static let proposalsPerPayerMax = 2
    /// How often the agent looks whether a buyer asked to close, seconds. Well below the shortest close window (5 s).
    package static let ledgerPollSeconds: UInt64 = 1
    /// How often what is on the machine is compared with what should be, and old history removed, seconds.
    package static let cleanSeconds: UInt64 = 60
    /// How often the agent looks whether its ledger answers. An owner learns soon of an outage; a ledger is asked three short
    /// questions each time.
    package static let ledgerLookInterval: Duration = .seconds(10)
    /// Wait before an agent that cannot begin without its ledger asks it again.
    package static let ledgerWaitInterval: Duration = .seconds(1)
    /// Wait before an offer that could not be made is tried again.
    package static let offerRetryInterval: Duration = .seconds(10)
    /// How often the few files are read that tell whether the machine still has what it offers: what an owner takes for himself is
    /// for sale no longer than this.
    package static let glanceInterval: Duration = .seconds(1)
    /// Free room on a disk changes with everything that is written: an offer's storage is short when more than one of so many
    /// parts of it is gone.
    package static let storageShortfallParts: UInt64 = 10
    /// Signs of life in the time for which an offer is listed without one: two may get lost.
    package static let signsPerSpan: UInt64 = 3
    /// Wait before a sign of life that was not taken is sent again, and the shortest between two.
    package static let signRetryInterval: Duration = .seconds(1)
    /// How often an agent that sells nothing yet looks whether there is an offer to show: a machine that comes back is listed soon.
    package static let offerLookInterval: Duration = .milliseconds(250)
    /// How long an agent that stops waits for the ledger to hear that it leaves: a part of what it has for its whole stop.
    package static let leavingTimeout: Duration = .seconds(2)
    /// Longest wait between two tries of an outbox entry, seconds.
    package static let outboxBackoffSecondsMax: UInt64 = 30
    /// Closed leases in a list of jobs: the newest; those that are not closed are all in it. Each is read and looked up
    /// for whoever asks, a tenth of a millisecond.
    package static let jobsListedMax = 256
    /// Jobs in a page: those, and before them as many that are not closed as there can be leases at once.
    package static let jobPageMax = jobsListedMax + leasesMax  // bounded: of constants
    /// Callers that may wait for news of one lease at once; a further one is answered without waiting. A buyer's command
    /// waits with two, for receipts and for the log. Each looks every ``longPollInterval``.
    package static let waitersPerLeaseMax = 16
    /// Events returned by one call.
    package static let eventPageMax = 512
    /// Time that a job must have been held back before that is an event, ns.
    package static let throttledNanosecondsMin: UInt64 = 100_000_000
    /// CPU time of reading a job's image and input from which on a receipt says so, ns.
    package static let readingSaidNanosecondsMin: UInt64 = 100_000_000
    /// The agent waits this long for the voucher of a final receipt before it claims what it has and closes, seconds.
    /// Longer than a buyer's command takes to come back from a restart.
    package static let finalVoucherSeconds: UInt64 = 300
    /// A voucher is claimed at once when the unclaimed part reaches deposit / this, so that what is at risk stays small
    /// and the ledger does not get an entry for every receipt.
    package static let claimsPerDeposit: UInt64 = 10
    /// ... or so many receipts' worth of full use: five minutes of one every ten seconds.
    package static let claimReceipts: UInt64 = 30
    /// Most leases at once, whatever the capacity: each has a uid range of 65,536.
    package static let leasesMax = 1_024
    /// Longest command that a list of jobs shows, bytes: three lines of a terminal. The report of one job has all of it.
    package static let commandShownBytesMax = 240
    /// Longest address that an input is fetched from, bytes; what servers take in a request line.
    package static let urlBytesMax = 8_192
    /// Longest time that an input may take to be fetched.
    package static let downloadTimeout: Duration = .seconds(3_600)
    /// What the uploads of a lease may take together, as so many of the largest image and the largest input: one that
    /// has its place, and one that is to take it.
    package static let uploadCopiesMax: UInt64 = 2
    /// Uploads of one lease on their way at once: an image and an input, and each once more after a connection broke.
    package static let uploadsAtOnceMax = 4
    /// How long an upload that broke off waits for the rest: as long as a buyer of ours goes on trying.
    package static let uploadKept: Duration = .seconds(300)
    /// What the disk has promised to jobs is added up again after so many bytes of an upload: jobs may have started.
    package static let uploadLookBytes: UInt64 = 16 << 20
    /// Times that a job is started: an agent that ended in the middle may have met a bad moment once or twice, and
    /// one that always ends there must not do so for ever.
    package static let startAttemptsMax = 3
    /// Jobs that may be begun in one lease, one after the other; the lease ends with the last. Of each a receipt and some
    /// events are kept for good, and whoever has more to do than this writes a program that does it.
    package static let jobsPerLeaseMax: UInt64 = 1_024
    /// Jobs of a lease that could not be started, which costs its buyer nothing: more of them are no typos.
    package static let failedStartsMax: UInt64 = 16
    /// How often the job's end is looked for between two samples.
    package static let endPollInterval: Duration = .milliseconds(100)
    /// A supervisor that has not ended its job so long after the grace is ended with it: it looks ten times a second.
    package static let forceAfter: Duration = .seconds(15)
    /// How often a waiting caller's receipts or log are looked for.
    package static let longPollInterval: Duration = .milliseconds(50)
    /// Fewest and most processes a job may ask for.
    package static let pids: ClosedRange<UInt64> = SandboxLimits.pidsMin...1_048_576
    /// An API session may be this long at the most, seconds.
    package static let sessionSecondsMax: UInt64 = 86_400
    /// A buyer's clock may be ahead of ours by so much, seconds.
    package static let sessionSkewSeconds: UInt64 = 60
    /// Sessions of one account that are kept for its eyes. Each command makes one that lasts a day, so a busy account has more;
    /// at the bound the one that was silent for the longest goes, which a thief's is not while he uses it.
    package static let sessionsPerAccountMax = 64
    /// Sessions of one account that are revoked one by one at a time, until they are over. Whoever has more to revoke revokes all.
    package static let revokedPerAccountMax = 32
    /// Sessions in a page of a list.
    package static let sessionPageMax = 32
}
