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
    let responder: HTTPChannelHandler.Responder

    /// Never fails because of the other side: an error here would end the whole server.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        Peer.of(channel, isUnixSocket: isUnixSocket).flatMap { peer in
            // Until there is a place, nothing is read and nothing is made for it.
            table.admit(channel, peer).flatMap { id in
                let visit = Visit(table: table, id: id ?? 0, peer: peer)
                return setup(channel, visit, logger).map { value in
                    if id == nil { channel.close(promise: nil) }
                    return value
                }
            }
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
