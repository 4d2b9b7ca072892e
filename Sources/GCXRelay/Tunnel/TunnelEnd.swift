import NIOCore

/// Two channels of one event loop, of which each gets what the other reads.
///
/// A side reads no faster than the other writes. When a side ends its output, the other side's output is ended behind the last byte;
/// when a side is gone, the other is closed behind the last byte, or when ``lingering`` is over.
final class Tunnel {
    fileprivate let meter: (any TunnelMeter)?
    fileprivate let lingering: TimeAmount
    private weak var first: TunnelEnd?
    private weak var second: TunnelEnd?
    fileprivate private(set) var hasEnded = false
    /// Bytes of both directions; whoever watches for silence looks whether it grows.
    private(set) var moved: UInt64 = 0

    init(meter: (any TunnelMeter)?, lingering: TimeAmount) {
        self.meter = meter
        self.lingering = lingering
    }

    /// The two handlers, for the ends of the two pipelines, which keep them.
    func ends() -> (TunnelEnd, TunnelEnd) {
        let ends = (TunnelEnd(self), TunnelEnd(self))
        (first, second) = ends
        return ends
    }

    /// Closes both sides at once.
    func cut() {
        first?.close()
        second?.close()
        end(after: nil)
    }

    fileprivate func partner(of end: TunnelEnd) -> TunnelEnd? { end === first ? second : first }

    fileprivate func passed(_ bytes: Int) {
        moved &+= UInt64(clamping: bytes)
        meter?.passed(bytes)
    }

    /// One side is gone.
    fileprivate func end(after gone: TunnelEnd?) {
        guard !hasEnded else { return }
        hasEnded = true
        meter?.ended()
        if let gone { partner(of: gone)?.closeBehindLastByte() }
    }
}

/// One side of a ``Tunnel``, at the end of its channel's pipeline.
final class TunnelEnd: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let tunnel: Tunnel
    private var context: ChannelHandlerContext?
    /// The channel wants to read and was made to wait.
    private var isReadWaiting = false
    private var isPaused = false
    private var (hasInputEnded, hasOutputEnded) = (false, false)

    fileprivate init(_ tunnel: Tunnel) { self.tunnel = tunnel }

    private var partner: TunnelEnd? { tunnel.partner(of: self) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        tunnel.end(after: self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        tunnel.passed(buffer.readableBytes)
        partner?.write(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func write(_ buffer: ByteBuffer) { context?.write(wrapOutboundOut(buffer), promise: nil) }

    func flush() { context?.flush() }

    func read(context: ChannelHandlerContext) {
        guard partner?.context?.channel.isWritable ?? true else {
            isReadWaiting = true
            return
        }
        guard let pause = tunnel.meter?.pause() else { return context.read() }
        isReadWaiting = true
        guard !isPaused else { return }
        isPaused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            self?.isPaused = false
            self?.readIfAsked()
        }
    }

    private func readIfAsked() {
        guard isReadWaiting, !isPaused, let context else { return }
        isReadWaiting = false
        read(context: context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readIfAsked() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            hasInputEnded = true
            partner?.endOutput()
            if tunnel.hasEnded { context.close(promise: nil) } else { closeIfDone() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tunnel.end(after: self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func close() { context?.close(promise: nil) }

    private func endOutput() {
        guard let context, !hasOutputEnded else { return }
        hasOutputEnded = true
        context.flush()
        let ended = context.eventLoop.makePromise(of: Void.self)
        context.close(mode: .output, promise: ended)
        ended.futureResult.assumeIsolated().whenComplete { [self] _ in closeIfDone() }
    }

    private func closeIfDone() {
        if hasInputEnded, hasOutputEnded { close() }
    }

    fileprivate func closeBehindLastByte() {
        guard let context else { return }
        endOutput()
        isReadWaiting = true
        readIfAsked()
        let channel = context.channel
        context.eventLoop.scheduleTask(in: tunnel.lingering) { channel.close(promise: nil) }
    }
}
