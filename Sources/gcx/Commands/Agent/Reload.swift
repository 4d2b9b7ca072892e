import GCXConfig
import GCXLinux
import GCXModel
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the configuration again at each SIGHUP, which ends nothing.
///
/// A file that cannot be used changes nothing, and all that is wrong with it is in the log.
final class ReloadService: Service {
    private let program: ConfiguredProgram
    private let hangups: UnixSignalsSequence
    /// Reads the configuration as the start did.
    private let read: @Sendable () throws(ConfigError) -> Configuration
    private let logger: Logger
    private let running: Mutex<Configuration>
    private let adopt: @Sendable (ConfigurationReload) async throws -> Void

    /// - Parameter adopt: gets what the new file brings; an error of it leaves everything as it was.
    init(
        _ program: ConfiguredProgram, _ hangups: UnixSignalsSequence, running: Configuration, logger: Logger,
        read: @escaping @Sendable () throws(ConfigError) -> Configuration,
        adopt: @escaping @Sendable (ConfigurationReload) async throws -> Void
    ) {
        (self.program, self.hangups, self.logger) = (program, hangups, logger)
        (self.read, self.adopt) = (read, adopt)
        self.running = Mutex(running)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in for await _ in hangups { await reload() } }
    }

    private func reload() async {
        do {
            let before = running.withLock { $0 }
            let reload = before.reload(try read(), in: program)
            try await adopt(reload)
            running.withLock { $0 = reload.adopted }
            LogLevel.shared.set(reload.adopted.agent.logLevel)
            say(reload)
        } catch {
            logger.error(
                "SIGHUP: the configuration is as it was, for the new one cannot be used",
                metadata: ["error": "\(ForeignError.words(error))"])
        }
    }

    private func say(_ reload: ConfigurationReload) {
        let changed = reload.changed.isEmpty ? "nothing" : reload.changed.joined(separator: ", ")
        logger.notice("SIGHUP: configuration read again", metadata: ["changed": "\(changed)"])
        guard let waiting = reload.waitingText else { return }
        logger.warning("\(waiting)")
    }
}

extension ConfigurationReload {
    /// What a restart would bring, or nil.
    var waitingText: String? {
        waiting.isEmpty
            ? nil
            : "\(waiting.joined(separator: ", ")): the new value needs a restart, and the old one holds until then"
    }
}
