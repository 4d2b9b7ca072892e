import GCXTransport

/// The bounds and deadlines of a server's connections. A server has those of ``ServerLimits``; a test may take smaller ones.
struct ConnectionLimits: Sendable {
    var connectionsMax = ServerLimits.connectionsMax
    var connectionsPerUserMax = ServerLimits.connectionsPerUserMax
    var connectionsPerRelayedPeerMax = ServerLimits.connectionsPerRelayedPeerMax
    var connectionsPerRelayMax = ServerLimits.connectionsPerRelayMax
    var waitingMax = ServerLimits.connectionsInWaitingRoomMax
    var placeWait = ServerLimits.placeWait
    var stillAfter = ServerLimits.stillAfter
    var ownerReserve = ServerLimits.connectionsOwnerReserve
    var requestsPerPeerMax = ServerLimits.requestsPerPeerMax
    /// Nil where answers are as fast as they can be.
    var answers: AnswerPace.Size?
    var handshake = TransportLimits.handshakeTimeout
    var halfOpenPerPeerMax = TransportLimits.halfOpenPerPeerMax
    var firstByte = ServerLimits.firstByteTimeout
    var head = ServerLimits.headTimeout
    var idle = ServerLimits.idleConnection
    var silence = ServerLimits.bodySilence
    var bytesPerSecondMin = ServerLimits.bytesPerSecondMin
    var rateGrace = ServerLimits.rateGrace
    var slowAfter = ServerLimits.slowAfter
    var slowBytesPerSecond = ServerLimits.slowBytesPerSecond
    /// How often the deadlines of a connection are looked at.
    var tick: Duration = .milliseconds(500)

    /// Those of a ledger: what it answers is short work that nobody signed for.
    static var ledger: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.requestsPerPeerMax = ServerLimits.ledgerRequestsPerPeerMax
        limits.answers = ServerLimits.answersOfPeer
        return limits
    }

    /// The owner and the loopback interface may have all: the one has a right to it, the other is many.
    func connectionsMax(of peer: Peer) -> Int {
        switch peer {
        case .loopback: connectionsMax
        case .relayed: connectionsPerRelayedPeerMax
        case .user, .address: peer.isOwner ? connectionsMax : connectionsPerUserMax
        }
    }
}
