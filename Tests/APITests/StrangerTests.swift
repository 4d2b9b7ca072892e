import GCXAgent
import GCXLinux
import GCXSigning
import Glibc
import NIOCore
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

@Suite("Who is the owner on a socket that a group may open", .timeLimit(.minutes(1)))
struct StrangerTests {
    let lease = SampleLease()

    @Test("root and the server's own user are the owner; nobody else is, and nobody whom the kernel does not name")
    func peers() {
        #expect(Peer.user(0).isOwner && Peer.user(geteuid()).isOwner)
        #expect(!Peer.user(geteuid() + 1).isOwner && !Peer.user(.max).isOwner && !Peer.loopback.isOwner)
    }

    @Test("a stranger on the socket gets what a caller over TCP gets: the public status, and what a session opens")
    func stranger() async throws {
        let agent = ScriptedAgent(lease)
        try await withScratch { directory in
            let server = try await RunningServer {
                try AgentServer(agent, at: .unix(path: directory + "/s"), logger: quiet, onListening: $0)
                    .trusting { _ in false }
            }
            try await server.during {
                let client = AgentClient(server.endpoint)
                let status = try await client.status()
                #expect(status.machine == lease.machine.address)
                #expect(status.jobs.isEmpty && status.problems.isEmpty && status.standing == nil)
                _ = try await client.jobs(by: .session(lease.apiSession))
                for call in calls(client) {
                    let error = await #expect(throws: AgentError.self) { try await call() }
                    #expect(error?.description.contains("--key") == true, "\(String(describing: error))")
                }
            }
        }
        #expect(agent.state.withLock { $0.callers } == [.session(lease.apiSession)])
    }

    private func calls(_ client: AgentClient) -> [@Sendable () async throws -> Void] {
        let id = lease.id
        return [
            { _ = try await client.jobs(by: .owner) },
            { _ = try await client.job(id, by: .owner) },
            { _ = try await client.cancel(id, by: .owner) },
            { _ = try await client.hold(id, by: .owner) },
            { _ = try await client.report(id, by: .owner) },
            { _ = try await client.events(of: nil, after: 0, waitSeconds: 0, by: .owner) },
            { _ = try await client.receipts(id, after: 0, waitSeconds: 0, by: .owner) },
        ]
    }

    @Test("a socket of a group has mode 0660 and belongs to it, and stays the server's user's")
    func group() async throws {
        // Only root may give a file to a group that is not its own.
        let group = geteuid() == 0 ? 65_534 : getegid()
        try await withScratch { directory in
            let server = try await RunningServer {
                try AgentServer(
                    ScriptedAgent(lease), at: .unix(path: directory + "/s"), socketGroup: group, logger: quiet,
                    onListening: $0)
            }
            var status = stat()
            #expect(stat(directory + "/s", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660 && status.st_gid == group && status.st_uid == geteuid())
            try await server.stop()
        }
    }

    @Test("who may not open the socket is told which group may")
    func refused() async throws {
        #expect(TransportError(IOError(errnoCode: EACCES, reason: "connect")) == .notPermitted)
        #expect(TransportError.notPermitted.isBeforeSending)
        try await withScratch { directory in
            let path = directory + "/s"
            RawSocket.leaveStale(at: path)
            let client = AgentClient(.unix(path: path))
            #expect(chmod(path, 0o660) == 0)
            let name = try #require(UserGroup.name(of: getegid()))
            let error = client.unreachable(.notPermitted)
            #expect(error == .socketClosed(path: path, group: name))
            #expect(error.remedy.instruction.contains("usermod --append --groups \(name)"))
            #expect(chmod(path, 0o600) == 0)
            #expect(client.unreachable(.notPermitted) == .socketClosed(path: path, group: nil))
            #expect(client.unreachable(.notPermitted).remedy.instruction.contains("add you to the group gcx"))
        }
    }
}
