import GCXModel
import Logging

/// Shows what strangers brought into a log line as a terminal shows it: the journal is read on one.
struct SafeLogHandler: LogHandler {
    private var handler: any LogHandler
    /// Set by somebody for one logger alone.
    private var ownLevel: Logger.Level?

    init(_ handler: some LogHandler) { self.handler = handler }

    var logLevel: Logger.Level {
        get { ownLevel ?? LogLevel.shared.current }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = Self.shown(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue.map(Self.shown) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(SafeText.show(event.message.description))"
        event.metadata = event.metadata.map(Self.shown)
        handler.log(event: event)
    }

    static func shown(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(SafeText.show(text))
        case .stringConvertible(let value): .string(SafeText.show(value.description))
        case .array(let values): .array(values.map(shown))
        case .dictionary(let values): .dictionary(shown(values))
        }
    }

    /// A stranger's name may stand for another, once both are shown: then the last is kept.
    private static func shown(_ metadata: Logger.Metadata) -> Logger.Metadata {
        Logger.Metadata(metadata.map { (SafeText.show($0.key), shown($0.value)) }) { $1 }
    }
}
