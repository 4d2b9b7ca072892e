import GCXModel
import NIOCore

// dictionaries: entries, counts, busy

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
/// or send slower than `ServerLimits.slowBytesPerSecond`. None is judged before it had time to show what it is
/// (`ServerLimits.stillAfter`, `ServerLimits.slowAfter`), or a crowd that comes at once would take the place of whoever connected
/// just before it. So the new one waits until then, the last to come first: in a flood that is where somebody is whom the
/// flood has not yet passed by. Only when all work in earnest is the new one refused.
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

    /// A connection that waits for its place.
    private struct Waiter {
        let id: ConnectionID
        let peer: Peer
        let since: NIODeadline
    }

    let limits: ConnectionLimits
    /// In the order in which they came.
    private var waiting: [Waiter] = []
    private(set) var entries: [ConnectionID: Entry] = [:]
    private var counts: [Peer: Int] = [:]
    private var busy: [Peer: Int] = [:]

    init(_ limits: ConnectionLimits) { self.limits = limits }

    /// What is to be done with a connection, or a request.
    enum Admission: Equatable {
        case admitted
        /// This other one makes place.
        case instead(of: ConnectionID)
        case refused
    }

    /// What is to be done with a new connection.
    enum Arrival: Equatable {
        case decided(Admission)
        /// It waits; `pushingOut` had waited for longest and is refused.
        case waits(pushingOut: ConnectionID?)
    }

    /// Those who wait for a place.
    var waitingCount: Int { waiting.count }

    /// A new connection gets a place or waits for one. O(1), or O(connections) at a bound.
    mutating func arrive(_ id: ConnectionID, _ peer: Peer, at now: NIODeadline) -> Arrival {
        let admission = admit(id, peer, at: now)
        guard admission == .refused, limits.waitingMax > 0 else { return .decided(admission) }
        let out = waiting.count >= limits.waitingMax ? longestWaiting() : nil
        waiting.append(Waiter(id: id, peer: peer, since: now))
        return .waits(pushingOut: out)
    }

    /// Takes out the one that has waited for longest, of the peer that has most waiting.
    private mutating func longestWaiting() -> ConnectionID? {
        var counts: [Peer: Int] = [:]
        // bounded: as many as wait
        for waiter in waiting { counts[waiter.peer, default: 0] += 1 }
        let largest = counts.max { $0.value < $1.value }?.key
        return waiting.firstIndex { $0.peer == largest }.map { waiting.remove(at: $0).id }
    }

    /// Gives places to those who wait, the last to come first, and refuses who has waited for too long.
    ///
    /// - Complexity: O(waiting + places given x connections).
    mutating func seat(at now: NIODeadline) -> [(id: ConnectionID, admission: Admission)] {
        var (seated, left) = ([(id: ConnectionID, admission: Admission)](), [Waiter]())
        // When one of a peer finds none, neither does the next.
        var withoutPlace: Set<Peer> = []
        for waiter in waiting.reversed() {
            let admission = withoutPlace.contains(waiter.peer) ? .refused : admit(waiter.id, waiter.peer, at: now)
            // bounded: two moments of one clock
            if admission != .refused || now - waiter.since >= TimeAmount(limits.placeWait) {
                seated.append((waiter.id, admission))
            } else {
                withoutPlace.insert(waiter.peer)
                left.append(waiter)
            }
        }
        waiting = left.reversed()
        return seated
    }

    /// Nobody waits any more. Returns who did.
    mutating func clearWaiting() -> [ConnectionID] {
        defer { waiting = [] }
        return waiting.map(\.id)
    }

    /// Notes a connection unless there is no place. Who makes place is forgotten at once.
    private mutating func admit(_ id: ConnectionID, _ peer: Peer, at now: NIODeadline) -> Admission {
        var admission = Admission.admitted
        if let crowd = crowd(for: peer) {
            guard let victim = worst(of: crowd, at: now) else { return .refused }
            remove(victim)
            admission = .instead(of: victim)
        }
        entries[id] = Entry(peer: peer, stage: .silent, since: now)
        // bounded: `connectionsMax` at most
        counts[peer, default: 0] += 1
        return admission
    }

    /// Whether a request of this connection may be worked on, and whom that costs the place.
    ///
    /// - Complexity: O(1), or O(connections) at the bound.
    mutating func serve(_ id: ConnectionID, at now: NIODeadline) -> Admission {
        guard let peer = entries[id]?.peer, (busy[peer] ?? 0) > limits.requestsPerPeerMax else { return .admitted }
        guard let victim = worst(at: now, { $1.peer == peer && $0 != id && $1.stage.isBusy }) else { return .refused }
        remove(victim)
        return .instead(of: victim)
    }

    /// Who is at the other end; nil for a connection that is gone.
    func peer(of id: ConnectionID) -> Peer? { entries[id]?.peer }

    mutating func change(_ id: ConnectionID, to stage: ConnectionStage, at now: NIODeadline) {
        guard let entry = entries[id] else { return }
        // bounded: one up for each that is busy, and one down when it is no more
        if entry.stage.isBusy != stage.isBusy { busy[entry.peer, default: 0] += stage.isBusy ? 1 : -1 }
        entries[id] = Entry(peer: entry.peer, stage: stage, since: now)
    }

    /// `count` more bytes went through in the present stage.
    mutating func moved(_ id: ConnectionID, _ count: Int) { entries[id]?.bytes &+= count }

    mutating func remove(_ id: ConnectionID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if entry.stage.isBusy { busy[entry.peer, default: 1] -= 1 }  // bounded: it was counted when it became busy
        counts[entry.peer, default: 1] -= 1  // bounded: it was counted when it came
        if counts[entry.peer] == 0 { (counts[entry.peer], busy[entry.peer]) = (nil, nil) }
    }

    /// Among whom a place must be found before `peer` gets one; nil when there is one.
    private func crowd(for peer: Peer) -> Crowd? {
        let own = counts[peer] ?? 0
        if own >= limits.connectionsMax(of: peer) { return .peer(peer) }
        if let relay = peer.relay, held(by: relay) >= limits.connectionsPerRelayMax {
            return largest { $0.relay == relay }
        }
        if entries.count >= limits.connectionsMax { return largest { peer.isOwner || !$0.isOwner } }
        // Whoever comes through the loopback interface may be the owner; there the reserve would be nobody's.
        guard case .user = peer, !peer.isOwner else { return nil }
        // bounded here: connections that are held, and limits of ours, of which the reserve is the smaller
        let strangers = counts.reduce(0) { $1.key.isOwner ? $0 : $0 + $1.value }
        return strangers >= limits.connectionsMax - limits.ownerReserve ? largest { !$0.isOwner } : nil
    }

    /// Connections of all that one relay brings.
    private func held(by relay: UInt8) -> Int {
        // bounded: connections that are held
        counts.reduce(0) { $1.key.relay == relay ? $0 + $1.value : $0 }
    }

    private enum Crowd { case peer(Peer), nobody }

    /// The peer that holds most places gives one up; the owner never to a stranger.
    private func largest(_ isAsked: (Peer) -> Bool) -> Crowd {
        counts.filter { isAsked($0.key) }.max { $0.value < $1.value }.map { .peer($0.key) } ?? .nobody
    }

    private func worst(of crowd: Crowd, at now: NIODeadline) -> ConnectionID? {
        guard case .peer(let peer) = crowd else { return nil }
        return worst(at: now) { $1.peer == peer }
    }

    /// Who goes first of those that are asked for.
    ///
    /// Who has been idle does not go for a crowd that has only just connected: that is judged first.
    private func worst(at now: NIODeadline, _ isAsked: (ConnectionID, Entry) -> Bool) -> ConnectionID? {
        var (worst, lowest): (ConnectionID?, (Int, UInt64, UInt64)) = (nil, (.max, 0, 0))
        var isNewCrowd = false
        for (id, entry) in entries where isAsked(id, entry) {
            if let rank = rank(entry, at: now) {
                if rank < lowest { (worst, lowest) = (id, rank) }
            } else if entry.stage == .silent {
                isNewCrowd = true
            }
        }
        guard isNewCrowd, let found = worst, entries[found]?.stage == .idle else { return worst }
        return self.worst(at: now) { $1.stage != .idle && $1.stage != .silent && isAsked($0, $1) }
    }

    private func isStill(_ entry: Entry, at now: NIODeadline) -> Bool {
        now - entry.since >= TimeAmount(limits.stillAfter)  // bounded: two moments of one clock
    }

    /// Lower goes first: the kind, then the rate, then who has been there for longest; nil does not go now.
    private func rank(_ entry: Entry, at now: NIODeadline) -> (Int, UInt64, UInt64)? {
        // bounded here: two moments of one clock, a limit of ours, and a second at least
        let (age, since) = (now - entry.since, entry.since.uptimeNanoseconds)
        let isStill = isStill(entry, at: now)
        switch entry.stage {
        case .silent: return isStill ? (0, 0, since) : nil
        case .idle: return (1, 0, since)
        case .serving: return nil
        case .receiving, .sending:
            if entry.bytes == 0 { return isStill ? (2, 0, since) : nil }
            guard age >= TimeAmount(limits.slowAfter) else { return nil }
            let rate =
                UInt64(clamping: entry.bytes) / UInt64(clamping: max(age.nanoseconds / Int64(Nanoseconds.inSecond), 1))
            return rate < UInt64(limits.slowBytesPerSecond) ? (2, rate, since) : nil
        }
    }
}

extension ConnectionStage {
    /// Whether a request is on its way through.
    var isBusy: Bool { self != .silent && self != .idle }
}
