import CKernels
import GCXBenchmark
import GCXModel
import Glibc

/// `gcx-probe peer`: the serving end of a session, over a connection that came as descriptor 3. It prints what it saw as one
/// JSON document, and leaves the last word to whoever started it and holds the connection too.
///
/// A stranger is at the other end: every line has a length, every transfer a size, and the parent sets the time.
enum PeerCommand {
    private static let descriptor: Int32 = 3

    /// - Returns: the exit status; on anything but 0 a sentence stands on standard error.
    static func run() -> Int32 {
        do {
            let tally = try serve(PeerConnection(owning: descriptor, name: "the client"), descriptor: descriptor)
            print(String(decoding: try tally.encoded(), as: UTF8.self))
            return 0
        } catch {
            Output.complain("gcx-probe peer: \(ForeignError.words(error))\n")
            return 70
        }
    }

    static func serve(_ connection: PeerConnection, descriptor: Int32) throws(BenchFailure) -> PeerTally {
        let code = gcx_peer_patience(descriptor, BenchmarkLimits.peerPatienceSeconds)
        guard code == 0 else { throw .system(operation: "set up", object: "the connection", errno: code) }
        guard case .hello(let nonce, let client) = try connection.hear() else {
            throw .peerTalksOtherwise("the client")
        }
        try connection.say(.ready)
        var tally = PeerTally(nonce: nonce, client: client)
        while tally.up.count <= BenchmarkLimits.peerTransfersMax, tally.down.count <= BenchmarkLimits.peerTransfersMax {
            switch try connection.hear() {
            case .up(let bytes):
                let begin = gcx_now_nanoseconds()
                try connection.receive(bytes)
                // bounded: of a clock that only goes on
                tally.up.append(.init(bytes: bytes, nanoseconds: gcx_now_nanoseconds() - begin))
                try connection.say(.got)
            case .down(let bytes):
                let begin = gcx_now_nanoseconds()
                try connection.send(bytes)
                // The kernel takes bytes long before they arrive.
                try connection.hear(.got)
                // bounded: of a clock that only goes on
                tally.down.append(.init(bytes: bytes, nanoseconds: gcx_now_nanoseconds() - begin))
            case .echo: try connection.say(.echo)
            case .bye: return tally
            default: throw .peerTalksOtherwise("the client")
            }
        }
        throw .peerTalksOtherwise("the client")
    }
}
