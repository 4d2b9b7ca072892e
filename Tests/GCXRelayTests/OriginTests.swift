import Foundation
import GCXModel
import GCXRelay
import NIOCore
import Synchronization
import Testing

/// Who a relayed buyer is to the machine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct OriginTests {
    /// What was announced for a buyer who came from 127.0.0.9.
    private func announced(isProven: Bool) async throws -> (origin: RelayedOrigin?, relay: RelayAddress, isSame: Bool) {
        let ports = Mutex<[UInt16]>([])
        let heard = Mutex<(port: UInt16, origin: RelayedOrigin)?>(nil)
        let (relay, listener) = (try await RunningRelay(), try Listener())
        let link = try RunningLink(to: [relay.address], serving: listener.port) {
            if isProven { $0.security = { _ in { _, _ in } } }
        } announcing: { port, origin in
            heard.withLock { $0 = (port, origin) }
        }
        await link.connected()
        let (port, hello) = (relay.port, HelloBytes(name: link.name, protocols: []).records())
        try await onThread {
            let buyer = try RawConnection(to: port, from: 0x7f00_0009)
            defer { buyer.close() }
            buyer.write(hello)
            let (connection, from) = try listener.acceptNamed()
            ports.withLock { $0.append(from) }
            connection.write([1])
            _ = buyer.read(1)
            connection.close()
        }
        let found = heard.withLock { $0 }
        await link.stop()
        await relay.stop()
        return (found?.origin, try relay.address, found?.port == ports.withLock { $0.first })
    }

    @Test("a relay that proved who it is says where a buyer comes from, and the connection is found by its port")
    func proven() async throws {
        let (origin, relay, isSame) = try await announced(isProven: true)
        let peer = RelayPeer(try SocketAddress(ipAddress: "127.0.0.9", port: 1))
        #expect(origin == RelayedOrigin(relay: relay, peer: peer) && isSame)
        #expect(peer.bytes == [127, 0, 0, 9])
    }

    @Test("the word of a relay that proved nothing counts for nothing")
    func unproven() async throws {
        let (origin, relay, _) = try await announced(isProven: false)
        #expect(origin == RelayedOrigin(relay: relay, peer: RelayPeer(nil)))
    }

    @Test("one address with a crowd at a machine leaves its places to another")
    func crowd() async throws {
        let relay = try await RunningRelay { ($0.limits.tunnelsOfMachine, $0.limits.tunnelsOfPeerAtMachine) = (8, 4) }
        let origin = try Origin.echo()
        let link = try RunningLink(to: [relay.address], serving: origin.port)
        await link.connected()
        let (port, hello) = (relay.port, HelloBytes(name: link.name, protocols: []).records())
        let (taken, served) = try await onThread {
            let crowd = try (0..<12).map { _ in try RawConnection(to: port) }
            defer { crowd.forEach { $0.close() } }
            for one in crowd { one.write(hello) }
            let taken = crowd.filter { $0.read(1) == [22] }.count
            let buyer = try RawConnection(to: port, from: 0x7f00_0009)
            defer { buyer.close() }
            buyer.write(hello)
            buyer.endOutput()
            return (taken, buyer.readToEnd())
        }
        #expect(taken == 4)
        #expect(served == hello)
        await link.stop()
        await relay.stop()
    }
}
