import NIOCore

/// Names a connection as long as the server runs.
typealias ConnectionID = UInt64

/// What a connection is doing, which decides how easily it is given up.
enum ConnectionStage: Sendable {
    /// No request has come yet.
    case silent
    /// Between two requests.
    case idle
    /// The body of a request is coming.
    case receiving
    /// The server works on an answer, or makes the caller wait for one.
    case serving
    /// An answer is written that the other side has not taken yet.
    case sending
}

/// Who is connected and what they do, and who has to go when a place is needed.
///
/// A place is never held by silence: when the bound is reached, the connection that has been silent for longest is
/// closed in favour of the new one; then the one that has been idle for longest; then the slowest of those that receive
/// or send slower than `APILimits.slowBytesPerSecond`. Only when all work in earnest is the new one refused.
struct ConnectionBook: Sendable {
    /// A connection as the book sees it.
    struct Entry: Sendable {
        let peer: Peer
        var stage: ConnectionStage
        /// When the stage began.
        var since: NIODeadline
        /// Moved in this stage.
        var bytes = 0
    }

    let limits: ConnectionLimits
    private(set) var entries: [ConnectionID: Entry] = [:]
    private var counts: [Peer: Int] = [:]
    private var busy: [Peer: Int] = [:]

    init(_ limits: ConnectionLimits) { self.limits = limits }

    /// What is to be done with a new connection.
    enum Admission: Equatable {
        case admitted
        /// This other one makes place.
        case instead(of: ConnectionID)
        case refused
    }

    /// Notes a connection unless it is refused. Who makes place is forgotten at once. O(1), or O(connections) at a bound.
    mutating func admit(_ id: ConnectionID, _ peer: Peer, at now: NIODeadline) -> Admission {
        var admission = Admission.admitted
        if let crowd = crowd(for: peer) {
            guard let victim = worst(of: crowd, at: now) else { return .refused }
            remove(victim)
            admission = .instead(of: victim)
        }
        entries[id] = Entry(peer: peer, stage: .silent, since: now)
        counts[peer, default: 0] += 1
        return admission
    }

    /// Whether a request of this connection may be worked on, and whom that costs the place.
    mutating func serve(_ id: ConnectionID, at now: NIODeadline) -> Admission {
        guard let peer = entries[id]?.peer, (busy[peer] ?? 0) > limits.requestsPerPeerMax else { return .admitted }
        let slow = entries.filter { $0.value.peer == peer && $0.key != id && $0.value.stage.isBusy }
        guard let victim = worst(among: slow, at: now) else { return .refused }
        remove(victim)
        return .instead(of: victim)
    }

    mutating func change(_ id: ConnectionID, to stage: ConnectionStage, at now: NIODeadline) {
        guard let entry = entries[id] else { return }
        if entry.stage.isBusy != stage.isBusy { busy[entry.peer, default: 0] += stage.isBusy ? 1 : -1 }
        entries[id] = Entry(peer: entry.peer, stage: stage, since: now)
    }

    /// `count` more bytes went through in the present stage.
    mutating func moved(_ id: ConnectionID, _ count: Int) { entries[id]?.bytes &+= count }

    mutating func remove(_ id: ConnectionID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if entry.stage.isBusy { busy[entry.peer, default: 1] -= 1 }
        counts[entry.peer, default: 1] -= 1
        if counts[entry.peer] == 0 { (counts[entry.peer], busy[entry.peer]) = (nil, nil) }
    }

    /// Among whom a place must be found before `peer` gets one; nil when there is one.
    private func crowd(for peer: Peer) -> Crowd? {
        let own = counts[peer] ?? 0
        if own >= limits.connectionsMax(of: peer) { return .peer(peer) }
        if entries.count >= limits.connectionsMax { return largest(ownersToo: peer.isOwner) }
        // Whoever comes through the loopback interface may be the owner; there the reserve would be nobody's.
        guard case .user = peer, !peer.isOwner else { return nil }
        let strangers = counts.reduce(0) { $1.key.isOwner ? $0 : $0 + $1.value }
        return strangers >= limits.connectionsMax - limits.ownerReserve ? largest(ownersToo: false) : nil
    }

    private enum Crowd { case peer(Peer), nobody }

    /// The peer that holds most places gives one up; the owner never to a stranger.
    private func largest(ownersToo: Bool) -> Crowd {
        let others = counts.filter { ownersToo || !$0.key.isOwner }
        return others.max { $0.value < $1.value }.map { .peer($0.key) } ?? .nobody
    }

    private func worst(of crowd: Crowd, at now: NIODeadline) -> ConnectionID? {
        guard case .peer(let peer) = crowd else { return nil }
        return worst(among: entries.filter { $0.value.peer == peer }, at: now)
    }

    private func worst(among candidates: [ConnectionID: Entry], at now: NIODeadline) -> ConnectionID? {
        candidates.compactMap { id, entry in rank(entry, at: now).map { (id, $0) } }.min { $0.1 < $1.1 }?.0
    }

    /// Lower goes first; nil never goes.
    private func rank(_ entry: Entry, at now: NIODeadline) -> (Int, UInt64)? {
        switch entry.stage {
        case .silent: return (0, entry.since.uptimeNanoseconds)
        case .idle: return (1, entry.since.uptimeNanoseconds)
        case .serving: return nil
        case .receiving, .sending:
            let age = now - entry.since
            guard age >= TimeAmount(limits.slowAfter) else { return nil }
            let rate = UInt64(clamping: entry.bytes) / UInt64(clamping: max(age.nanoseconds / 1_000_000_000, 1))
            return rate < UInt64(limits.slowBytesPerSecond) ? (2, rate) : nil
        }
    }
}

extension ConnectionStage {
    /// Whether a request is on its way through.
    var isBusy: Bool { self != .silent && self != .idle }
}
