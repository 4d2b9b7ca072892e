import GCXLedger
import GCXModel
import GCXSigning
import NIOHTTP1

@testable import GCXBuyer
@testable import GCXClient
@testable import GCXJobLog
@testable import GCXWire

extension FuzzEntry {
    /// What a client makes of an agent's or a ledger's answer: headers, pages of a log, downloads, errors and documents.
    /// First a byte that chooses, then the headers, a line each, an empty line, and the body.
    static let answers = FuzzEntry(name: "answers") { bytes in
        let rest = bytes.dropFirst()
        let answer = Answers.parse(rest)
        switch bytes.first ?? 0 {
        case 0: Answers.page(answer)
        case 1: _ = try? WireJSON.answer(ErrorEnvelope<AgentError>.self, from: answer.body).error.description
        case 2: _ = try? WireJSON.answer(ErrorEnvelope<LedgerError>.self, from: answer.body).error.description
        case 3: Answers.list(answer)
        case 4: Answers.events(answer)
        case 5: _ = try? WireJSON.answer(JobReport.self, from: answer.body)
        case 6: Answers.receipts(answer)
        case 7: _ = try? WireJSON.answer(ErrorSummary.self, from: answer.body)
        case 8: Downloads.save(rest)
        case 9: Answers.witness(rest)
        case 10: Answers.failures(answer)
        case let other: Answers.document(Int(other), answer)
        }
    } seeds: {
        Answers.seeds + Downloads.seeds
    }
}

/// Answers over HTTP, as functions of what came.
enum Answers {
    static func parse(_ bytes: ArraySlice<UInt8>) -> HTTPAnswer {
        var (answer, rest) = (HTTPAnswer(status: 200, body: []), bytes)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...].dropFirst()
            guard !line.isEmpty else { break }
            let words = line.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
            // The library's reader hands on no other names, and ends the process when it is given one.
            if let name = words.first, name.utf8.allSatisfy({ $0 < 0x80 }), words.count == 2, let value = words.last {
                answer.headers.add(name: String(name), value: String(value))
            }
        }
        answer.body = Array(rest)
        return answer
    }

    static func page(_ answer: HTTPAnswer) {
        guard let page = LogWire.page(answer), (try? page.require(from: LogQuery())) != nil else { return }
        var reading = LogReading(from: 0, isWhole: true, stream: nil)
        guard let pieces = try? reading.lines(page) else { return }
        var lines = LineAssembler(skip: page.skipLines)
        var written = 0
        for piece in pieces {
            let stream: JobLog.Stream
            switch piece.kind {
            case .output(let which): stream = which == .stdout ? .output : .error
            default: stream = .sandbox
            }
            lines.add(stream, piece.bytes, wallNanoseconds: piece.wallNanoseconds) { written += $0.bytes.count }
        }
        lines.finish { written += $0.bytes.count }
        precondition(written <= page.bytes.count, "lines hold more than came")
    }

    /// Two pages of a log and the last receipt, against what goes over them: three bytes, the headers of both, and the
    /// records, which a bit of the first byte puts right.
    static func witness(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(Array(bytes.prefix(3)))
        let (choice, cut) = (LogChoice(rawValue: reader.byte()), Int(reader.byte()) << 8 | Int(reader.byte()))
        var answer = parse(bytes.dropFirst(3))
        guard let first = LogWire.page(answer) else { return }
        let log = choice.contains(.mended) ? SignedLog(answer.body, from: first.start) : SignedLog(as: answer.body)
        let place = log.ends.isEmpty ? min(cut, log.bytes.count) : log.ends[cut % log.ends.count]
        let (witness, stated) = (LogWitness(), choice.points(of: log).last?.head ?? .zero)
        var reading = LogReading(from: 0, isWhole: true, stream: choice.contains(.reversed) ? .stderr : nil)
        if choice.contains(.final) { witness.end(with: last(stated)) }
        for piece in [Array(log.bytes[..<place]), Array(log.bytes[place...])] {
            answer.body = piece
            guard var page = LogWire.page(answer) else { return }
            if !choice.contains(.half), piece.count == log.bytes.count - place {
                page.start = page.start &+ UInt64(place)
            }
            if !choice.contains(.lost) { page.next = page.start &+ UInt64(piece.count) }
            guard (try? page.require(from: LogQuery())) != nil else { return }
            _ = try? reading.lines(page)
            guard witness.take(page) else { break }
        }
        witness.end(with: last(stated))
        _ = witness.verdict()
    }

    private static func last(_ head: Digest) -> Receipt {
        Receipt(
            lease: .zero, sequence: 1, previous: .zero, bootID: "", periodStartNanoseconds: 0, periodEndNanoseconds: 0,
            issuedAt: 0, usage: .zero, amount: .zero, logDigest: head, samplesDigest: .zero, isFinal: true, events: [])
    }

    static func receipts(_ answer: HTTPAnswer) {
        guard let receipts = try? WireJSON.answer([Signed<Receipt>].self, from: answer.body) else { return }
        try? AgentClient.requireOrder(receipts.map(\.document.sequence), after: 0, "receipt")
        for event in receipts.flatMap(\.document.events) {
            guard let statement = OutputStatement(event: event) else { continue }
            precondition(
                OutputStatement(event: Untrusted(statement.event)) == statement, "a statement reads as another")
        }
    }

    static func events(_ answer: HTTPAnswer) {
        guard let events = try? WireJSON.answer([JobEvent].self, from: answer.body) else { return }
        try? AgentClient.requireOrder(events.map(\.sequence), after: 0, "event")
    }

    /// A page of a list, and where it says that it goes on.
    static func list(_ answer: HTTPAnswer) {
        guard let ledger = clients?.ledger else { return }
        _ = try? ledger.read(answer) as [PostedEntry]
        if let next = try? ledger.next(answer, after: 7) { precondition(next > 7, "a list goes back") }
    }

    /// An error of each kind of server; the first header may say how long to wait.
    static func failures(_ answer: HTTPAnswer) {
        guard let clients else { return }
        var answer = answer
        for status in [429, 503] as [UInt] {
            answer.status = status
            _ = answer.pause.map { ContinuousClock.now + $0 }
            _ = clients.agent.failure(answer).description
            do throws(LedgerError) { _ = try clients.ledger.read(answer) as Account } catch { _ = error.description }
        }
    }

    private static let clients = (try? Endpoint("unix:/nowhere")).map {
        (ledger: HTTPLedger($0), agent: AgentClient($0))
    }

    /// The documents that answers hold, as a client takes them: fields that it does not know are passed over.
    private static let documents: [@Sendable ([UInt8]) -> Void] = [
        { _ = try? WireJSON.answer(JobStatus.self, from: $0) },
        { _ = try? WireJSON.answer(AgentStatus.self, from: $0) },
        { _ = try? WireJSON.answer([JobStatus].self, from: $0) },
        { _ = try? WireJSON.answer(CountersignedTerms.self, from: $0) },
        { _ = try? WireJSON.answer(VoucherReceipt.self, from: $0) },
        { _ = try? WireJSON.answer(LedgerIdentity.self, from: $0) },
        { _ = try? WireJSON.answer(PostReceipt.self, from: $0) }, { _ = try? WireJSON.answer(Account.self, from: $0) },
        { _ = try? WireJSON.answer([GrantRecord].self, from: $0) },
        { _ = try? WireJSON.answer(AttestationEntry.self, from: $0) },
        { _ = try? WireJSON.answer([OfferRecord].self, from: $0) },
        { _ = try? WireJSON.answer([DemandRecord].self, from: $0) },
        { _ = try? WireJSON.answer(Resources.self, from: $0) },
        { _ = try? WireJSON.answer([LeaseRecord].self, from: $0) },
        { _ = try? WireJSON.answer([RatingRecord].self, from: $0) },
        { _ = try? WireJSON.answer(SignedTreeHead.self, from: $0) },
        { _ = try? WireJSON.answer(InclusionProof.self, from: $0) },
        { _ = try? WireJSON.answer(ConsistencyProof.self, from: $0) },
    ]

    static func document(_ number: Int, _ answer: HTTPAnswer) { documents[number % documents.count](answer.body) }

    static var seeds: [[UInt8]] {
        let log = SignedLog.seed(segments: 3)
        func page(_ log: [UInt8]) -> [UInt8] {
            let headers =
                "gcx-log-start: 0\ngcx-log-next: \(log.count)\ngcx-log-first-kept: 0\ngcx-log-skip-lines: 0\ngcx-log-ended: true\n\n"
            return Array(headers.utf8) + log
        }
        func json(_ number: UInt8, _ value: some Encodable) -> [UInt8] {
            [number, 10] + ((try? WireJSON.encode(value)) ?? [])
        }
        var receipt = last(.zero)
        receipt.events = ["output sha256:\(Untrusted(String(repeating: "ab", count: 32))) of 5 bytes"]
        let witnessed = ([4, 12, 44, 60, 108, 236] as [UInt8]).map { [9, $0, 0, 1] + page(log) }
        return [
            [0] + page(SignedLog.seed(segments: 1)), json(1, ErrorEnvelope(AgentError.badRequest("a"))),
            json(2, ErrorEnvelope(LedgerError.notTestNetwork)), json(7, ErrorEnvelope(LedgerError.notTestNetwork)),
            [3] + Array("gcx-next: 8\n\n[]".utf8), [6, 10, 91, 93],
            [10] + Array("retry-after: 4\n".utf8)
                + json(10, ErrorEnvelope(RequestError.quotaUsed("a", afterSeconds: 5))),
            json(10, ErrorEnvelope(RequestError.malformed("a"))), json(10, ErrorEnvelope(AgentError.badRequest("a"))),
            json(
                4, [JobEvent(sequence: 1, lease: .zero, wallNanoseconds: 2, bootNanoseconds: 3, kind: .data, text: "a")]
            ),
            json(6, RouteDocuments.receipts(receipt)),
        ] + witnessed + RouteDocuments.answers.enumerated().map { [UInt8(18 + $0), 10] + $1 }
    }
}
