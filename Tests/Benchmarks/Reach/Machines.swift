import GCXLinux
import GCXModel
import GCXRelay
import GCXSigning
import GCXTransport
import GCXWire
import Glibc
import Synchronization

/// Machines that wait at a relay for buyers who do not come.
struct Machines {
    private let relay: RelayAddress
    private let signer: Address
    private let count: Int

    init(relay: String, count: Int) throws {
        let named = try ServerAddress("https://\(relay)")
        guard case .secure(let place) = named.endpoint, let signer = named.signer, count > 0 else {
            throw BenchError(description: "a relay is HOST:PORT#0xRELAY, and there is at least one machine")
        }
        (self.relay, self.signer, self.count) = (try RelayAddress("\(place)"), signer, count)
    }

    func run() async throws {
        let registered = Count()
        let machines = (0..<count).map { _ in
            Task { try await link(registered).run() }
        }
        while registered.value < count { try await Task.sleep(for: .milliseconds(50)) }
        _ = "registered \(count)\n".withCString { write(1, $0, strlen($0)) }
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
        machines.forEach { $0.cancel() }
    }

    private func link(_ registered: Count) -> RelayLink {
        var settings = RelayLink.Settings(relays: [relay], clock: WallClock.seconds)
        settings.security = { [signer] _ in
            { channel, onFailure in
                try Handshake.encrypt(
                    channel, as: BindingExpectation(signer: signer), protocols: [RegistrationLines.greeting],
                    at: WallClock.seconds()
                ) { onFailure($0.description) }
            }
        }
        let refusal: StreamAcceptor = { channel, _ in
            channel.eventLoop.makeFailedFuture(BenchError(description: "nobody is served here"))
        }
        return RelayLink(settings, custody: MemoryCustody(.generate()), acceptor: refusal) { event in
            switch event {
            case .connected: registered.add(1)
            case .lost: registered.add(-1)
            case .failed(_, let error): _ = "\(error)\n".withCString { write(2, $0, strlen($0)) }
            }
        }
    }
}

private final class Count: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func add(_ more: Int) { number.withLock { $0 += more } }
}
