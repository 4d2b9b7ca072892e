import GCXModel
package import GCXSigning
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Takes a buyer's connection that a relay passes on: adds handlers for bytes (`ByteBuffer` in and out) to the channel, which begins to
/// read when the future is done.
///
/// - Parameter from: who is behind it, as far as the machine knows.
package typealias StreamAcceptor = @Sendable (_ channel: any Channel, _ from: RelayedOrigin) -> EventLoopFuture<Void>

/// Where a connection comes from that a relay passes on.
package struct RelayedOrigin: Hashable, Sendable {
    package let relay: RelayAddress
    /// The buyer's network in the relay's word, which may be a lie: it is counted for that relay alone. One that did not prove who
    /// it is has no word, and all its buyers are one peer; so are those of whom it says no address.
    package let peer: RelayPeer

    package init(relay: RelayAddress, peer: RelayPeer) { (self.relay, self.peer) = (relay, peer) }
}

/// The dialling side's encryption: adds its handlers to the end of the pipeline, on the channel's event loop, and says why when the
/// relay is not the one that was meant. It closes the channel then.
package typealias LinkSecurity = @Sendable (any Channel, _ onFailure: @escaping (String) -> Void) throws -> Void

/// What happens to a machine's connections to relays.
package enum LinkEvent: Sendable {
    /// Registered; buyers reach the machine there. `latency` is one round trip.
    case connected(RelayAddress, latency: Duration)
    /// Buyers do not reach the machine there any more; it is tried again.
    case lost(RelayAddress)
    /// It could not be dialled, or did not take the machine; it is tried again.
    case failed(RelayAddress, RelayError)
}

/// Makes a machine reachable that nobody can dial: it keeps a connection to each of the nearest relays, and hands on what comes
/// from them.
///
/// When a relay dies, when the address of the machine changes or when it has slept, it dials again: the same relay or the
/// next one.
package struct RelayLink: Service {
    package struct Settings: Sendable {
        package var relays: [RelayAddress]
        package var limits = LinkLimits()
        /// The client's side of TLS to a relay; nil speaks without, which a relay takes only where its owner says so.
        package var security: (@Sendable (RelayAddress) -> LinkSecurity)?
        /// Who pays a relay that asks for it; nil goes to none that does.
        package var payer: (@Sendable (RelayAddress) -> TollPayer?)?
        /// Unix seconds.
        package var clock: @Sendable () -> UInt64

        package init(relays: [RelayAddress], clock: @escaping @Sendable () -> UInt64) {
            self.relays = relays
            self.clock = clock
        }
    }

    let settings: Settings
    let custody: any KeyCustody
    let acceptor: StreamAcceptor
    let onEvent: @Sendable (LinkEvent) -> Void

    /// - Parameters:
    ///   - custody: the machine's key, which signs each registration.
    ///   - onEvent: called in no particular order between relays.
    package init(
        _ settings: Settings, custody: any KeyCustody, acceptor: @escaping StreamAcceptor,
        onEvent: @escaping @Sendable (LinkEvent) -> Void = { _ in }
    ) {
        self.settings = settings
        self.custody = custody
        self.acceptor = acceptor
        self.onEvent = onEvent
    }

    /// Keeps the connections until a graceful shutdown or until the task is cancelled.
    package func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let shared = SharedRanking(RelayRanking(settings.relays, settings.limits))
        await cancelWhenGracefulShutdown {
            await keepAll(shared, group)
        }
        try? await group.shutdownGracefully()
    }

    private func keepAll(_ shared: SharedRanking, _ group: any EventLoopGroup) async {
        await measure(shared, group)
        await withTaskGroup { tasks in
            // bounded: a limit of ours and a list's length
            for _ in 0..<min(settings.limits.kept, settings.relays.count) {
                tasks.addTask { await keepOne(shared, group) }
            }
        }
    }

    /// Looks how far away each relay is, all at once.
    private func measure(_ shared: SharedRanking, _ group: any EventLoopGroup) async {
        let relays = shared.with { $0.relays }
        guard relays.count > settings.limits.kept else { return }
        await withTaskGroup { tasks in
            for relay in relays {
                tasks.addTask {
                    let latency = await RelayDial.latency(to: relay, settings.limits, group)
                    shared.with { $0.measured(relay, latency: latency) }
                }
            }
        }
    }

    /// Keeps one connection, to whichever relay is best.
    private func keepOne(_ shared: SharedRanking, _ group: any EventLoopGroup) async {
        while !Task.isCancelled {
            guard let relay = shared.with({ $0.take(at: SharedRanking.now) }) else {
                let (next, now) = (shared.with { $0.nextAttempt } ?? .max, SharedRanking.now)
                let wait = min(max(next, now) - now, Self.lookNanoseconds)  // bounded: the later less the earlier
                try? await Task.sleep(for: .nanoseconds(Int64(clamping: max(wait, Self.leastNanoseconds))))
                continue
            }
            let began = SharedRanking.now
            await serve(relay, group)
            let ended = SharedRanking.now
            let lived = max(ended, began) - began  // bounded: the later less the earlier
            shared.with {
                $0.leave(
                    relay, wasGood: lived >= settings.limits.provenAfter.nanoseconds, at: ended,
                    chance: .random(in: 0...1))
            }
        }
    }

    /// Registers and hands on until the connection ends.
    private func serve(_ relay: RelayAddress, _ group: any EventLoopGroup) async {
        do throws(RelayError) {
            let (channel, latency) = try await RelayDial(relay, self, group).register()
            onEvent(.connected(relay, latency: latency))
            await withTaskCancellationHandler {
                _ = try? await channel.closeFuture.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            onEvent(.lost(relay))
        } catch {
            if !Task.isCancelled { onEvent(.failed(relay, error)) }
        }
    }

    /// How often it is looked whether a relay is free.
    private static let lookNanoseconds: UInt64 = 1_000_000_000
    private static let leastNanoseconds: UInt64 = 20_000_000
}

/// The ranking, for the tasks that share it.
private final class SharedRanking: Sendable {
    private let ranking: Mutex<RelayRanking>

    init(_ ranking: RelayRanking) { self.ranking = Mutex(ranking) }

    func with<Result: Sendable>(_ body: (inout RelayRanking) -> Result) -> Result {
        ranking.withLock { body(&$0) }
    }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }
}
