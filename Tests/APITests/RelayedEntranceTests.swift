import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// The door for what relays pass on.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RelayedEntranceTests {
    private let site = SecureServing()

    @Test("a relayed buyer with a crowd shuts out no other, and a program that announces nobody is closed unread")
    func crowd() async throws {
        var limits = ConnectionLimits()
        (limits.halfOpenPerPeerMax, limits.handshake) = (4, .seconds(30))
        try await serving(limits) { port, entrance in
            let crowd = try (0..<12).map { _ in try RawClient(.loopback(.v4, port: port)) }
            for one in crowd { entrance.announce(port: try one.port, relay: 0, network: [192, 0, 2, 1]) }
            await RawClient.send("\u{16}\u{3}\u{1}", to: crowd)
            let unheard = try RawClient(.loopback(.v4, port: port))
            #expect(await unheard.rest()?.isEmpty == true)
            #expect(crowd.filter { !$0.isClosed }.count == 4, "its handshakes are bounded")
            let buyer = try await Passage(to: port, entrance, network: [192, 0, 2, 2])
            try await site.client(at: buyer.port).checkHealth()
            let neighbour = try await Passage(to: port, entrance, network: [192, 0, 2, 1])
            await #expect(throws: AgentError.self) { try await site.client(at: neighbour.port).checkHealth() }
        }
    }

    /// An agent that answers at a door of its own and at the one for relays.
    private func serving(
        _ limits: ConnectionLimits, _ body: @escaping @Sendable (UInt16, RelayedEntrance) async throws -> Void
    ) async throws {
        let (entrance, identity) = (RelayedEntrance(), try await site.identity())
        let server = try await RunningServer { listening in
            try AgentServer(
                ScriptedAgent(site.lease), at: [.loopback(.v4, port: 0)], as: identity, relayed: entrance,
                logger: quiet,
                onListening: listening
            ).limited(limits)
        }
        try await server.during {
            let port = try #require(await entrance.ports.first { _ in true })
            try await body(port, entrance)
        }
    }
}

extension SecureServing {
    func client(at port: UInt16) -> AgentClient {
        AgentClient(ServerAddress(.secure(SecurePlace(host: "127.0.0.1", port: port)), signer: key.address))
    }
}

/// Stands for a relay's link: passes bytes on to the entrance and says who they are from.
private struct Passage {
    let port: UInt16

    init(to door: UInt16, _ entrance: RelayedEntrance, network: [UInt8]) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { buyer in
                ClientBootstrap(group: buyer.eventLoop).connect(host: "127.0.0.1", port: Int(door)).flatMapThrowing {
                    entrance.announce(port: UInt16($0.localAddress?.port ?? 0), relay: 0, network: network)
                    try buyer.pipeline.syncOperations.addHandler(Copying(to: $0))
                    try $0.pipeline.syncOperations.addHandler(Copying(to: buyer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = UInt16(server.localAddress?.port ?? 0)
    }

    private final class Copying: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
