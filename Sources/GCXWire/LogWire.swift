import GCXModel
package import HTTPTypes
import NIOCore

/// A page of a job's log over HTTP: the records as they are stored, and what else there is to say in headers.
package enum LogWire {
    package static let start = field("gcx-log-start")
    package static let next = field("gcx-log-next")
    package static let firstKept = field("gcx-log-first-kept")
    package static let skipLines = field("gcx-log-skip-lines")
    package static let ended = field("gcx-log-ended")
    package static let job = field("gcx-log-job")
    package static let openLines = field("gcx-log-open-lines")

    private static func field(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is a header's name") }
        return field
    }

    /// The query of a request.
    package static func text(_ query: LogQuery) -> String {
        var parts = ["from=\(query.from)", "max=\(query.bytesMax)", "wait=\(query.waitSeconds)"]
        if let since = query.sinceNanoseconds { parts.append("since=\(since)") }
        if let tail = query.tail { parts.append("tail=\(tail)") }
        if let stream = query.stream { parts.append("stream=\(stream)") }
        if let job = query.job { parts.append("job=\(job)") }
        return parts.joined(separator: "&")
    }
}

extension LogPage {
    /// Refuses a page whose numbers contradict each other or what was asked for.
    ///
    /// - Throws: ``AgentError/answerImpossible(_:)``.
    package func require(from query: LogQuery) throws(AgentError) {
        let length = UInt64(bytes.count)
        // bounded: `next` is not before `start`, asked first
        guard start >= query.from, next >= start, next - start >= length, firstKept <= next else {
            throw .answerImpossible(
                """
                of a log from offset \(query.from) on, \(NumberText.count(length, "byte")) from \(start) to \(next) came, kept from \
                \(firstKept)
                """)
        }
    }
}
