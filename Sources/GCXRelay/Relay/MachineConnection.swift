import GCXModel
import NIOCore
import NIOHTTP2

// dictionaries: tunnelsByPeer

/// A registered machine: its one connection, and what goes over it.
final class MachineConnection {
    let name: MachineName
    let peer: RelayPeer
    let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer
    /// Connections that are passed on to it.
    private(set) var tunnels = 0
    private var tunnelsByPeer: [RelayPeer: Int] = [:]
    /// Passed on in both directions.
    private(set) var bytes: UInt64 = 0
    private var pace: Pace

    init(
        _ name: MachineName, peer: RelayPeer, channel: any Channel, streams: NIOHTTP2Handler.StreamMultiplexer,
        pace: Pace
    ) {
        self.name = name
        self.peer = peer
        self.channel = channel
        self.streams = streams
        self.pace = pace
    }

    /// A new stream to the machine, on which nothing has been said.
    func openStream() -> EventLoopFuture<any Channel> {
        let promise = channel.eventLoop.makePromise(of: (any Channel).self)
        streams.createStreamChannel(promise: promise) { $0.eventLoop.makeSucceededVoidFuture() }
        return promise.futureResult
    }

    /// One connection more, unless the machine or this peer at it has all that it may have.
    func mayTake(from peer: RelayPeer, _ limits: RelayLimits) -> Bool {
        tunnels < limits.tunnelsOfMachine && tunnelsByPeer[peer, default: 0] < limits.tunnelsOfPeerAtMachine
    }

    func take(from peer: RelayPeer) {
        // bounded here: limits of ours
        tunnels += 1
        tunnelsByPeer[peer, default: 0] += 1
    }

    func release(from peer: RelayPeer) {
        // bounded here: it was counted when it was taken
        tunnels -= 1
        let left = tunnelsByPeer[peer, default: 1] - 1
        tunnelsByPeer[peer] = left > 0 ? left : nil
    }

    func passed(_ count: Int, at now: UInt64) {
        bytes = bytes.saturatingSum(UInt64(clamping: count))
        pace.spend(count, at: now)
    }

    func wait(at now: UInt64) -> UInt64 { pace.wait(at: now) }
}

/// One connection of a buyer to a machine, as the relay counts it.
final class MachineTunnel: TunnelMeter {
    private let desk: RelayDesk
    private let machine: MachineConnection
    private let peer: RelayPeer
    private var watch: Scheduled<Void>?

    init(_ desk: RelayDesk, _ machine: MachineConnection, _ peer: RelayPeer) {
        self.desk = desk
        self.machine = machine
        self.peer = peer
    }

    func passed(_ bytes: Int) {
        machine.passed(bytes, at: desk.now)
        desk.settings.toll?.passed(machine.name.address, bytes)
    }

    func pause() -> TimeAmount? {
        if let toll = desk.settings.toll, !toll.isOpen(machine.name.address) {
            return .nanoseconds(TollLimits.pausedNanoseconds)
        }
        let wait = machine.wait(at: desk.now)
        // bounded: an hour at the most
        return wait == 0 ? nil : .nanoseconds(Int64(clamping: wait))
    }

    func ended() {
        watch?.cancel()
        watch = nil
        desk.releaseTunnel(to: machine, from: peer)
    }

    /// Closes the tunnel when nothing has moved for the relay's idle time.
    func watch(_ tunnel: Tunnel, since moved: UInt64? = nil) {
        let bound = NIOLoopBound((self, tunnel), eventLoop: desk.loop)
        watch = desk.loop.scheduleTask(in: TimeAmount(desk.limits.idleTime)) {
            let (meter, tunnel) = bound.value
            if tunnel.moved == moved { return tunnel.cut() }
            meter.watch(tunnel, since: tunnel.moved)
        }
    }
}
