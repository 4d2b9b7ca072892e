import GCXAgent
import HTTPTypes
import Hummingbird
import NIOCore

/// A page of a job's log over HTTP: the records as they are stored, and what else there is to say in headers.
enum LogWire {
    static let start = field("gcx-log-start")
    static let next = field("gcx-log-next")
    static let firstKept = field("gcx-log-first-kept")
    static let skipLines = field("gcx-log-skip-lines")
    static let ended = field("gcx-log-ended")
    static let job = field("gcx-log-job")

    private static func field(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is a header's name") }
        return field
    }

    /// The query of a request.
    static func text(_ query: LogQuery) -> String {
        var parts = ["from=\(query.from)", "max=\(query.bytesMax)", "wait=\(query.waitSeconds)"]
        if let since = query.sinceNanoseconds { parts.append("since=\(since)") }
        if let tail = query.tail { parts.append("tail=\(tail)") }
        if let stream = query.stream { parts.append("stream=\(stream)") }
        if let job = query.job { parts.append("job=\(job)") }
        return parts.joined(separator: "&")
    }

    /// Nil when a header is missing or is no number.
    static func page(_ answer: HTTPAnswer) -> LogPage? {
        func number(_ field: HTTPField.Name) -> UInt64? {
            answer.headers.first(name: field.canonicalName).flatMap { UInt64($0, radix: 10) }
        }
        guard let start = number(start), let next = number(next), let firstKept = number(firstKept),
            let skipLines = number(skipLines), let ended = answer.headers.first(name: ended.canonicalName)
        else { return nil }
        return LogPage(
            start: start, next: next, firstKept: firstKept, skipLines: skipLines, ended: ended == "true",
            bytes: answer.body, job: number(job))
    }
}

extension LogPage {
    /// Refuses a page whose numbers contradict each other or what was asked for.
    ///
    /// - Throws: ``AgentError/answerImpossible(_:)``.
    func require(from query: LogQuery) throws(AgentError) {
        let length = UInt64(bytes.count)
        // bounded: `next` is not before `start`, asked first
        guard start >= query.from, next >= start, next - start >= length, firstKept <= next else {
            throw .answerImpossible(
                """
                of a log from offset \(query.from) on, \(length) bytes from \(start) to \(next) came, kept from \
                \(firstKept)
                """)
        }
    }
}

extension Request {
    /// What of a log is asked for.
    var logQuery: LogQuery {
        get throws {
            LogQuery(
                from: try query("from", as: UInt64.self) ?? 0, sinceNanoseconds: try query("since", as: UInt64.self),
                tail: try query("tail", as: UInt64.self), stream: try query("stream", as: LogStream.self),
                bytesMax: try query("max", as: UInt64.self) ?? AgentLimits.logPageBytesMax,
                waitSeconds: try waitSeconds, job: try query("job", as: UInt64.self))
        }
    }
}

extension Response {
    init(_ page: LogPage) {
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", LogWire.start: "\(page.start)", LogWire.next: "\(page.next)",
            LogWire.firstKept: "\(page.firstKept)", LogWire.skipLines: "\(page.skipLines)",
            LogWire.ended: "\(page.ended)",
        ]
        if let job = page.job { headers[LogWire.job] = "\(job)" }  // bounded: fields by their names
        self.init(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.bytes)))
    }
}
