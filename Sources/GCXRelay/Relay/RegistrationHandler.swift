import GCXModel
import GCXSigning
import GCXWire
import NIOCore
import NIOHTTP2

/// The relay's side of ``RegistrationLines``; then it becomes a client of HTTP/2.
final class RegistrationHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let desk: RelayDesk
    private let id: UInt64
    private let peer: RelayPeer
    private let isPlain: Bool
    private var lines = LineCollector()
    private var challenge: RegistrationLines.Challenge?
    private var isDone = false

    /// First lines that are understood, and the names of these protocols in ALPN.
    static let greetings: Set = [RegistrationLines.greeting, LookLines.greeting]

    init(_ desk: RelayDesk, _ id: UInt64, _ peer: RelayPeer, isPlain: Bool) {
        self.desk = desk
        self.id = id
        self.peer = peer
        self.isPlain = isPlain
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        lines.add(unwrapInboundIn(data))
        do throws(RelayError) {
            while !isDone, let line = try lines.next() { try take(line, context) }
        } catch {
            refuse(context, error)
        }
    }

    private func take(_ line: [UInt8], _ context: ChannelHandlerContext) throws(RelayError) {
        guard let challenge else { return try greet(line, context) }
        let signed = try RegistrationLines.read(line, as: Signed<RelayRegistration>.self)
        guard lines.held.readableBytes == 0 else { throw .lineMalformed(reason: "it speaks before it is asked") }
        guard desk.mayRegister(peer) else { throw .full(what: "registrations of this address") }
        let machine = try RegistrationLines.check(
            signed, answering: challenge, at: desk.settings.clock(), clockSeconds: desk.limits.clockSeconds)
        try welcome(MachineName(machine), context)
    }

    private func greet(_ line: [UInt8], _ context: ChannelHandlerContext) throws(RelayError) {
        if line == Array(LookLines.greeting.utf8) { return look(context) }
        guard line == Array(RegistrationLines.greeting.utf8) else {
            throw .lineMalformed(reason: "it does not begin with “\(RegistrationLines.greeting)”")
        }
        guard !isPlain || desk.settings.takesPlainMachines else { return context.close(promise: nil) }
        let challenge = RegistrationLines.Challenge(
            relay: Untrusted(desk.settings.name), nonce: .random(), at: desk.settings.clock())
        self.challenge = challenge
        send(challenge, context)
    }

    /// Whoever wants to be looked at says no more to this handler. The time that a handshake may take bounds the whole.
    private func look(_ context: ChannelHandlerContext) {
        isDone = true
        do {
            try context.pipeline.syncOperations.addHandler(LookHandler(desk, peer, lines), position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func welcome(_ name: MachineName, _ context: ChannelHandlerContext) throws(RelayError) {
        try desk.place(for: name, from: peer)
        isDone = true
        send(RegistrationLines.Verdict(name: name.description), context)
        do {
            try speakHTTP2(name, context)
        } catch {
            desk.leavePlace(of: peer)
            context.close(promise: nil)
        }
    }

    private func speakHTTP2(_ name: MachineName, _ context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        let configuration = ReverseHTTP2.configuration(streamsMax: 0)
        try pipeline.addHandler(SmallReads())
        let streams = try pipeline.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: configuration.connection, streamConfiguration: configuration.stream
        ) { channel in
            // A machine opens nothing here.
            channel.close()
        }
        try pipeline.addHandler(PingHandler(every: TimeAmount(desk.limits.pingPause)))
        desk.settle(id)
        desk.add(
            MachineConnection(
                name, peer: peer, channel: context.channel, streams: streams,
                pace: Pace(desk.limits.bytesOfMachine, at: desk.now)))
        pipeline.removeHandler(self, promise: nil)
    }

    private func send(_ value: some Encodable, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: RegistrationLines.line(value))), promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ error: RelayError) {
        isDone = true
        let verdict = RegistrationLines.Verdict(refusal: Untrusted(error.description), problem: error.problem)
        // What a stranger wrote may be too long to be said twice.
        let isShort = RegistrationLines.line(verdict).count <= RelayWire.lineBytesMax
        send(isShort ? verdict : RegistrationLines.Verdict(refusal: verdict.refusal), context)
        let channel = context.channel
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
