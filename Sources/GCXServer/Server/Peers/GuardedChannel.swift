import GCXTransport
import GCXWire
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's connection with our two guards in it and a place in the server's table.
struct GuardedChannel: ServerChildChannel {
    /// A connection, and the visit that its routes work for.
    struct Value: ServerChildChannelValue {
        let base: HTTP1Channel.Value
        let visit: Visit
        var channel: any Channel { base.channel }
    }

    let table: ConnectionTable
    let isUnixSocket: Bool
    /// Where only what relays pass on comes in.
    let entrance: RelayedEntrance?
    /// Nil where connections come in plain.
    let encryption: Encryption?
    let responder: HTTPChannelHandler.Responder

    /// Never fails because of the other side: an error here would end the whole server.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        peer(of: channel).flatMap { peer in
            guard let peer else { return turnAway(channel, logger) }
            // Until there is a place, nothing is read and nothing is made for it.
            return table.admit(channel, peer).flatMap { id in
                let visit = Visit(
                    table: table, id: id ?? 0, peer: peer, shown: encryption.map { _ in ShownKey() })
                // What comes in plain at an encrypted door is never read.
                let isLetIn = id != nil && encryption?.begin(channel, visit) ?? true
                return setup(channel, visit, logger).map { value in
                    if !isLetIn { channel.close(promise: nil) }
                    return value
                }
            }
        }
    }

    /// Nil for whoever has no business at this door.
    private func peer(of channel: any Channel) -> EventLoopFuture<Peer?> {
        entrance?.peer(of: channel) ?? Peer.of(channel, isUnixSocket: isUnixSocket).map { $0 }
    }

    /// Nothing of it is read.
    private func turnAway(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        setup(channel, Visit(table: table, id: 0, peer: .loopback), logger).map { value in
            channel.close(promise: nil)
            return value
        }
    }

    private func setup(_ channel: any Channel, _ visit: Visit, _ logger: Logger) -> EventLoopFuture<Value> {
        let progress = ConnectionProgress(table.limits, at: .now()) { table.change(visit.id, to: $0) }
        let requests = RequestGuard(progress)
        let bound = NIOLoopBound(requests, eventLoop: channel.eventLoop)
        var configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ErrorReturn(bound.value)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: ServerLimits.headerBytesMax, maxHeaderListSize: ServerLimits.headersBytesMax,
                maxHeaderFieldCount: WireLimits.headersMax))
        // The guard keeps the deadlines.
        configuration.idleTimeout = nil
        let base = HTTP1Channel(responder: responder, configuration: configuration)
        return base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(bound.value, position: .after(decoder))
            try pipeline.addHandler(ByteGuard(visit, bound.value), position: .first)
            return Value(base: value, visit: visit)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await Visit.$current.withValue(value.visit) {
            await HTTP1Channel(responder: responder).handle(value: value.base, logger: logger)
        }
    }
}

/// How the connections of a server are encrypted, and how many of a peer may be on their way to that.
struct Encryption: Sendable {
    let identity: ServerIdentity
    let deadline: Duration
    let halfOpen: HalfOpenCount<Peer>

    init(_ identity: ServerIdentity, _ limits: ConnectionLimits) {
        self.identity = identity
        deadline = limits.handshake
        halfOpen = HalfOpenCount(most: limits.halfOpenPerPeerMax)
    }

    /// Whether the handshake has begun. A peer that has too many on their way gets none: an answer would cost more than it is
    /// worth.
    func begin(_ channel: any Channel, _ visit: Visit) -> Bool {
        let peer = visit.peer
        guard halfOpen.begin(peer) else { return false }
        do {
            try identity.encrypt(channel, deadline: deadline) { [halfOpen] result in
                halfOpen.end(peer)
                if case .success(let key?) = result { visit.shown?.set(key) }
            }
            return true
        } catch {
            halfOpen.end(peer)
            return false
        }
    }
}
