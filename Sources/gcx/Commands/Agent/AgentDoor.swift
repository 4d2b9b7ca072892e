import GCXAgent
import GCXConfig
import GCXLinux
import GCXModel
import GCXServer
import GCXWire
import Logging

/// Where the agent answers, and who may come in there.
struct AgentDoor {
    private let endpoint: Endpoint
    private let group: UInt32?
    private let logger: Logger

    init(_ agent: Configuration.Agent, logger: Logger) throws {
        endpoint = try Endpoint(agent.listen)
        group = UserGroup.number(of: agent.socketGroup)
        self.logger = logger
        guard endpoint.isUnixSocket, group == nil, !agent.socketGroup.isEmpty else { return }
        logger.notice(
            "no buyer on this machine but root reaches the agent: there is no such group",
            metadata: ["group": "\(agent.socketGroup)", "remedy": "groupadd --system \(agent.socketGroup)"])
    }

    /// A server that says when it listens.
    func server(
        _ agent: any AgentHost, onListening: @escaping @Sendable () -> Void = {}
    ) throws -> AgentServer {
        try AgentServer(agent, at: endpoint, socketGroup: group, logger: logger) { _ in
            ServiceNotify.ready()
            onListening()
        }
    }
}
