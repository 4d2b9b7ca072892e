import Foundation
import Logging
import Testing

@testable import gcx

/// What strangers bring into a log line is shown in the journal as a terminal shows it: nothing in it moves a cursor or
/// makes a line of its own.
@Suite("A log line") struct SafeLogTests {
    private static let evil = "a\u{1B}]0;x\u{7}\u{1B}[2J\u{9B}31m\u{202E}\nerror: forged\r\tz"
    private static let shown = "a^[]0;x^G^[[2J\\u{9b}31m\\u{202e}^Jerror: forged^M^Iz"

    /// Keeps what would be written.
    private final class Recorder: @unchecked Sendable {
        private let lock = NSLock()
        private var kept: [(message: String, metadata: Logger.Metadata)] = []

        func add(_ message: String, _ metadata: Logger.Metadata) { lock.withLock { kept.append((message, metadata)) } }
        var lines: [(message: String, metadata: Logger.Metadata)] { lock.withLock { kept } }
    }

    private struct Handler: LogHandler {
        let recorder: Recorder
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            recorder.add(event.message.description, metadata.merging(event.metadata ?? [:]) { $1 })
        }
    }

    private struct Described: CustomStringConvertible, Sendable {
        var description: String { SafeLogTests.evil }
    }

    @Test("shows control characters of strangers in its message, and anywhere in what stands beside it")
    func escaped() throws {
        let recorder = Recorder()
        var logger = Logger(label: "test") { _ in SafeLogHandler(Handler(recorder: recorder)) }
        logger[metadataKey: "kept"] = "\(Self.evil)"
        logger.error(
            "\(Self.evil)",
            metadata: [
                "text": .string(Self.evil), "value": .stringConvertible(Described()),
                "list": [.string(Self.evil), [.stringConvertible(Described())]],
                "table": [Self.evil: .string(Self.evil)], Self.evil: "key",
            ])
        let line = try #require(recorder.lines.first)
        #expect(line.message == Self.shown)
        #expect(
            line.metadata == [
                "kept": .string(Self.shown), "text": .string(Self.shown), "value": .string(Self.shown),
                "list": [.string(Self.shown), [.string(Self.shown)]], "table": [Self.shown: .string(Self.shown)],
                Self.shown: "key",
            ])
    }

    @Test("and its level, its own metadata and texts of every script stay as they are")
    func kept() throws {
        let recorder = Recorder()
        var logger = Logger(label: "test") { _ in SafeLogHandler(Handler(recorder: recorder)) }
        logger.logLevel = .warning
        logger[metadataKey: "region"] = "Zürich, 東京"
        logger.info("not shown")
        logger.warning("shown")
        #expect(recorder.lines.map(\.message) == ["shown"])
        #expect(recorder.lines.first?.metadata == ["region": "Zürich, 東京"])
        #expect(logger[metadataKey: "region"] == "Zürich, 東京")
    }
}
