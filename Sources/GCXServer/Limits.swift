import GCXLedger
import GCXModel
import GCXWire

/// The bounds of what a server takes from a client, in one place.
package enum ServerLimits {
    /// Bytes of a posted sign of life: four times what one has.
    package static let signBodyBytesMax = 2 << 10
    /// Bytes of any other JSON body sent to the agent: a job request with its environment is the largest.
    package static let documentBodyBytesMax = 1 << 20
    /// Bytes of a proposal of lease terms and of a voucher, which anybody may send: two and four times what they have.
    package static let proposalBodyBytesMax = 8 << 10
    package static let voucherBodyBytesMax = 2 << 10
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
    /// Places of those for one buyer behind one relay, eight buyers behind one router; and for all that one relay brings: a third, and as
    /// many as an agent lets it open at once. No relay takes the places of another by inventing buyers.
    package static let connectionsPerRelayedPeerMax = 64
    package static let connectionsPerRelayMax = 256
    /// How long a connection of this process to itself may be ahead of the word on who is behind it, and how many may be: as many as two
    /// relays open. Both take microseconds; a busy processor makes milliseconds of them.
    package static let announcementWait: Duration = .seconds(1)
    package static let announcementsMax = 512
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
    package static let headerBytesMax = WireLimits.sessionTokenBytesMax + 256  // bounded: of constants
    /// Bytes of all header fields together, and how many: clients of ours send six, proxies add some.
    package static let headersBytesMax = 16 << 10
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
}
