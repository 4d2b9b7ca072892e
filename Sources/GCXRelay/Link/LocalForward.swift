package import NIOCore
import NIOPosix

/// Takes buyers' connections by passing their bytes on to a server of this machine.
package enum LocalForward {
    /// Tells from which port of this machine a connection went to the server, and who is behind it.
    package typealias Announcement = @Sendable (_ port: UInt16, _ from: RelayedOrigin) -> Void

    /// - Parameter port: of a server at 127.0.0.1.
    package static func acceptor(
        toLoopback port: UInt16, announcing announce: @escaping Announcement
    ) throws -> StreamAcceptor {
        // bounded: 16 bits
        acceptor(to: try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)), announcing: announce)
    }

    /// - Parameter address: where the server listens: loopback or a unix socket.
    package static func acceptor(
        to address: SocketAddress, announcing announce: @escaping Announcement = { _, _ in }
    ) -> StreamAcceptor {
        { stream, origin in
            stream.eventLoop.makeCompletedFuture { try ends(of: stream) }.flatMap { local in
                ClientBootstrap(group: stream.eventLoop)
                    .channelOption(.allowRemoteHalfClosure, value: true)
                    .channelOption(.recvAllocator, value: Relay.buffers)
                    .channelOption(.writeBufferWaterMark, value: Relay.watermark)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(local.value)
                        }
                    }
                    .connect(to: address).map { channel in
                        guard let port = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) else { return }
                        announce(port, origin)
                    }
            }
        }
    }

    /// Puts one end of a tunnel into the stream, and gives the other.
    private static func ends(of stream: any Channel) throws -> NIOLoopBound<TunnelEnd> {
        let (buyer, local) = Tunnel(meter: nil, lingering: TimeAmount(RelayLimits().lingering)).ends()
        try stream.pipeline.syncOperations.addHandler(buyer)
        return NIOLoopBound(local, eventLoop: stream.eventLoop)
    }
}
