import Foundation
import GCXAgent
import GCXLedger
import GCXModel
import GCXSigning

@testable import GCXAPI

extension FuzzEntry {
    /// What a client makes of an agent's or a ledger's answer: headers, pages of a log, errors and documents. First a byte
    /// that chooses, then the headers, a line each, an empty line, and the body.
    static let answers = FuzzEntry(name: "answers") { bytes in
        let answer = parse(bytes.dropFirst())
        switch (bytes.first ?? 0) % 8 {
        case 0: page(answer)
        case 1: _ = try? WireJSON.answer(ErrorEnvelope<AgentError>.self, from: answer.body).error.description
        case 2: _ = try? WireJSON.answer(ErrorEnvelope<LedgerError>.self, from: answer.body).error.description
        case 3: _ = try? WireJSON.answer(JobStatus.self, from: answer.body)
        case 4: _ = try? WireJSON.answer(AgentStatus.self, from: answer.body)
        case 5: _ = try? WireJSON.answer(JobReport.self, from: answer.body)
        case 6: _ = try? WireJSON.answer([Signed<Receipt>].self, from: answer.body)
        default: _ = try? WireJSON.answer(ErrorSummary.self, from: answer.body)
        }
    } seeds: {
        let log = FuzzEntry.log.seeds().first.map { Array($0.dropFirst(3)) } ?? []
        let page =
            "gcx-log-start: 0\ngcx-log-next: \(log.count)\ngcx-log-first-kept: 0\ngcx-log-skip-lines: 0\ngcx-log-ended: true\n\n"
        let refused = (try? WireJSON.encode(ErrorEnvelope(AgentError.badRequest("a")))) ?? []
        let closed = (try? WireJSON.encode(ErrorEnvelope(LedgerError.notTestNetwork))) ?? []
        return [
            [0] + Array(page.utf8) + log, [1, 10] + refused, [2, 10] + closed, [6, 10, 91, 93], [7, 10] + closed,
        ]
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) -> HTTPAnswer {
        var (answer, rest) = (HTTPAnswer(status: 200, body: []), bytes)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...].dropFirst()
            guard !line.isEmpty else { break }
            let words = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            // The library's reader hands on no other names, and ends the process when it is given one.
            if let name = words.first, name.utf8.allSatisfy({ $0 < 0x80 }), words.count == 2, let value = words.last {
                answer.headers.add(name: name, value: value)
            }
        }
        answer.body = Array(rest)
        return answer
    }

    private static func page(_ answer: HTTPAnswer) {
        guard let page = LogWire.page(answer), (try? page.require(from: LogQuery())) != nil else { return }
        var reading = LogReading(from: 0, isWhole: true, stream: nil)
        _ = try? reading.lines(page)
    }
}
