import GCXModel
import GCXSigning
import GCXWire
import NIOCore
import NIOHTTP2

/// The machine's side of ``RegistrationLines``; then it becomes a server of HTTP/2.
final class LinkRegistration: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Stage {
        case greeted(at: NIODeadline)
        /// The key is asked to sign.
        case signing(latency: Duration)
        case signed(latency: Duration)
        case done
    }

    private let relay: RelayAddress
    private let link: RelayLink
    private let registered: EventLoopPromise<Duration>
    private var lines = LineCollector()
    private var stage = Stage.greeted(at: .now())

    init(_ relay: RelayAddress, _ link: RelayLink, _ registered: EventLoopPromise<Duration>) {
        self.relay = relay
        self.link = link
        self.registered = registered
    }

    func channelActive(context: ChannelHandlerContext) {
        stage = .greeted(at: .now())
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: RegistrationLines.greetingLine)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = stage { return context.fireChannelRead(data) }
        lines.add(unwrapInboundIn(data))
        do throws(RelayError) {
            try takeLines(context)
        } catch {
            fail(error, context)
        }
    }

    private func takeLines(_ context: ChannelHandlerContext) throws(RelayError) {
        switch stage {
        case .greeted(let began):
            guard let line = try lines.next() else { return }
            let challenge = try RegistrationLines.read(line, as: RegistrationLines.Challenge.self)
            let latency = Duration.nanoseconds((NIODeadline.now() - began).nanoseconds)  // bounded: one clock
            try answer(challenge, latency, context)
        case .signed(let latency):
            guard let line = try lines.next() else { return }
            let verdict = try RegistrationLines.read(line, as: RegistrationLines.Verdict.self)
            if let refusal = verdict.refusal { throw .refused(by: relay.description, reason: refusal) }
            try speakHTTP2(latency, context)
        case .signing:
            guard lines.held.readableBytes == 0 else { throw .lineMalformed(reason: "it speaks before it is answered") }
        case .done: break
        }
    }

    /// Signs for the relay that was dialled and for no other, whatever it calls itself.
    private func answer(
        _ challenge: RegistrationLines.Challenge, _ latency: Duration, _ context: ChannelHandlerContext
    ) throws(RelayError) {
        guard challenge.relay == relay.description else {
            throw .otherRelay(expected: relay.description, found: challenge.relay)
        }
        stage = .signing(latency: latency)
        let document = RelayRegistration(
            relay: challenge.relay, machine: link.custody.address, nonce: challenge.nonce, at: link.settings.clock())
        let signed = context.eventLoop.makeFutureWithTask { [custody = link.custody] in
            let signature = try await custody.sign(document.digest(in: RegistrationLines.domain))
            return Signed(document: document, signature: signature)
        }
        signed.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let registration):
                stage = .signed(latency: latency)
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(bytes: RegistrationLines.line(registration))), promise: nil)
            case .failure(let error): fail(.signatureWrong(reason: ForeignError.words(error)), context)
            }
        }
    }

    private func speakHTTP2(_ latency: Duration, _ context: ChannelHandlerContext) throws(RelayError) {
        stage = .done
        let limits = link.settings.limits
        let configuration = ReverseHTTP2.configuration(streamsMax: limits.streamsMax)
        let name = MachineName(link.custody.address).description
        let connection = context.channel
        let from = StreamEntry.Source(
            relay: relay, isProven: link.settings.security != nil, payer: link.settings.payer?(relay)
        ) { [relay, onEvent = link.onEvent] error in
            onEvent(.failed(relay, error))
            connection.close(promise: nil)
        }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(SmallReads())
            _ = try pipeline.configureHTTP2Pipeline(
                mode: .server, connectionConfiguration: configuration.connection,
                streamConfiguration: configuration.stream
            ) { [acceptor = link.acceptor] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(StreamEntry.handlers(name, from, acceptor))
                }
            }
            try pipeline.addHandler(AddressWatch(every: TimeAmount(limits.addressPause)))
            try pipeline.addHandler(PingHandler(every: TimeAmount(limits.pingPause)))
        } catch {
            throw .closed
        }
        registered.succeed(latency)
        // What came behind the verdict is HTTP/2 already.
        if lines.held.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(lines.held))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        registered.fail(RelayError.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        registered.fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: RelayError, _ context: ChannelHandlerContext) {
        stage = .done
        registered.fail(error)
        context.close(promise: nil)
    }
}
