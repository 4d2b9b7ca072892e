import NIOCore

/// What a tunnel tells whoever counts, and what it is told: both ends run on one event loop.
protocol TunnelMeter: AnyObject {
    /// So many bytes came out of one end and go into the other.
    func passed(_ bytes: Int)
    /// How long the next read has to wait; nil when it need not.
    func pause() -> TimeAmount?
    /// The tunnel is gone. Called once.
    func ended()
}
