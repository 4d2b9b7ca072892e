/// The bounds and deadlines of a server's connections. A server has those of ``APILimits``; a test may take smaller ones.
struct ConnectionLimits: Sendable {
    var connectionsMax = APILimits.connectionsMax
    var connectionsPerUserMax = APILimits.connectionsPerUserMax
    var waitingMax = APILimits.connectionsInWaitingRoomMax
    var placeWait = APILimits.placeWait
    var stillAfter = APILimits.stillAfter
    var ownerReserve = APILimits.connectionsOwnerReserve
    var requestsPerPeerMax = APILimits.requestsPerPeerMax
    /// Nil where answers are as fast as they can be.
    var answers: AnswerPace.Size?
    var firstByte = APILimits.firstByteTimeout
    var head = APILimits.headTimeout
    var idle = APILimits.idleConnection
    var silence = APILimits.bodySilence
    var bytesPerSecondMin = APILimits.bytesPerSecondMin
    var rateGrace = APILimits.rateGrace
    var slowAfter = APILimits.slowAfter
    var slowBytesPerSecond = APILimits.slowBytesPerSecond
    /// How often the deadlines of a connection are looked at.
    var tick: Duration = .milliseconds(500)

    /// Those of a ledger: what it answers is short work that nobody signed for.
    static var ledger: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.requestsPerPeerMax = APILimits.ledgerRequestsPerPeerMax
        limits.answers = APILimits.answersOfPeer
        return limits
    }

    /// The bounds of a process that may open so many files.
    func fitting(openFiles: UInt64) -> ConnectionLimits {
        var copy = self
        // bounded: no less than limits of ours below zero
        let rest = Int(clamping: openFiles) - connectionsMax - APILimits.filesBesideConnectionsMax
        copy.waitingMax = min(waitingMax, max(rest, 0))
        return copy
    }

    /// The owner and the loopback interface may have all: the one has a right to it, the other is many.
    func connectionsMax(of peer: Peer) -> Int {
        switch peer {
        case .loopback: connectionsMax
        case .user: peer.isOwner ? connectionsMax : connectionsPerUserMax
        }
    }
}
