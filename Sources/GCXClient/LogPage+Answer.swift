import GCXModel
import GCXWire
import HTTPTypes
import NIOHTTP1

extension LogWire {
    /// Nil when a header is missing or is no number.
    static func page(_ answer: HTTPAnswer) -> LogPage? {
        func number(_ field: HTTPField.Name) -> UInt64? {
            answer.headers.first(name: field.canonicalName).flatMap { UInt64(digits: $0) }
        }
        guard let start = number(start), let next = number(next), let firstKept = number(firstKept),
            let skipLines = number(skipLines), let ended = answer.headers.first(name: ended.canonicalName)
        else { return nil }
        return LogPage(
            start: start, next: next, firstKept: firstKept, skipLines: skipLines, ended: ended == "true",
            bytes: answer.body, job: number(job),
            openLines: answer.headers.first(name: openLines.canonicalName).map(streams))
    }

    /// The streams named in a list; what is no stream is passed over.
    private static func streams(_ text: String) -> Set<LogStream> {
        Set(text.split(separator: ",").compactMap { LogStream(String($0)) })
    }
}
