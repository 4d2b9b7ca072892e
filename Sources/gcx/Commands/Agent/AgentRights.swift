import FoundationEssentials
import GCXConfig
import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc

/// A helper that this agent has started.
struct OwnHelper {
    /// Our end of the socket that it serves.
    let socket: OpenFile
    let pid: pid_t

    /// Lets it end, and waits for that a moment.
    func letGo() {
        UnixSocket.end(socket.number)
        for _ in 0..<Self.looksMax where waitpid(pid, nil, WNOHANG) == 0 { GCXLinux.pause(for: .milliseconds(10)) }
    }

    /// How often it is looked after: ten seconds, for a machine that is busy.
    private static let looksMax = 1_000
}

/// How an agent comes to somebody who does for it what takes root, and gives up what it was started with.
struct AgentRights {
    let configuration: Configuration
    /// The configuration file.
    let path: String

    /// The helper. Afterwards this process is its user's alone, for good: nothing of a stranger was read before.
    ///
    /// Root starts a helper of its own where none listens; that one is to be let go in the end.
    func settle() throws -> (client: HelperClient, own: OwnHelper?) {
        let listening = HelperClient.Way.path(configuration.agent.helper)
        guard geteuid() == 0 else { return (try HelperClient(listening), nil) }
        let account = UserAccount.named(configuration.agent.user) ?? .nobody
        guard account.user != 0 else {
            throw CommandError("the agent does not run as root", fix: "Give agent.user another user in \(path).")
        }
        // A helper of our own answers once the state directory is both users'.
        let own = isServed ? nil : try startHelper()
        let client = try own.map { try HelperClient(.parent($0.socket)) }
        try giveSocketDirectories(to: account)
        try account.become(also: UserGroup.number(of: configuration.agent.socketGroup))
        return (try client ?? HelperClient(listening), own)
    }

    private var isServed: Bool { (try? UnixSocket.connect(to: configuration.agent.helper)) != nil }

    private func startHelper() throws -> OwnHelper {
        let pair = try MessagePair().ends()
        let log = FileDescriptor(owning: dup(STDERR_FILENO))
        let tool = ChildProcess(
            try Programs.beside("gcx-helper"), ["--config", path, "--parent", "\(Self.parentDescriptor)"],
            environment: ProcessInfo.processInfo.environment,
            descriptors: [(pair.theirs.number, Self.parentDescriptor), (log.number, STDERR_FILENO)])
        let child = try tool.startDetached()
        let pid = child.pid
        // It ends by itself, with our end of the socket: whoever is no longer root cannot end it.
        child.leave()
        withExtendedLifetime(pair) {}
        return OwnHelper(socket: pair.ours, pid: pid)
    }

    private static let parentDescriptor: Int32 = 3

    private func giveSocketDirectories(to account: UserAccount) throws {
        for place in configuration.agent.listen {
            guard case .unix(let socket) = try Endpoint(place) else { continue }
            try giveSocketDirectory(of: socket, to: account)
        }
    }

    /// A directory that holds nothing but the agent's socket is the agent's; one that is not there is made.
    private func giveSocketDirectory(of socket: String, to account: UserAccount) throws {
        let parts = socket.split(separator: "/").map(String.init)
        guard let name = parts.last, parts.count > 1 else { return }
        let folder = parts.dropLast().map { "/\($0)" }.joined()
        try Files.makeDirectories(folder, mode: 0o755)
        guard try Files.names(in: folder).allSatisfy({ $0.hasPrefix(name) }) else { return }
        let directory = try FileDescriptor.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard fchown(directory.number, account.user, account.group) == 0 else {
            throw LinuxError.systemCall(operation: "chown", object: folder, errno: errno)
        }
    }
}
