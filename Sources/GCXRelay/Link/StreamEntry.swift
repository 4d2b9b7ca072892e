import GCXModel
import GCXWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// The beginning of a stream that a relay opens: whoever takes buyers' connections is asked, and until it has taken this one
/// nothing of it is read.
final class StreamEntry: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// Which relay opens streams, and whether it has proved that.
    struct Source: Sendable {
        let relay: RelayAddress
        let isProven: Bool
        let payer: TollPayer?
        /// The machine does not pay what the relay asks, or not any more.
        let onUnpaid: @Sendable (RelayError) -> Void

        func origin(said word: String?) -> RelayedOrigin {
            RelayedOrigin(relay: relay, peer: RelayPeer(said: isProven ? word ?? "" : ""))
        }
    }

    private let name: String
    private let source: Source
    private let acceptor: StreamAcceptor
    /// What came with the first frame; a stream's window bounds it.
    private var held: [HTTP2Frame.FramePayload] = []
    private var hasBegun = false
    private var isTaken = false
    private var isCounted = false

    private init(_ name: String, _ source: Source, _ acceptor: @escaping StreamAcceptor) {
        self.name = name
        self.source = source
        self.acceptor = acceptor
    }

    static func handlers(
        _ name: String, _ source: Source, _ acceptor: @escaping StreamAcceptor
    ) -> [any ChannelHandler] {
        // Trailers end a stream of bytes no better than its last frame.
        [StreamEntry(name, source, acceptor), StreamBytes { _ in true }]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        count(frame)
        if isTaken { return context.fireChannelRead(data) }
        if hasBegun {
            held.append(frame)
        } else if case .headers(let headers) = frame {
            begin(headers.headers, context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if isTaken || !hasBegun { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        count(unwrapOutboundIn(data))
        context.write(data, promise: promise)
    }

    /// A machine pays for what it counted itself.
    private func count(_ frame: HTTP2Frame.FramePayload) {
        guard isCounted, case .data(let data) = frame, case .byteBuffer(let buffer) = data.data else { return }
        source.payer?.count(buffer.readableBytes)
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        hasBegun = true
        if headers.first(name: ":method") == "CONNECT", headers.first(name: ":authority") == RelayWire.toll {
            return speakOfToll(context)
        }
        isCounted = true
        guard headers.first(name: ":method") == "CONNECT", headers.first(name: ":authority") == name else {
            return context.close(promise: nil)
        }
        context.writeAndFlush(
            wrapOutboundOut(.headers(.init(headers: ReverseHTTP2.accepted))), promise: nil)
        let origin = source.origin(said: headers.first(name: RelayWire.peerHeader))
        acceptor(context.channel, origin).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success: take(context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    /// The relay asks to be paid.
    private func speakOfToll(_ context: ChannelHandlerContext) {
        let payer = source.payer
        let talk = TollTalk(
            { (line) async throws(RelayError) in
                guard let payer else { throw .tooDear(price: line.tariff?.egressGiB ?? .zero, most: .zero) }
                return try await payer.answer(line)
            }, onFailure: source.onUnpaid)
        guard (try? context.pipeline.syncOperations.addHandler(talk)) != nil else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: ReverseHTTP2.accepted))), promise: nil)
        take(context)
    }

    private func take(_ context: ChannelHandlerContext) {
        isTaken = true
        held.forEach { context.fireChannelRead(wrapInboundOut($0)) }
        if !held.isEmpty { context.fireChannelReadComplete() }
        held = []
        context.channel.read()
    }
}
