import NIOCore
import Synchronization

// dictionaries: channels, waiting

/// The ``ConnectionBook`` of a running server, with the connections themselves.
final class ConnectionTable: Sendable {
    /// The book, and what has to be closed or told.
    fileprivate struct State {
        var book: ConnectionBook
        var channels: [ConnectionID: any Channel] = [:]
        var waiting: [ConnectionID: EventLoopPromise<ConnectionID?>] = [:]
        /// Requests that wait until they may be worked on, in the order in which they came.
        var requests: [WaitingRequest] = []
        var isLooking = false
        var last: ConnectionID = 0
    }

    let limits: ConnectionLimits
    private let state: Mutex<State>
    private let pace: AnswerPace?

    init(_ limits: ConnectionLimits) {
        self.limits = limits
        pace = limits.answers.map(AnswerPace.init)
        state = Mutex(State(book: ConnectionBook(limits)))
    }

    /// Connections that are held now.
    var count: Int { state.withLock { $0.book.entries.count } }

    /// Gives a connection its place, now or when there is one.
    ///
    /// - Returns: nil when there is no place; the channel is then to be closed.
    func admit(_ channel: any Channel, _ peer: Peer) -> EventLoopFuture<ConnectionID?> {
        let promise = channel.eventLoop.makePromise(of: ConnectionID?.self)
        let (news, looks) = state.withLock { state -> (News, Bool) in
            state.last += 1  // bounded: counts in 64 bits
            let id = state.last
            (state.channels[id], state.waiting[id]) = (channel, promise)
            switch state.book.arrive(id, peer, at: .now()) {
            case .decided(let admission): return (state.news(of: id, admission), false)
            case .waits(let pushedOut):
                defer { state.isLooking = true }
                return (pushedOut.map { state.news(of: $0, .refused) } ?? News(), !state.isLooking)
            }
        }
        news.tell()
        if looks { look(again: channel.eventLoop) }
        return promise.futureResult
    }

    /// Looks after those who wait until nobody does.
    private func look(again loop: any EventLoop) {
        loop.scheduleTask(in: TimeAmount(ServerLimits.placeLook)) { [self] in
            // bounded here: joins lists
            let (news, isOver) = state.withLock { state -> ([News], Bool) in
                let news =
                    state.book.seat(at: .now()).map { state.news(of: $0.id, $0.admission) } + state.serveWaiting()
                state.isLooking = state.book.waitingCount > 0 || !state.requests.isEmpty
                return (news, !state.isLooking)
            }
            for one in news { one.tell() }
            if !isOver { look(again: loop) }
        }
    }

    /// Refuses all who wait: the server ends.
    func dismiss() {
        let news = state.withLock { state in
            // bounded here: joins lists
            defer { state.requests = [] }
            return state.book.clearWaiting().map { state.news(of: $0, .refused) }
                + state.requests.map { News(served: $0.promise, isServed: false) }
        }
        for one in news { one.tell() }
    }

    /// Whether a request may be worked on: at once, or after a wait of at most ``ConnectionLimits/placeWait``.
    func serve(_ id: ConnectionID) async -> Bool {
        let (news, wait, loop) = state.withLock { state -> (News?, EventLoopFuture<Bool>?, (any EventLoop)?) in
            let now = NIODeadline.now()
            let admission = state.book.serve(id, at: now)
            guard admission == .refused else { return (state.made(admission), nil, nil) }
            // A connection that was given up since then gets whatever answer; nobody hears it.
            guard let channel = state.channels[id] else { return (nil, nil, nil) }
            let promise = channel.eventLoop.makePromise(of: Bool.self)
            // bounded here: a clock, and a limit of ours
            state.requests.append(
                WaitingRequest(id: id, promise: promise, until: now + TimeAmount(limits.placeWait)))
            defer { state.isLooking = true }
            return (nil, promise.futureResult, state.isLooking ? nil : channel.eventLoop)
        }
        news?.tell()
        if let loop { look(again: loop) }
        return await (try? wait?.get()) ?? true
    }

    /// Waits until an answer of so many bytes may go out. A caller who has gone waits no longer.
    func pace(_ bytes: Int, to peer: Peer) async {
        guard let wait = pace?.send(bytes, to: peer, at: .now()), wait > .zero else { return }
        try? await Task.sleep(for: .nanoseconds(wait.nanoseconds))
    }

    func change(_ id: ConnectionID, to stage: ConnectionStage) {
        state.withLock { $0.book.change(id, to: stage, at: .now()) }
    }

    func moved(_ id: ConnectionID, _ count: Int) { state.withLock { $0.book.moved(id, count) } }

    func remove(_ id: ConnectionID) {
        state.withLock { state in
            state.book.remove(id)
            state.channels[id] = nil
        }
    }
}

/// A request that waits until it may be worked on.
private struct WaitingRequest {
    let id: ConnectionID
    let promise: EventLoopPromise<Bool>
    let until: NIODeadline
}

/// What was decided about a connection or a request, to be told outside the lock.
private struct News {
    var place: EventLoopPromise<ConnectionID?>?
    var id: ConnectionID?
    var served: EventLoopPromise<Bool>?
    var isServed = false
    var victim: (any Channel)?

    func tell() {
        victim?.close(promise: nil)
        place?.succeed(id)
        served?.succeed(isServed)
    }
}

extension ConnectionTable.State {
    /// Who has to go for what was admitted.
    fileprivate mutating func made(_ admission: ConnectionBook.Admission) -> News {
        guard case .instead(let other) = admission else { return News() }
        return News(victim: channels.removeValue(forKey: other))
    }

    fileprivate mutating func news(of id: ConnectionID, _ admission: ConnectionBook.Admission) -> News {
        var news = made(admission)
        (news.place, news.id) = (waiting.removeValue(forKey: id), id)
        if admission == .refused { (news.id, channels[id]) = (nil, nil) }
        return news
    }

    /// Lets the requests that wait be worked on, the last to come first, and refuses who has waited for too long.
    ///
    /// - Complexity: O(requests that wait + let on x connections).
    fileprivate mutating func serveWaiting() -> [News] {
        let now = NIODeadline.now()
        var (news, left, withoutPlace) = ([News](), [WaitingRequest](), Set<Peer>())
        for request in requests.reversed() {
            let peer = book.peer(of: request.id)
            // When one of a peer is not let on, neither is the next.
            let isFull = peer.map { withoutPlace.contains($0) } ?? false
            let admission = isFull ? .refused : book.serve(request.id, at: now)
            if admission != .refused || now >= request.until {
                var one = made(admission)
                (one.served, one.isServed) = (request.promise, admission != .refused)
                news.append(one)
            } else {
                if let peer { withoutPlace.insert(peer) }
                left.append(request)
            }
        }
        requests = left.reversed()
        return news
    }
}

/// The connection that a route works for, where a server of ours calls it.
struct Visit: Sendable {
    let table: ConnectionTable
    let id: ConnectionID
    let peer: Peer
    /// The key that the client showed in its handshake; nil where connections come in plain.
    var shown: ShownKey?

    @TaskLocal static var current: Visit?
}
