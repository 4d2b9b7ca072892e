import NIOCore
import Synchronization

/// The ``ConnectionBook`` of a running server, with the connections themselves.
final class ConnectionTable: Sendable {
    /// The book, and what has to be closed.
    private struct State {
        var book: ConnectionBook
        var channels: [ConnectionID: any Channel] = [:]
        var last: ConnectionID = 0
    }

    let limits: ConnectionLimits
    private let state: Mutex<State>

    init(_ limits: ConnectionLimits) {
        self.limits = limits
        state = Mutex(State(book: ConnectionBook(limits)))
    }

    /// Connections that are held now.
    var count: Int { state.withLock { $0.book.entries.count } }

    /// - Returns: nil when there is no place; the channel is then to be closed.
    func admit(_ channel: any Channel, _ peer: Peer) -> ConnectionID? {
        let (id, victim) = state.withLock { state -> (ConnectionID?, (any Channel)?) in
            state.last += 1
            switch state.book.admit(state.last, peer, at: .now()) {
            case .refused: return (nil, nil)
            case .admitted:
                state.channels[state.last] = channel
                return (state.last, nil)
            case .instead(let other):
                state.channels[state.last] = channel
                return (state.last, state.channels.removeValue(forKey: other))
            }
        }
        victim?.close(promise: nil)
        return id
    }

    /// Whether a request may be worked on now.
    func serve(_ id: ConnectionID) -> Bool {
        let (isServed, victim) = state.withLock { state -> (Bool, (any Channel)?) in
            switch state.book.serve(id, at: .now()) {
            case .admitted: (true, nil)
            case .refused: (false, nil)
            case .instead(let other): (true, state.channels.removeValue(forKey: other))
            }
        }
        victim?.close(promise: nil)
        return isServed
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

/// The connection that a route works for, where a server of ours calls it.
struct Visit: Sendable {
    let table: ConnectionTable
    let id: ConnectionID
    let peer: Peer

    @TaskLocal static var current: Visit?
}
