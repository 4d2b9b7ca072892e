import NIOCore

/// Closes a connection whose own address this machine no longer has: nothing can come back to it.
final class AddressWatch: ChannelInboundHandler {
    typealias InboundIn = Any

    private let pause: TimeAmount
    private let addresses: () -> [SocketAddress]?
    private var task: Scheduled<Void>?

    /// - Parameter addresses: those of the machine; nil where they cannot be read.
    init(every pause: TimeAmount, addresses: @escaping () -> [SocketAddress]? = AddressWatch.ofThisMachine) {
        self.pause = pause
        self.addresses = addresses
    }

    static func ofThisMachine() -> [SocketAddress]? {
        try? System.enumerateDevices().compactMap(\.address)
    }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        task?.cancel()
        task = nil
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        task = context.eventLoop.scheduleTask(in: pause) { bound.value.0.look(bound.value.1) }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard let own = context.channel.localAddress?.ipAddress, let all = addresses() else {
            return schedule(context)
        }
        if all.contains(where: { $0.ipAddress == own }) { schedule(context) } else { context.close(promise: nil) }
    }
}
