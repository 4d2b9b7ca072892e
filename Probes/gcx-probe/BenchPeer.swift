import CKernels
import GCXBenchmark
import Glibc

/// A connection that lines and bytes go over, with the memory they come from.
@safe final class PeerConnection {
    let fd: Int32
    private let name: String
    private let buffer: UnsafeMutableRawPointer

    /// Takes the descriptor; it is closed with this.
    init(owning fd: Int32, name: String) {
        self.fd = fd
        self.name = name
        // bounded here: a constant of the kernels
        unsafe buffer = .allocate(byteCount: Int(GCX_NETWORK_BUFFER_BYTES), alignment: 4096)
        // What a network that compresses could not make smaller.
        unsafe gcx_storage_fill(buffer, Int(GCX_NETWORK_BUFFER_BYTES), gcx_now_nanoseconds())
    }

    deinit {
        close(fd)
        unsafe buffer.deallocate()
    }

    func say(_ line: PeerLine) throws(BenchFailure) {
        let bytes = Array((line.text + "\n").utf8)
        try unsafe check(gcx_peer_send(fd, bytes, UInt64(bytes.count)), "talk to")
    }

    func hear() throws(BenchFailure) -> PeerLine {
        let text = try text(bytesMax: PeerLine.bytesMax)
        guard let line = PeerLine(text) else { throw .peerTalksOtherwise(name) }
        return line
    }

    func hear(_ expected: PeerLine) throws(BenchFailure) {
        guard try hear() == expected else { throw .peerTalksOtherwise(name) }
    }

    /// One line of whatever it is.
    func text(bytesMax: Int) throws(BenchFailure) -> String {
        var line = [CChar](repeating: 0, count: bytesMax)
        try unsafe check(gcx_peer_line(fd, &line, line.count), "hear from")
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func send(_ bytes: UInt64) throws(BenchFailure) { try unsafe check(gcx_peer_send(fd, buffer, bytes), "send to") }

    func receive(_ bytes: UInt64) throws(BenchFailure) {
        try unsafe check(gcx_peer_receive(fd, buffer, bytes), "receive from")
    }

    private func check(_ code: Int32, _ operation: String) throws(BenchFailure) {
        guard code == 0 else { throw .system(operation: operation, object: name, errno: code) }
    }
}

/// The client's end of a session with a peer, shared by the network benchmarks of a run.
final class PeerClient {
    private let connection: PeerConnection
    private let target: PeerTarget
    private let nonce: String

    init(_ target: PeerTarget) throws(BenchFailure) {
        var reason: UnsafePointer<CChar>?
        let fd = unsafe gcx_peer_connect(target.host, String(target.port), BenchmarkLimits.peerPatienceSeconds, &reason)
        guard fd >= 0 else {
            throw unsafe .noPeer(
                target.endpoint, reason: reason.map { unsafe String(cString: $0) } ?? "no reason was given")
        }
        self.target = target
        connection = PeerConnection(owning: fd, name: target.endpoint)
        var generator = SystemRandomNumberGenerator()
        nonce =
            "0x"
            // bounded here: joins texts; 64 bits have at most 16 digits
            + (0..<4).map { _ in
                let digits = String(generator.next() as UInt64, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        try connection.say(.hello(nonce: nonce, client: target.account))
        try connection.hear(.ready)
    }

    /// Nanoseconds from the first byte's start to the peer's word that it has all.
    func up(_ bytes: UInt64) throws(BenchFailure) -> UInt64 {
        try timed { () throws(BenchFailure) in
            try connection.say(.up(bytes))
            try connection.send(bytes)
            try connection.hear(.got)
        }
    }

    /// Nanoseconds from asking to the last byte.
    func down(_ bytes: UInt64) throws(BenchFailure) -> UInt64 {
        let nanoseconds = try timed { () throws(BenchFailure) in
            try connection.say(.down(bytes))
            try connection.receive(bytes)
        }
        try connection.say(.got)
        return nanoseconds
    }

    func echo() throws(BenchFailure) -> UInt64 {
        try timed { () throws(BenchFailure) in
            try connection.say(.echo)
            try connection.hear(.echo)
        }
    }

    /// Ends the session; a peer that says nothing any more has no witness.
    func end() -> PeerSession {
        let witness = try? { () throws(BenchFailure) in
            try connection.say(.bye)
            return try connection.text(bytesMax: BenchmarkLimits.peerWitnessBytesMax)
        }()
        return PeerSession(endpoint: target.endpoint, nonce: nonce, witness: witness)
    }

    private func timed(_ work: () throws(BenchFailure) -> Void) throws(BenchFailure) -> UInt64 {
        let begin = gcx_now_nanoseconds()
        try work()
        return max(1, gcx_now_nanoseconds() - begin)  // bounded: of a clock that only goes on
    }
}

/// `network.up.peer`, `network.down.peer` and `network.rtt.peer`
struct BenchPeer: BenchMeasurement {
    /// What is timed.
    enum Figure {
        case up, down, roundTrip
    }

    private static let sampleSeconds = 0.05
    private static let bytesMin: UInt64 = 1 << 16

    let threads = 1
    private(set) var workingSetBytes: UInt64 = 0
    private let client: PeerClient
    private let figure: Figure
    private var bytes = bytesMin

    /// Finds how many bytes last one sample: twice as many until they do, for a connection takes its time to be fast.
    init(_ figure: Figure, client: PeerClient) throws(BenchFailure) {
        self.client = client
        self.figure = figure
        guard figure != .roundTrip else { return }
        // bounded here: below `peerTransferBytesMax`, then doubled; of Doubles
        while bytes < BenchmarkLimits.peerTransferBytesMax, Double(try transfer()) < Self.sampleSeconds * 1e9 {
            bytes *= 2
        }
        workingSetBytes = UInt64(GCX_NETWORK_BUFFER_BYTES)
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        // bounded here: of Doubles, and never by 0 ns
        guard figure != .roundTrip else { return Sample(value: Double(try client.echo()) * 1000, processorShare: nil) }
        return Sample(value: Double(bytes) * 1e9 / Double(try transfer()), processorShare: nil)
    }

    private func transfer() throws(BenchFailure) -> UInt64 {
        try figure == .up ? client.up(bytes) : client.down(bytes)
    }
}
