import GCXConfig
import GCXHardware
import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import Synchronization

/// One life of the helper.
struct HelperProgram {
    let config: String
    /// The socket to whoever started it; nil listens.
    let parent: Int32?

    /// Serves until SIGTERM or SIGINT, or until whoever started it is gone. SIGHUP reads the owner's file again.
    func run() throws {
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        let file = OwnerFile(path: config)
        let configuration = try file.configuration()
        let account = UserAccount.named(configuration.agent.user) ?? UserAccount.nobody
        try HelperState(path: configuration.agent.stateDirectory).prepare(for: account)
        let driver = try configuration.jobDriver(
            supervisorPath: try Self.program("gcx-supervisor"), readers: account.group)
        do throws(SandboxError) { try driver.sweepNetwork() } catch {
            say("old network rules not removed: \(error.description)")
        }
        let inventory = try Self.inventory(configuration)
        let canPin = driver.facts.canPin
        let server = HelperServer(driver, policy: configuration.helperPolicy(of: inventory, canPin: canPin)) {
            () throws(SandboxError) in
            do throws(ConfigError) {
                return try file.configuration().helperPolicy(of: inventory, canPin: canPin)
            } catch {
                throw .noHelper(reason: error.description)
            }
        }
        let end = StopFlag()
        try serve(server, configuration, account, end)
        ServiceNotify.ready()
        watch(signals, end) {
            do throws(SandboxError) {
                try server.reload()
                say("SIGHUP: configuration read again")
            } catch { say("SIGHUP: the configuration is as it was: \(error.description)") }
        }
        ServiceNotify.stopping()
    }

    private func serve(
        _ server: HelperServer, _ configuration: Configuration, _ account: UserAccount, _ end: StopFlag
    ) throws(LinuxError) {
        if let parent {
            let socket = OpenFile(try FileDescriptor.adopt(parent))
            return try WorkerThread.start {
                server.serve(parent: socket, until: end)
                end.raise()
            }
        }
        let listener = HelperListener(try UnixListener(at: configuration.agent.helper, group: account.group))
        try WorkerThread.start { listener.serve(server, user: account.user, until: end) }
    }

    private func watch(_ signals: borrowing Signals, _ end: StopFlag, reload: () -> Void) {
        var alive = BootClock.now()
        while !end.isRaised {
            _ = UnixSocket.hasNews(signals.number, milliseconds: 200)
            switch signals.next() {
            case SIGHUP?: reload()
            case .some: end.raise()
            case nil: break
            }
            if let pause = ServiceNotify.watchdogPause, BootClock.now() >= alive {
                ServiceNotify.watchdog()
                alive = BootClock.now().saturatingSum(pause.wholeNanoseconds)
            }
        }
    }

    private static func inventory(_ configuration: Configuration) throws(ProbeError) -> Inventory {
        let path = configuration.probe.path.isEmpty ? try ProbeLocator.locate() : configuration.probe.path
        let timeout = Duration.seconds(Int64(clamping: configuration.probe.timeoutSeconds))
        return try HardwareProbe(executable: path, timeout: timeout).readInventory()
    }

    /// Another program of gcx: beside this one, or in `../libexec/gcx`.
    private static func program(_ name: String) throws(SandboxError) -> String {
        let folder = (OwnFile.program ?? "").split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let places = ["\(folder)/\(name)", "\(folder)/../libexec/gcx/\(name)"]
        guard let found = places.first(where: Files.exists) else { throw .noRuntime(tried: places) }
        return found
    }
}

/// A listener that a thread takes along.
private final class HelperListener: Sendable {
    private let listener: UnixListener

    init(_ listener: consuming UnixListener) { self.listener = listener }

    func serve(_ server: HelperServer, user: UInt32, until end: StopFlag) {
        server.serve(listener, user: user, until: end)
    }
}
