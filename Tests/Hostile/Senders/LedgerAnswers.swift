import GCXModel
import GCXSigning

/// Answers of an evil ledger to the real client of a buyer.
enum SentLedgerAnswers {
    static let all = numbers + texts + words

    private static func ledger(
        _ sends: String, by stoppedBy: String, _ expected: Expected, to command: [String], at path: String,
        isOnTerminal: Bool = false, _ answer: EvilAnswer
    ) -> Sending {
        Sending(.answers, sends, by: stoppedBy, expected) { ground in
            let server = try EvilServer(at: "\(ground.scratch)/evil.sock", before: ground.ledger) { line in
                line.contains(path) ? answer : nil
            }
            defer { server.stop() }
            let names = [
                "LEASE": "\(ground.ended)", "OFFER": "\(ground.offer)", "DEMAND": "\(ground.endedDemand)",
                "BUYER": ground.buyer.address.description,
            ]
            var answered = try ground.client(
                ClientRun(
                    command.flatMap { $0 == "KEY" ? ground.keyOptions : [names[$0] ?? $0] }, ledger: server.path,
                    isOnTerminal: isOnTerminal))
            if case .endless(_, _, let most) = answer, server.bytesSent >= most {
                answered.wrong.append("it took all of \(most) bytes")
            }
            if isOnTerminal, SentTexts.isObeyed(answered.text) { answered.wrong.append("a terminal got it raw") }
            return answered
        }
    }

    private static let commands: [(words: [String], path: String)] = [
        (["offer", "list"], "/v1/offers"), (["offer", "show", "OFFER"], "/v1/offers/"),
        (["demand", "list"], "/v1/demands"), (["demand", "match", "DEMAND", "--explain"], "/v1/"),
        (["lease", "show", "LEASE"], "/v1/leases/"), (["lease", "list", "BUYER"], "/v1/parties/"),
        (["rating", "show", "BUYER"], "/v1/parties/"), (["ledger", "account", "BUYER"], "/v1/accounts/"),
        (["ledger", "entries"], "/v1/entries"), (["ledger", "head"], "/v1/head"),
        (["demand", "create", "KEY", "--hourly-max", "1base-units", "--budget", "1base-units"], "/v1/identity"),
    ]

    private static let numbers = commands.map { words, path in
        ledger(
            "the largest numbers there are, to `gcx \(words.prefix(2).joined(separator: " "))`",
            by: "checked arithmetic",
            .clientEnds, to: words, at: path, .edited(SentAnswers.largest))
    }

    private static let texts = commands.prefix(7).map { words, path in
        ledger(
            "words that a terminal would obey, to `gcx \(words.prefix(2).joined(separator: " "))`",
            by: "one door to the terminal", .clientEnds, to: words, at: path, isOnTerminal: true,
            .edited(SentAnswers.obeyed))
    }

    private static let refuses = Expected.clientRefuses(says: ["error: "])

    private static let words = [
        ledger(
            "offers without an end", by: "the size of an answer", refuses, to: ["offer", "list"], at: "/v1/offers",
            .endless(
                head: Array("HTTP/1.1 200 OK\r\n\r\n[".utf8), piece: [UInt8](repeating: 0x20, count: 1 << 20),
                bytesMax: 1 << 30)),
        ledger(
            "offers 100,000 deep", by: "the depth of JSON", refuses, to: ["offer", "list"], at: "/v1/offers",
            .bytes(HTTPText.answer(String(repeating: "[", count: 100_000)))),
        ledger(
            "a number that is nearly whole", by: "integers as they are written", refuses,
            to: ["ledger", "head"], at: "/v1/head",
            .edited { SentAnswers.replace(#"("size":\d+)"#, in: $0, with: ".0000000000000001") }),
        ledger(
            "a member twice", by: "members that are there once", refuses, to: ["ledger", "head"], at: "/v1/head",
            .edited { SentAnswers.replace(#"("size":\d+)"#, in: $0, with: ",\"size\":1") }),
        ledger(
            "an answer in UTF-16", by: "documents that are UTF-8", refuses, to: ["ledger", "head"], at: "/v1/head",
            .bytes(HTTPText.answer([0xFE, 0xFF] + "[]".utf8.flatMap { [0, $0] }, "200 OK", []))),
        ledger(
            "a ledger's error in words that a terminal would obey", by: "one door to the terminal", refuses,
            to: ["ledger", "head"], at: "/v1/head", isOnTerminal: true,
            .bytes(
                HTTPText.answer(
                    Array(#"{"code":"x","message":"\u001b]0;gcx-evil\u0007\u001b[2J","error":{}}"#.utf8),
                    "500 \u{1B}[2J", []))),
    ]
}
