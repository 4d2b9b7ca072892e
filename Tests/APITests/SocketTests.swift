import GCXClient
import GCXLinux
import GCXWire
import Glibc
import Testing

@testable import GCXServer

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    let agent = ScriptedAgent(SampleLease())

    @Test("a socket has the mode that was asked for, and no directory stays beside it")
    func mode() async throws {
        try await withScratch { directory in
            let server = try await RunningServer {
                try AgentServer(
                    agent, at: .unix(path: directory + "/s"), socketMode: 0o660, logger: quiet, onListening: $0)
            }
            var status = stat()
            #expect(stat(directory + "/s", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
            #expect(try Files.names(in: directory) == ["s"])
            try await server.stop()
            #expect(try Files.names(in: directory).isEmpty)
        }
    }

    @Test("a socket that lets everybody be the owner is refused")
    func tooOpen() {
        #expect(throws: ServingError.socketModeTooOpen(path: "/s", mode: 0o666)) {
            try AgentServer(agent, at: .unix(path: "/s"), socketMode: 0o666, logger: quiet)
        }
    }

    @Test("a socket left by a dead server is replaced, one that is answered is not")
    func stale() async throws {
        try await withScratch { directory in
            let path = directory + "/s"
            RawSocket.leaveStale(at: path)
            #expect(Files.exists(path))
            try await withAgentServer(agent, at: .unix(path: path)) { client, _ in
                await #expect(throws: ServingError.socketBusy(path: path)) {
                    try await withAgentServer(agent, at: .unix(path: path)) { _, _ in }
                }
                // The first server is still there and well.
                _ = try await client.status()
            }
        }
    }

    @Test("a file that is not a socket is never replaced")
    func regularFile() async throws {
        try await withScratch { directory in
            try DurableFile.write([7], to: directory + "/s")
            let error = await #expect(throws: ServingError.self) {
                try await withAgentServer(agent, at: .unix(path: directory + "/s")) { _, _ in }
            }
            #expect(error?.description.contains("not a socket") == true)
            #expect(try Files.bytes(directory + "/s") == [7])
        }
    }

    @Test("a directory that is not there is an error that names the socket")
    func noDirectory() async throws {
        let error = await #expect(throws: ServingError.self) {
            try await withAgentServer(agent, at: .unix(path: "/tmp/gcx-no-such-directory/s")) { _, _ in }
        }
        #expect(error?.description.contains("/tmp/gcx-no-such-directory/s") == true)
    }

    @Test("a port that is taken is an error that names it")
    func portTaken() async throws {
        try await withAgentServer(agent, at: .loopback(.v4, port: 0)) { _, server in
            let error = await #expect(throws: ServingError.self) {
                try await withAgentServer(agent, at: server.endpoint) { _, _ in }
            }
            #expect(error?.description.contains("\(server.endpoint)") == true)
        }
    }

    @Test("IPv6 loopback works where the machine has it", .enabled(if: Loopback6.exists, "needs ::1 on lo"))
    func ipv6() async throws {
        try await withAgentServer(agent, at: .loopback(.v6, port: 0)) { client, _ in _ = try await client.status() }
    }
}

enum Loopback6 {
    /// A container without IPv6 has no such file, or no line for lo.
    static let exists = (try? Files.text("/proc/net/if_inet6"))?.contains(" lo\n") == true
}
