import GCXWire
import NIOCore
import NIOPosix

/// A relay's look at this machine from outside.
package struct RelayLook: Sendable {
    /// What a relay saw.
    package struct Report: Equatable, Sendable {
        package let sight: LookLines.Sight
        /// One round trip.
        package let latency: Duration
        package let ports: [LookLines.TriedPort]
    }

    private let address: String
    private let relay: RelayAddress
    private let security: LinkSecurity?

    /// - Parameters:
    ///   - address: one of the relay's addresses, without brackets; each kind of address is a look of its own.
    ///   - security: the client's side of TLS with ALPN ``LookLines/greeting``; nil speaks without.
    package init(at address: String, of relay: RelayAddress, security: LinkSecurity? = nil) {
        (self.address, self.relay, self.security) = (address, relay, security)
    }

    /// The addresses that this machine has itself.
    package static var ownAddresses: [String] { AddressWatch.ofThisMachine()?.compactMap(\.ipAddress) ?? [] }

    /// Asks about ports of this machine.
    ///
    /// - Parameter ports: ``LookLimits/portsMax`` at the most.
    /// - Throws: ``RelayError/unreachable(_:reason:)``, ``RelayError/refused(by:reason:)``, or what is wrong with the answer.
    /// - Complexity: two round trips, and ``LookLimits/dialTime`` where nothing answers.
    package func ask(_ ports: [LookLines.WantedPort]) async throws(RelayError) -> Report {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let found = loop.makePromise(of: Report.self)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(LookLimits.dialTime))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try security?(channel) { [relay] reason in
                            found.fail(RelayError.unreachable(relay.description, reason: reason))
                        }
                        try channel.pipeline.syncOperations.addHandler(LookQuestion(ports, relay, found))
                    }
                }
                // bounded: 16 bits
                .connect(host: address, port: Int(relay.port)).get()
            let late = loop.scheduleTask(in: TimeAmount(LookLimits.lookTime)) { channel.close(promise: nil) }
            defer { late.cancel() }
            let report = try await found.futureResult.get()
            channel.close(promise: nil)
            return report
        } catch {
            found.fail(error)
            throw error as? RelayError ?? .unreachable(relay.description, reason: NetworkWords.text(error))
        }
    }
}

/// The machine's side of ``LookLines``.
private final class LookQuestion: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let ports: [LookLines.WantedPort]
    private let relay: RelayAddress
    private let found: EventLoopPromise<RelayLook.Report>
    private var lines = LineCollector()
    private var began = NIODeadline.now()
    private var seen: (sight: LookLines.Sight, latency: Duration)?

    init(_ ports: [LookLines.WantedPort], _ relay: RelayAddress, _ found: EventLoopPromise<RelayLook.Report>) {
        (self.ports, self.relay, self.found) = (ports, relay, found)
    }

    func channelActive(context: ChannelHandlerContext) {
        began = .now()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: LookLines.greetingLine)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.add(unwrapInboundIn(data))
        do throws(RelayError) {
            while let line = try lines.next() { try take(line, context) }
        } catch {
            fail(error, context)
        }
    }

    private func take(_ line: [UInt8], _ context: ChannelHandlerContext) throws(RelayError) {
        guard let (sight, latency) = seen else {
            let sight = try RegistrationLines.read(line, as: LookLines.Sight.self)
            // bounded: two moments of one clock
            seen = (sight, .nanoseconds((NIODeadline.now() - began).nanoseconds))
            let wish = RegistrationLines.line(LookLines.Wish(ports: ports))
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: wish)), promise: nil)
            return
        }
        let answer = try RegistrationLines.read(line, as: LookLines.Answer.self)
        if let refusal = answer.refusal { throw .refused(by: relay.description, reason: refusal) }
        found.succeed(RelayLook.Report(sight: sight, latency: latency, ports: answer.ports))
    }

    func channelInactive(context: ChannelHandlerContext) {
        found.fail(RelayError.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        found.fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: RelayError, _ context: ChannelHandlerContext) {
        found.fail(error)
        context.close(promise: nil)
    }
}
