import GCXClient
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc

/// A file of a job on its way from or to an agent, as `gcx` moves it: compared with its digest, and with all that a server asks for.
struct Transfer {
    private let agent: ServerAddress
    private let lease: LeaseID
    private let key: KeystoreCustody
    private let file: String

    /// - Parameter words: agent, lease, keystore, its password's file, and the file that goes or comes.
    init(_ words: [String]) throws {
        guard let lease = Digest(words[1]) else {
            throw BenchError(description: "\(words[1]) is no whole id of a lease")
        }
        (agent, self.lease, file) = (try ServerAddress(words[0]), lease, words[4])
        key = try KeystoreCustody(path: words[2], password: try SecretFile.password(words[3]))
    }

    func fetch() async throws {
        try await timed { client, caller in
            guard let found = try await client.downloadOutput(lease, to: file, by: caller) else {
                throw BenchError(description: "the job left no output")
            }
            return found.bytes
        }
    }

    func send() async throws {
        try await timed { client, caller in
            try await client.upload(.input, lease: lease, file: file, by: caller)
        }
    }

    /// From the first connection on: a handshake and a session are part of it.
    private func timed(_ move: (AgentClient, Caller) async throws -> UInt64) async throws {
        let begin = ContinuousClock.now
        let client = AgentClient(agent)
        let bytes = try await move(client, try await session(client))
        let (seconds, attoseconds) = begin.duration(to: .now).components
        let text = "{\"seconds\": \(Double(seconds) + Double(attoseconds) / 1e18), \"bytes\": \(bytes)}\n"
        _ = text.withCString { write(1, $0, strlen($0)) }
    }

    private func session(_ client: AgentClient) async throws -> Caller {
        let status = try await client.status()
        guard let domain = status.ledger else { throw BenchError(description: "the agent does not say its ledger") }
        let session = try client.session(
            of: key.address, machine: status.machine, at: WallClock.seconds(), seconds: 3_600)
        return .session(try await Signed(session, by: key, in: domain))
    }
}
