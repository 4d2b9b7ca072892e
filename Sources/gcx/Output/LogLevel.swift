import Logging
import Synchronization

/// The least important lines that are logged, for all loggers of the process: it may change while they are in use.
final class LogLevel: Sendable {
    static let shared = LogLevel()
    private let level = Mutex(Logger.Level.info)

    var current: Logger.Level { level.withLock { $0 } }

    /// Takes a level by its name; an unknown one changes nothing.
    func set(_ name: String) {
        guard let new = Logger.Level(rawValue: name) else { return }
        level.withLock { $0 = new }
    }
}
