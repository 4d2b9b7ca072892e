import GCXWire
import NIOCore
import Synchronization

// dictionaries: known, awaited

/// The door of a server for what relays pass on: a port of the loopback interface that takes connections of this process alone, and
/// knows who is behind each.
///
/// Whoever dials it says from which port. The server may see a connection before that is said, and waits a moment for the word; one of which
/// nothing is said is another program's, and is closed unread.
package final class RelayedEntrance: Sendable {
    /// The port, each time that the server begins to listen.
    package let ports: AsyncStream<UInt16>
    let opened: AsyncStream<UInt16>.Continuation

    private struct State {
        var known: [UInt16: Peer] = [:]
        var awaited: [UInt16: EventLoopPromise<Peer?>] = [:]
    }

    private let state = Mutex(State())

    package init() {
        (ports, opened) = AsyncStream.makeStream(of: UInt16.self, bufferingPolicy: .bufferingNewest(1))
    }

    static let endpoint = Endpoint.secure(SecurePlace(host: "127.0.0.1", port: 0))

    /// Says who is behind a connection.
    ///
    /// - Parameters:
    ///   - port: this machine's, from which the connection went out.
    ///   - relay: a number for the relay that passes it on.
    ///   - network: the buyer's address in the relay's word, as `Peer` counts addresses; empty for one that is not known.
    package func announce(port: UInt16, relay: UInt8, network: [UInt8]) {
        let peer = Peer.relayed(by: relay, network)
        let waiting = state.withLock { state in
            let waiting = state.awaited.removeValue(forKey: port)
            if waiting == nil { state.known[port] = peer }
            return waiting
        }
        waiting?.succeed(peer)
    }

    /// Who is behind a connection that came; nil for nobody that was announced.
    func peer(of channel: any Channel) -> EventLoopFuture<Peer?> {
        guard let port = channel.remoteAddress?.port.flatMap(UInt16.init(exactly:)) else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        let promise = channel.eventLoop.makePromise(of: Peer?.self)
        let (peer, older) = state.withLock { state -> (Peer?, EventLoopPromise<Peer?>?) in
            if let peer = state.known.removeValue(forKey: port) { return (peer, nil) }
            guard state.awaited.count < ServerLimits.announcementsMax else { return (nil, promise) }
            return (nil, state.awaited.updateValue(promise, forKey: port))
        }
        // Its port is another's by now, or there is no room to wait.
        older?.succeed(nil)
        if let peer {
            promise.succeed(peer)
        } else {
            let late = channel.eventLoop.scheduleTask(in: TimeAmount(ServerLimits.announcementWait)) { [self] in
                state.withLock { $0.awaited.removeValue(forKey: port) }?.succeed(nil)
            }
            promise.futureResult.whenComplete { _ in late.cancel() }
        }
        return promise.futureResult
    }
}
