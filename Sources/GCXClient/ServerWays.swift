package import GCXWire
import Synchronization

/// The ways to one server, of which one is taken until it proves closed; then the next.
package final class ServerWays: Sendable {
    /// Never empty.
    private let all: [ServerAddress]
    private let place = Mutex(0)

    /// - Parameter other: taken when the list is empty.
    package init(_ addresses: [ServerAddress], else other: ServerAddress) {
        all = addresses.isEmpty ? [other] : addresses
    }

    /// Ways besides the one that is taken.
    package var others: Int { all.count - 1 }  // bounded: it is never empty

    /// The way that is taken now.
    package var current: ServerAddress { all[place.withLock { $0 }] }  // bounded: a place of the list

    /// Takes the next way from now on, unless somebody did already.
    package func leave(_ way: ServerAddress) {
        place.withLock { place in
            // bounded here: a place of the list, which is never empty
            if all[place] == way { place = (place + 1) % all.count }
        }
    }
}
