import GCXModel
import Logging

/// Shows what strangers brought into a log line as a terminal shows it: the journal is read on one.
struct SafeLogHandler: LogHandler {
    private var handler: StreamLogHandler

    init(_ handler: StreamLogHandler) { self.handler = handler }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue.mapValues(Self.shown) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue.map(Self.shown) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(SafeText.show(event.message.description))"
        event.metadata = event.metadata?.mapValues(Self.shown)
        handler.log(event: event)
    }

    static func shown(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(SafeText.show(text))
        case .stringConvertible(let value): .string(SafeText.show(value.description))
        case .array(let values): .array(values.map(shown))
        case .dictionary(let values): .dictionary(values.mapValues(shown))
        }
    }
}
