import GCXModel
import GCXSigning
import GCXWire
import Logging
package import NIOCore
import NIOHPACK
import NIOHTTP2

// dictionaries: handshakes, machines, past

/// Puts encryption in front of what a channel speaks: adds its handlers to the end of the pipeline, on the channel's event loop.
package typealias ChannelSecurity = @Sendable (any Channel) throws -> Void

/// What a relay knows, all of it on one event loop: who is connected, which machines are here, and what each has used.
final class RelayDesk {
    let settings: Relay.Settings
    let loop: any EventLoop
    let logger: Logger
    private var book: PeerBook
    private var handshakes: [UInt64: (channel: any Channel, peer: RelayPeer)] = [:]
    private var arrivals: UInt64 = 0
    private(set) var machines: [MachineName: MachineConnection] = [:]
    /// Bytes of machines by what they had used before their present connection.
    private var past: [MachineName: UInt64] = [:]

    init(_ settings: Relay.Settings, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.loop = loop
        self.logger = logger
        book = PeerBook(settings.limits)
    }

    var limits: RelayLimits { settings.limits }
    var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    /// A new connection: it is looked at, or closed at once.
    func accept(_ channel: any Channel) throws {
        let peer = RelayPeer(channel.remoteAddress)
        guard book.arrive(peer, at: now) else { throw RelayError.full(what: "connections of this address") }
        makePlaceForHandshake()
        arrivals &+= 1
        let id = arrivals
        handshakes[id] = (channel, peer)
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in settle(id) }
        loop.assumeIsolated().scheduleTask(in: TimeAmount(limits.handshakeTime)) { [weak self] in
            self?.handshakes[id]?.channel.close(promise: nil)
        }
        try channel.pipeline.syncOperations.addHandler(ArrivalHandler(self, id, peer))
    }

    /// At the bound whoever has been silent for longest makes place.
    private func makePlaceForHandshake() {
        guard handshakes.count >= limits.handshakes, let oldest = handshakes.keys.min() else { return }
        let channel = handshakes[oldest]?.channel
        settle(oldest)
        channel?.close(promise: nil)
    }

    /// The connection has said whom it wants, or is gone.
    func settle(_ id: UInt64) {
        guard let (_, peer) = handshakes.removeValue(forKey: id) else { return }
        book.release(.handshake, peer)
    }

    // MARK: Machines

    func mayRegister(_ peer: RelayPeer) -> Bool { book.register(peer, at: now) }

    /// The newest registration holds: who could make it has the machine's key.
    ///
    /// - Throws: ``RelayError/full(what:)``.
    func place(for name: MachineName, from peer: RelayPeer) throws(RelayError) {
        guard book.take(.machine, peer, at: now) else { throw .full(what: "machines") }
        logger.debug("machine registered", metadata: ["machine": "\(name)"])
    }

    func add(_ machine: MachineConnection) {
        let older = machines.updateValue(machine, forKey: machine.name)
        machine.channel.closeFuture.assumeIsolated().whenComplete { [self] _ in remove(machine) }
        older?.channel.close(promise: nil)
        if let toll = settings.toll { speakOfToll(with: machine, toll) }
    }

    /// Opens the stream on which the machine hears what passing costs.
    private func speakOfToll(with machine: MachineConnection, _ toll: TollHouse) {
        let (address, logger) = (machine.name.address, logger)
        let talk = TollTalk { (line) async throws(RelayError) in
            try await toll.answer(line, from: address)
        } onFailure: { error in
            logger.notice("machine not served", metadata: ["machine": "\(address)", "error": "\(error.description)"])
            machine.channel.close(promise: nil)
        } onEnd: { [weak self] in
            // bounded: a dictionary
            if self?.machines[machine.name] === machine { toll.leave(address) }
            // One that does not speak of payment is of no use here, and its buyers go elsewhere.
            machine.channel.close(promise: nil)
        }
        let asked = ReverseHTTP2.connect(to: RelayWire.toll, from: "")
        machine.openStream().assumeIsolated().whenSuccess { stream in
            let accepts = StreamBytes(opening: asked) { $0.first(name: ":status") == "200" }
            guard (try? stream.pipeline.syncOperations.addHandlers([accepts, talk])) != nil else { return }
            toll.arrive(address) { stream.writeAndFlush(TollTalk.line($0), promise: nil) }
        }
    }

    /// A place that was taken and is not used after all.
    func leavePlace(of peer: RelayPeer) { book.release(.machine, peer) }

    private func remove(_ machine: MachineConnection) {
        book.release(.machine, machine.peer)
        if past.count >= RelayLimits.peersMax { past = [:] }
        // bounded: a dictionary of numbers
        past[machine.name] = past[machine.name, default: 0].saturatingSum(machine.bytes)
        if machines[machine.name] === machine { machines[machine.name] = nil }
    }

    // MARK: Buyers

    /// Takes a place for a connection to `machine`; false when there is none.
    func takeTunnel(to machine: MachineConnection, from peer: RelayPeer) -> Bool {
        guard machine.mayTake(from: peer, limits), settings.toll?.isOpen(machine.name.address) ?? true,
            book.take(.tunnel, peer, at: now)
        else { return false }
        machine.take(from: peer)
        return true
    }

    func releaseTunnel(to machine: MachineConnection, from peer: RelayPeer) {
        machine.release(from: peer)
        book.release(.tunnel, peer)
    }

    var standing: RelayStanding {
        RelayStanding(
            handshakes: handshakes.count, tunnels: book.totals[.tunnel, default: 0], machines: machines.count,
            bytesByMachine: machines.values.reduce(into: past) { sums, machine in
                // bounded: a dictionary of numbers
                sums[machine.name] = sums[machine.name, default: 0].saturatingSum(machine.bytes)
            })
    }

    func closeAll() {
        handshakes.values.forEach { $0.channel.close(promise: nil) }
        machines.values.forEach { $0.channel.close(promise: nil) }
    }
}

/// What a relay has open now, and what it has passed on since it began.
package struct RelayStanding: Equatable, Sendable {
    package let handshakes: Int
    package let tunnels: Int
    package let machines: Int
    /// Both directions together.
    package let bytesByMachine: [MachineName: UInt64]
}
