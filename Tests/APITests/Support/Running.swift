import GCXAgent
import GCXLedger
import GCXLinux
import GCXModel
import Glibc
import Logging
import ServiceLifecycle

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// A directory that is gone after the test. Its path is short, because a socket's path has 107 bytes.
func withScratch<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = "/tmp/gcx-api-\(Digest.random().short)-\(getpid())"
    try Files.makeDirectory(path)
    defer { try? Files.removeTree(path) }
    return try await body(path)
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A server of ours that runs until the test ends it.
struct RunningServer: Sendable {
    let endpoint: Endpoint
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Waits until the server accepts connections, or throws what it ended with.
    init(_ make: (@escaping @Sendable (Endpoint) async -> Void) throws -> any Service) async throws {
        let (ready, announce) = AsyncStream<Endpoint>.makeStream()
        let group = ServiceGroup(services: [try make { announce.yield($0) }], logger: quiet)
        self.group = group
        task = Task {
            defer { announce.finish() }
            try await group.run()
        }
        for await endpoint in ready {
            self.endpoint = endpoint
            return
        }
        try await task.value
        throw ServingError.listenFailed("test", reason: "it ended before it listened")
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    /// Stops after `body`, however that ends.
    func during<Value>(_ body: () async throws -> Value) async throws -> Value {
        let value: Value
        do {
            value = try await body()
        } catch {
            try? await stop()
            throw error
        }
        try await stop()
        return value
    }
}

/// Serves `agent` for the length of `body`.
func withAgentServer<Value: Sendable>(
    _ agent: any AgentHost, at endpoint: Endpoint, _ body: (AgentClient, RunningServer) async throws -> Value
) async throws -> Value {
    let server = try await RunningServer { try AgentServer(agent, at: endpoint, logger: quiet, onListening: $0) }
    return try await server.during { try await body(AgentClient(server.endpoint), server) }
}

/// Serves `ledger` for the length of `body`.
func withLedgerServer<Value: Sendable>(
    _ ledger: any Ledger, at endpoint: Endpoint, _ body: (HTTPLedger, RunningServer) async throws -> Value
) async throws -> Value {
    let server = try await RunningServer { LedgerServer(ledger, at: endpoint, logger: quiet, onListening: $0) }
    return try await server.during { try await body(HTTPLedger(server.endpoint), server) }
}
