import GCXAgent
import GCXLedger
import GCXModel

/// The bounds of the HTTP interfaces, in one place.
package enum APILimits {
    /// Bytes of a posted ledger entry: the largest canonical entry, and its white space if a person wrote it.
    package static let entryBodyBytesMax = 2 * LedgerLimits.entryBytesMax
    /// Bytes of a posted sign of life: four times what one has.
    package static let signBodyBytesMax = 2 << 10
    /// Bytes of any other JSON body sent to the agent: a job request with its environment is the largest.
    package static let documentBodyBytesMax = 1 << 20
    /// Bytes of a proposal of lease terms and of a voucher, which anybody may send: two and four times what they have.
    package static let proposalBodyBytesMax = 8 << 10
    package static let voucherBodyBytesMax = 2 << 10
    /// Bytes of the Authorization header's token: a signed session is about 700.
    package static let sessionTokenBytesMax = 4_096
    /// Bytes of an answer with one document that a client reads: an entry at its limit, with its white space and what the
    /// ledger adds.
    package static let documentAnswerBytesMax = 2 * LedgerLimits.entryBytesMax + (1 << 20)  // bounded: of constants
    /// Bytes of an answer with a page of what an agent has: receipts with all their events, or a job's whole report, are
    /// the largest.
    package static let pageAnswerBytesMax = 32 << 20
    /// Bytes of a page of a ledger's list or journal that a client reads: four times what a ledger puts into one.
    package static let listAnswerBytesMax = 4 * LedgerLimits.pageBytesMax
    /// Bytes of an error's answer: a message and a few fields.
    package static let errorAnswerBytesMax = 1 << 20
    /// A transfer has to move ``paceBytesMin`` in each of these spans: 17 kB a second, so that one from somebody who drips
    /// has an end.
    package static let paceWindow: Duration = .seconds(60)
    package static let paceBytesMin: UInt64 = 1 << 20
    /// Bytes that a download leaves free on the buyer's disk.
    package static let diskReserveBytes: UInt64 = 64 << 20
    /// Bytes between two looks at the room on the disk.
    package static let diskCheckBytes: UInt64 = 16 << 20
    /// Bytes of an archive of all that a lease's storage holds: a quarter on top for the headers of small files, and a
    /// mebibyte for those of an empty one.
    package static func archiveBytesMax(ofStorage bytes: UInt64) -> UInt64 {
        let (sum, overflow) = bytes.addingReportingOverflow(bytes / 4 + (1 << 20))  // bounded: a quarter of 64 bits
        return overflow ? .max : sum
    }
    /// Bytes of an output whose lease nobody knows: 1 TiB.
    package static let outputBytesMax: UInt64 = 1 << 40
    /// A log whose job is over, and which brings nothing new for this long, is over too.
    package static let logEndPatience: Duration = .seconds(60)
    /// Items that a client takes of one list of a ledger, in all its pages.
    package static let listItemsMax = 1_000_000
    /// Pages of a list without an item that a client takes in a row: each stands for ``LedgerLimits/pageLookedAtMax`` items that
    /// did not count, so this is as many as are taken of a list, several times over.
    package static let emptyPagesMax = 1_000
    /// Receipts of one lease that a client takes: a month of one every ten seconds.
    package static let receiptsMax = 1 << 18
    /// Bytes in one piece of an upload or a download.
    package static let chunkBytes = 128 << 10
    /// Bytes of a unix socket's path, without its final zero (unix(7): 108 with it).
    package static let socketPathBytesMax = 107
    /// Connections that a server holds at once. Together with what else a server has open they stay below 1,024, what a
    /// service may open by default. At the bound the most silent connection is closed in favour of the new one.
    package static let connectionsMax = 768
    /// Connections that are held unread while they wait for a place: for ``stillAfter`` none may be judged, and a flood
    /// opens a thousand in that time. Twice that.
    package static let connectionsInWaitingRoomMax = 2_048
    /// Files that a server opens for itself, for its journal and its jobs; what may be open beyond those and the
    /// connections is for the waiting room.
    package static let filesBesideConnectionsMax = 192
    /// How long a connection, or a request, waits for its place before it is refused.
    package static let placeWait: Duration = .seconds(2)
    /// How often those who wait are looked at.
    package static let placeLook: Duration = .milliseconds(50)
    /// A connection that has been silent, or a request that has not moved, for this long makes place when all are taken.
    /// Who connects in earnest speaks at once: only the server itself, when it is very busy, hears it later.
    package static let stillAfter: Duration = .milliseconds(250)
    /// Places of those for one user who is not the owner: no single one can hold all.
    package static let connectionsPerUserMax = 384
    /// Places that only the owner (root, the server's own user) gets.
    package static let connectionsOwnerReserve = 128
    /// Connections that wait in the kernel to be accepted; one is accepted in microseconds.
    package static let connectionsWaitingMax = 1_024
    /// Requests of one user or address that are worked on at once. A client of ours keeps eight connections to a server.
    package static let requestsPerPeerMax = 256
    /// The same of a ledger, where no request waits for anything: together with the largest page this bounds the memory that one
    /// user or address takes.
    package static let ledgerRequestsPerPeerMax = 64
    /// What a ledger answers one user or address in a second, and at once. A journal of a gigabyte takes a quarter of a minute.
    static let answersOfPeer = AnswerPace.Size(burst: 256 << 20, perSecond: 64 << 20)
    /// The longest that an answer waits for its turn.
    package static let answerWaitMax: Duration = .seconds(2)
    /// What a refused request is told to wait.
    package static let busyRetry: Duration = .seconds(1)
    /// A new connection that sends nothing for this long is closed: a client connects when it has something to say.
    package static let firstByteTimeout: Duration = .seconds(10)
    /// The whole head of a request comes within this, from its first byte on (of the first request: from the connection
    /// on), however many pieces it comes in.
    package static let headTimeout: Duration = .seconds(10)
    /// A body of which nothing comes, or an answer of which nothing is taken, for this long is given up: a client that
    /// is stopped by hand or whose link is down for longer asks again.
    package static let bodySilence: Duration = .seconds(30)
    /// The least that a body or an answer moves, after ``rateGrace``: an order of magnitude below a telephone line, and
    /// enough to end who drips.
    package static let bytesPerSecondMin = 1_024
    package static let rateGrace: Duration = .seconds(30)
    /// A request or an answer that is this old and slower than ``slowBytesPerSecond`` makes place when all are taken.
    package static let slowAfter: Duration = .seconds(1)
    package static let slowBytesPerSecond = 64 << 10
    /// Bytes of one header field: the session's token and its name.
    package static let headerBytesMax = sessionTokenBytesMax + 256  // bounded: of constants
    /// Bytes of all header fields together, and how many: clients of ours send six, proxies add some.
    package static let headersBytesMax = 16 << 10
    package static let headersMax = 64
    /// Bytes that come without making up a head: the fields, the address, and one read of what follows.
    package static let undecodedBytesMax = 2 * headersBytesMax + (64 << 10)  // bounded: of constants
    /// Requests sent ahead of their answers on one connection. Clients of ours send none.
    package static let pipelinedMax = 8
    /// After an error that ends a connection, what still comes is taken for this long and up to so much.
    package static let lingering: Duration = .seconds(1)
    package static let swallowedBytesMax = 8 << 20
    /// What one connection, one peer and one account may write into a ledger. A machine posts a hundred kilobytes when it
    /// is measured and a few at each lease; a fleet of a thousand behind one tunnel stays below a tenth of these. Who floods
    /// writes half a megabyte a second.
    static let postsOfConnection = PostQuota.Size(
        posts: .init(burst: 500, perSecond: 50), bytes: .init(burst: 4 << 20, perSecond: 256 << 10))
    static let postsOfPeer = PostQuota.Size(
        posts: .init(burst: 2_000, perSecond: 200), bytes: .init(burst: 16 << 20, perSecond: 512 << 10))
    static let postsOfAccount = PostQuota.Size(
        posts: .init(burst: 200, perSecond: 20), bytes: .init(burst: 2 << 20, perSecond: 64 << 10))
    /// Quotas in memory; beyond it those of which nothing is used are forgotten.
    static let pursesMax = 4_096
    /// A server closes a connection that has carried no request for this long.
    package static let idleConnection: Duration = .seconds(75)
    /// A client gives up to reach a server after this. A server on the same machine answers in microseconds, but many calls
    /// at once wait here for a connection.
    package static let connectTimeout: Duration = .seconds(20)
    /// A client waits this long for the whole answer to a call that does not wait on purpose. A post to a ledger is
    /// one fsync, a few milliseconds, and queues behind others.
    package static let callTimeout: Duration = .seconds(20)
    /// A transfer whose other side has been silent for this long is given up. Longer than a long poll, for both use
    /// the same connections.
    // bounded: a constant
    package static let silenceTimeout: Duration = .seconds(Int64(AgentLimits.longPollSecondsMax) + 60)
    /// How often a call that changes nothing when repeated is sent again after its connection broke: a connection
    /// kept from before a restart of the server breaks once.
    package static let brokenRetriesMax = 1
    /// What `LedgerError.outcomeUnknown` advises: post the same entry again after this.
    package static let outcomeRetry: Duration = .seconds(1)

    /// A buyer waits this long in one call for the next receipt or log line.
    package static let buyerWaitSeconds: UInt64 = 20
    /// First and longest pause between two tries to reach an agent; each pause doubles.
    // bounded: of constants
    package static let buyerBackoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
    /// An agent that has not answered for this long is given up: longer than an upgrade, shorter than a lease's grace.
    package static let buyerPatience: Duration = .seconds(300)
    /// Shortest time between two calls of a loop that got nothing new, so that a server that does not wait is not
    /// asked in a spin.
    package static let emptyPagePause: Duration = .milliseconds(100)
    /// Bytes of a buyer's journal file: one receipt and one voucher.
    package static let journalBytesMax = 1 << 20
}
