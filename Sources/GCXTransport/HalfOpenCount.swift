import Synchronization

// dictionaries: counts

/// Handshakes that are not done yet, counted for each peer, so that nobody keeps a server at work with beginnings.
package final class HalfOpenCount<Peer: Hashable & Sendable>: Sendable {
    private let most: Int
    private let counts = Mutex<[Peer: Int]>([:])

    package init(most: Int = TransportLimits.halfOpenPerPeerMax) { self.most = most }

    /// Whether this peer may begin one more; then ``end(_:)`` is called once for it.
    package func begin(_ peer: Peer) -> Bool {
        counts.withLock { counts in
            let open = counts[peer] ?? 0
            guard open < most else { return false }
            counts[peer] = open + 1  // bounded: by `most`
            return true
        }
    }

    package func end(_ peer: Peer) {
        counts.withLock { counts in
            guard let open = counts[peer] else { return }
            counts[peer] = open > 1 ? open - 1 : nil  // bounded: more than 1
        }
    }

    /// Peers with a handshake that is not done.
    package var peers: Int { counts.withLock { $0.count } }
}
