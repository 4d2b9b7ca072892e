package import NIOCore
import NIOPosix

/// Takes buyers' connections by passing their bytes on to a server of this machine.
package enum LocalForward {
    /// - Parameter port: of a server at 127.0.0.1.
    package static func acceptor(toLoopback port: UInt16) throws -> StreamAcceptor {
        acceptor(to: try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)))  // bounded: 16 bits
    }

    /// - Parameter address: where the server listens: loopback or a unix socket.
    package static func acceptor(to address: SocketAddress) -> StreamAcceptor {
        { stream, _ in
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
                    .connect(to: address).map { _ in }
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
