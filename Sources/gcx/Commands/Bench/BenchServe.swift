import FoundationEssentials
import GCXAgent
import GCXBenchmark
import GCXHardware
import GCXJSON
import GCXLinux
import GCXModel
import GCXSigning
import Glibc

/// `gcx bench --serve`: the other end of somebody's network figures, until it is interrupted.
///
/// One client at a time, for two would measure each other. A child process talks to the stranger; this one holds the key and
/// only ever writes.
struct BenchServe {
    let listen: PeerTarget
    /// Nil signs nothing, and the client's figures then have no witness.
    let custody: KeystoreCustody?

    func run() async throws {
        let probe = try ProbeLocator.locate()
        let listener = try listener()
        let signer = custody.map { "signs as \($0.address.checksummed)" } ?? "signs nothing: no --key"
        Terminal.say("serving on \(listener.endpoint), \(signer); Ctrl-C ends it")
        while !Interruption.isAsked {
            if let connection = try listener.accept(milliseconds: 200) { await serve(connection, probe) }
        }
    }

    private func listener() throws -> TCPListener {
        do { return try TCPListener(host: listen.host, port: listen.port) } catch {
            throw CommandError(
                "\(listen.endpoint): \(error.description)", fix: "Name a numeric address and a free port with --listen."
            )
        }
    }

    /// Whatever a client does costs this session only.
    private func serve(_ connection: borrowing FileDescriptor, _ probe: String) async {
        let child = ChildProcess(
            probe, ["peer"], timeout: .seconds(BenchmarkLimits.peerSessionSeconds),
            descriptors: [(ours: connection.number, theirs: 3)])
        let number = connection.number
        do {
            let outcome = try child.outcome { () throws(LinuxError) in try Interruption.check() }
            guard outcome.status == .exited(0) else {
                return Terminal.complain("a client was given up: \(outcome.errorLine)")
            }
            let tally = try PeerTally(decoding: Data(outcome.output))
            let now = WallClock.seconds()
            var signed: [Signed<ChallengeTranscript>] = []
            if let custody {
                for transcript in tally.transcripts(by: custody.address, at: now) {
                    signed.append(try await Signed(transcript, by: custody, in: .standalone))
                }
            }
            Terminal.write(try CanonicalJSON.bytes(signed) + [10], to: number)
            Terminal.say("client \(tally.client): \(Self.rate(tally.up)) from it, \(Self.rate(tally.down)) to it")
        } catch {
            if !Interruption.isAsked { Terminal.complain("a client was given up: \(ForeignError.words(error))") }
        }
    }

    private static func rate(_ transfers: [PeerTally.Transfer]) -> String {
        PeerTally.rate(transfers).map { Quantity(Double($0), .bytesPerSecond).description } ?? "nothing"
    }
}
