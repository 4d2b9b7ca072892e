package import GCXModel
import GCXWire
import NIOCore
import NIOPosix
import Synchronization

/// Listens at a port of this machine while a relay looks, and knows afterwards whether the relay came there.
package final class PortListener: Sendable {
    /// What the relay has to say there.
    package let word = Digest.random()
    package let port: UInt16
    private let channel = Mutex<(any Channel)?>(nil)
    private let heard = Mutex(false)

    private init(_ port: UInt16) { self.port = port }

    /// - Returns: nil where the port cannot be listened to, mostly because somebody does already.
    package static func open(_ port: UInt16) async -> PortListener? {
        let listener = PortListener(port)
        let said = LookLines.line(of: listener.word)
        // Of both families where the machine has both.
        for host in ["::", "0.0.0.0"] {
            let made = try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let word = WordHandler(said) { listener.heard.withLock { $0 = true } }
                        try channel.pipeline.syncOperations.addHandler(word)
                    }
                }
                // bounded: 16 bits
                .bind(host: host, port: Int(port)).get()
            guard let made else { continue }
            listener.channel.withLock { $0 = made }
            return listener
        }
        return nil
    }

    /// Whether somebody came who knew the word.
    package var hasHeard: Bool { heard.withLock { $0 } }

    /// The same, after the moment that the word may take behind the relay's answer.
    package func hasHeardSoon() async -> Bool {
        for _ in 0..<LookLimits.wordLooks where !hasHeard { try? await Task.sleep(for: LookLimits.wordPause) }
        return hasHeard
    }

    package func close() async { try? await channel.withLock { $0 }?.close().get() }
}

/// Hangs up after as many bytes as the word has.
private final class WordHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let word: [UInt8]
    private let onWord: () -> Void
    private var said: [UInt8] = []

    init(_ word: [UInt8], _ onWord: @escaping () -> Void) { (self.word, self.onWord) = (word, onWord) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        said += unwrapInboundIn(data).readableBytesView.prefix(word.count)  // bounded: joins lists
        guard said.count >= word.count else { return }
        if said == word { onWord() }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
