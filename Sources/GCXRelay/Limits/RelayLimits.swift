/// The bounds of one relay. A relay has those that stand here; an owner or a test may give others.
///
/// Memory: a machine that waits costs the buffers of TLS and some tables, 65 KiB together. A connection that is passed on
/// holds at the most `windowBytes` for each direction, when one side sends and the other does not read.
package struct RelayLimits: Equatable, Sendable {
    /// Connections that have not said whom they want. At the bound the oldest makes place: who connects in earnest speaks at once.
    package var handshakes = 1_024
    /// The same of one address: a browser opens six, and a fleet behind one router some dozens.
    package var handshakesOfPeer = 64
    /// How long a connection has to say whom it wants, and a machine to register.
    package var handshakeTime: Duration = .seconds(10)
    /// Connections that are passed on, all together and of one address.
    package var tunnels = 4_096
    package var tunnelsOfPeer = 256
    /// Connections that are passed on to one machine: a buyer's client keeps eight.
    package var tunnelsOfMachine = 256
    /// Those of one address among them: eight buyers behind one router. So one who dials a machine again and again leaves three
    /// quarters of its places to others.
    package var tunnelsOfPeerAtMachine = 64
    /// Registered machines, all together and of one address: some owners have a rack behind one router.
    package var machines = 4_096
    package var machinesOfPeer = 256
    /// Registrations of one address: so many at once, and so many a second after that. A link that comes and goes tries every few
    /// seconds; a signature costs 0.1 ms to check.
    package var registrations = Pace.Size(burst: 300, perSecond: 5)
    /// New connections of one address.
    package var arrivals = Pace.Size(burst: 1_000, perSecond: 100)
    /// Bytes of one machine, both directions together: a gigabit line. Zero a second is without a bound.
    package var bytesOfMachine = Pace.Size(burst: 64 << 20, perSecond: 125_000_000)
    /// A connection that is passed on and carries nothing for this long is closed: HTTP servers end theirs earlier.
    package var idleTime: Duration = .seconds(600)
    /// How long the last bytes of a connection may take when its other end is gone.
    package var lingering: Duration = .seconds(10)
    /// How far the clock of a machine may be from the relay's. A registration answers a nonce that is seconds old, so this keeps
    /// out nobody but a machine whose receipts would be dated wrong as well.
    package var clockSeconds: UInt64 = 300
    /// A machine that answers no ping for two of these is gone.
    package var pingPause: Duration = .seconds(30)

    package init() {}

    /// Peers of which something is remembered; beyond it those of whom nothing is open are forgotten.
    static let peersMax = 16_384
    /// Bytes that one direction of one connection may be ahead of its reader: 4 MB/s over a way of a quarter of a second.
    static let windowBytes = 1 << 20
    /// Bytes of one frame: the smallest that is worth its head at a gigabyte a second, and no more than a moment of a slow line.
    static let frameBytes = 64 << 10
    /// Bytes that wait to be sent before a reader is asked to wait.
    static let watermarkBytes = 256 << 10
    /// Bytes of a read that is copied, so that it does not keep a large buffer: a ping has 17, and copying so few costs nothing.
    static let smallReadBytes = 512
    /// Connections that wait in the kernel to be accepted.
    static let backlog = 1_024
    /// Files beside the connections: the program's own.
    static let filesBesideConnections = 64
    /// Streams that end before their time, in half a minute: as many connections as may come and go. A machine cannot be cut off by
    /// buyers who hang up.
    static let resetsMax = 100_000

    /// Files that a relay may have open.
    var filesMax: UInt64 {
        // bounded: limits of ours, thousands
        UInt64(clamping: handshakes + tunnels + machines + Self.filesBesideConnections)
    }
}
