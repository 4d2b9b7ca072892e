import GCXModel
import GCXWire
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The handler behind the decoder: knows where requests and answers begin and end, answers what is no request, and gives
/// `HEAD` no body.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let progress: ConnectionProgress
    /// Nothing more is read or answered.
    private(set) var isEnding = false
    private var context: ChannelHandlerContext?
    /// The methods of the requests that are not answered yet.
    private var methods: [HTTPMethod] = []
    private var isAnswerBegun = false

    init(_ progress: ConnectionProgress) { self.progress = progress }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard methods.count < ServerLimits.pipelinedMax else { return close() }
            methods.append(head.method)
            progress.tookHead(at: .now())
        case .body: break
        case .end: progress.tookEnd()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnding else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isAnswerBegun = head.status.code >= 200
            context.write(data, promise: promise)
        case .body:
            guard methods.first == .HEAD else { return context.write(data, promise: promise) }
            promise?.succeed()
        case .end:
            context.write(data, promise: promise)
            if !methods.isEmpty { methods.removeFirst() }
            isAnswerBegun = false
            progress.answered(at: .now())
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError { fail(RequestError(error)) }
        context.fireErrorCaught(error)
    }

    /// Answers the request that is being read with an error and gives the connection up.
    ///
    /// Where the answer has begun, or an earlier request waits for its own, there is nothing to say.
    func fail(_ error: RequestError) {
        guard !isEnding, let context else { return }
        // A request that is still coming may have its answer already.
        guard !isAnswerBegun, methods.count == (progress.isBodyOpen ? 1 : 0),
            let body = try? WireJSON.encode(ErrorEnvelope(error))
        else { return close() }
        let isHead = methods.first == .HEAD
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: error.status.code))
        head.headers = [
            "content-type": ProblemWire.contentType, "content-length": "\(body.count)", "connection": "close",
        ]
        if let after = error.retryAfterSeconds { head.headers.add(name: "retry-after", value: "\(after)") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        isEnding = true
        let done = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
        done.futureResult.assumeIsolated().whenComplete { [self] _ in linger() }
    }

    /// What has arrived and was not read would make the kernel reset the connection, and the answer with it; so the rest
    /// is taken for a moment.
    private func linger() {
        guard let context else { return }
        context.close(mode: .output, promise: nil)
        context.read()
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(ServerLimits.lingering)) { [self] in close() }
    }

    func close() {
        isEnding = true
        context?.close(promise: nil)
    }
}

/// Hands errors that a handler further in finds back to the ``RequestGuard``.
final class ErrorReturn: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private let requests: RequestGuard

    init(_ requests: RequestGuard) { self.requests = requests }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !(error is HTTPParserError) { requests.fail(.malformed("its head makes no sense")) }
        context.fireErrorCaught(error)
    }
}

extension RequestError {
    /// What is wrong with bytes that are no request.
    init(_ error: HTTPParserError) {
        switch error {
        case .headerOverflow: self = .headersTooLarge(bytesMax: ServerLimits.headersBytesMax)
        default: self = .malformed("it is not HTTP/1.1")
        }
    }
}
