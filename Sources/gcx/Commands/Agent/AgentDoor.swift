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
    /// The group that the configuration names and the machine does not have.
    private let missing: String?
    private let logger: Logger

    init(_ agent: Configuration.Agent, logger: Logger) throws {
        endpoint = try Endpoint(agent.listen)
        group = UserGroup.number(of: agent.socketGroup)
        missing = endpoint.isUnixSocket && group == nil && !agent.socketGroup.isEmpty ? agent.socketGroup : nil
        self.logger = logger
    }

    /// A server that says when it listens.
    func server(
        _ agent: any AgentHost, onListening: @escaping @Sendable () -> Void = {}
    ) throws -> AgentServer {
        try AgentServer(agent, at: endpoint, socketGroup: group, logger: logger) { [logger, missing] _ in
            if let missing {
                logger.notice(
                    "no buyer on this machine but root reaches the agent: there is no such group",
                    metadata: ["group": "\(missing)", "remedy": "groupadd --system \(missing)"])
            }
            ServiceNotify.ready()
            onListening()
        }
    }
}
