import Foundation
import GCXLinux

/// Answers of an evil agent to the real client of a buyer.
enum SentAnswers {
    static let all = outputs + logs + transport + numbers + texts

    /// Runs the client against an agent that answers calls of one path in its own way.
    static func agent(
        _ sends: String, by stoppedBy: String, _ expected: Expected, to command: [String], at path: String,
        isOnTerminal: Bool = false, _ answer: @escaping @Sendable (Ground) throws -> EvilAnswer
    ) -> Sending {
        Sending(.answers, sends, by: stoppedBy, expected) { ground in
            let evil = try answer(ground)
            let socket = "\(ground.scratch)/evil-\(UInt32.random(in: 0 ... .max)).sock"
            let server = try EvilServer(at: socket, before: ground.agent) { line in
                line.contains(path) ? evil : nil
            }
            defer { server.stop() }
            let arguments = command.map {
                $0 == "LEASE"
                    ? "\(ground.ended)" : $0.hasPrefix("OUT") ? "\(ground.scratch)/out\($0.dropFirst(3))" : $0
            }
            let key = command[0] == "agent" ? [] : ground.keyOptions
            var answer = try ground.client(
                ClientRun(arguments + key, agent: server.path, isOnTerminal: isOnTerminal))
            if case .endless(_, _, let most) = evil, server.bytesSent >= most {
                answer.wrong.append("it took all of \(most) bytes")
            }
            if isOnTerminal, SentTexts.isObeyed(answer.text) { answer.wrong.append("a terminal got it raw") }
            answer.wrong += leftovers(ground)
            return answer
        }
    }

    /// What a refused output left on the buyer's disk; it is removed.
    private static func leftovers(_ ground: Ground) -> [String] {
        let names = ((try? Files.names(in: ground.scratch)) ?? []).filter { $0.hasPrefix("out") }
        defer { for name in names { try? Files.removeTree("\(ground.scratch)/\(name)") } }
        let found = (try? ChildProcess("find", [ground.scratch, "-type", "b,c,p", "-o", "-perm", "/6000"]).run()) ?? ""
        return found.isEmpty ? [] : ["made on the buyer's machine: \(found)"]
    }

    private static let output = ["job", "output", "LEASE", "--out", "OUT"]

    private static func download(
        _ sends: String, by stoppedBy: String, _ expected: Expected = .clientRefuses(says: ["error: "]),
        _ answer: @escaping @Sendable (Ground) throws -> EvilAnswer
    ) -> Sending {
        agent(sends, by: stoppedBy, expected, to: output, at: "/output ", answer)
    }

    private static func tar(_ entries: TarEntry...) -> EvilAnswer {
        let bytes = TarEntry.archive(entries)
        return .bytes(HTTPText.answer(bytes, "200 OK", ["ETag: \"sha256:\(SHA256Hex.of(bytes))\""]))
    }

    private static let digest = "the digest in the signed receipt"

    private static let outputs = [
        download("an output of another digest than the receipt's", by: digest) { _ in tar(.file("word", "other")) },
        download("an output with devices", by: digest) { _ in
            tar(TarEntry("gcx-evil", kind: "3", mode: "0000666", device: (1, 3)), TarEntry("gcx-fifo", kind: "6"))
        },
        download("an output with a device that another reader sees", by: digest) { _ in
            tar(TarEntry("f/", content: TarEntry("gcx-evil", kind: "3", device: (1, 3)).bytes))
        },
        download("an output that climbs", by: digest) { _ in tar(.file("../../../../tmp/gcx-evil", "x")) },
        download("an output with a pax header of the largest size", by: digest) { _ in
            tar(.pax([("size", "18446744073709551615")]), .file("x", "x"))
        },
        download("an output without an entity tag", by: digest) { _ in
            .bytes(HTTPText.answer(TarEntry.archive([.file("a", "b")]), "200 OK", []))
        },
        download("an output whose entity tag is something else", by: "the entity tag") { _ in
            .bytes(
                HTTPText.answer(
                    TarEntry.archive([.file("a", "b")]), "200 OK", ["ETag: W/\"\(SentTexts.escapes.debugDescription)\""]
                ))
        },
        download("a part of an output that was not asked for, of 2^64-1 bytes", by: "checked arithmetic") { _ in
            .bytes(
                Array(
                    "HTTP/1.1 206 Partial Content\r\nContent-Length: 18446744073709551615\r\n\r\nx".utf8))
        },
        download("a part of an output of 2^63-1 bytes", by: "checked arithmetic") { ground in
            try DurableFile.write("part".utf8, to: "\(ground.scratch)/out.output.tar.part")
            return .bytes(
                Array(
                    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-9223372036854775809/9223372036854775810\r\nContent-Length: 9223372036854775807\r\n\r\nx"
                        .utf8))
        },
        download("an output without an end", by: "the size that the receipt names") { _ in
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nETag: \"x\"\r\n\r\n".utf8),
                piece: [UInt8](repeating: 0, count: 1 << 20),
                bytesMax: 512 << 20)
        },
        download("an output in chunks without an end", by: "the size that the receipt names") { _ in
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8),
                piece: Array("100000\r\n".utf8) + [UInt8](repeating: 0, count: 1 << 20) + Array("\r\n".utf8),
                bytesMax: 512 << 20)
        },
        download("no output where the receipt names one", by: digest) { _ in
            .bytes(Array("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".utf8))
        },
    ]

    static func log(_ headers: [String], _ body: [UInt8]) -> EvilAnswer {
        .bytes(HTTPText.answer(body, "200 OK", headers))
    }

    static func logHeaders(
        start: String = "0", next: String, skip: String = "0", ended: String = "true"
    ) -> [String] {
        [
            "gcx-log-start: \(start)", "gcx-log-next: \(next)", "gcx-log-first-kept: 0", "gcx-log-skip-lines: \(skip)",
            "gcx-log-ended: \(ended)",
        ]
    }

    /// A record of a log: stream, length, two times, payload, and a check that nobody may need to read it.
    static func record(_ stream: UInt8, _ payload: [UInt8], length: UInt32? = nil, time: UInt64 = 1) -> [UInt8] {
        func little(_ number: some FixedWidthInteger) -> [UInt8] {
            unsafe withUnsafeBytes(of: number.littleEndian) { unsafe Array($0) }
        }
        return [stream, 0, 0, 0] + little(length ?? UInt32(payload.count)) + little(time) + little(time) + payload
            + [UInt8](repeating: 0, count: 8)
    }

    private static func logs(
        _ sends: String, by stoppedBy: String, _ expected: Expected = .clientEnds, flags: [String] = [],
        _ answer: @escaping @Sendable () -> EvilAnswer
    ) -> Sending {
        agent(sends, by: stoppedBy, expected, to: ["job", "logs", "LEASE"] + flags, at: "/log?") { _ in answer() }
    }

    private static let counted = "checked arithmetic"
    private static let most = [UInt8](repeating: 0xFF, count: 8)

    private static let logs = [
        logs("a segment of a log that counts 2^64-1 bytes", by: counted) {
            let numbers = [UInt8](repeating: 0xFF, count: 8 * 8)
            let segment = record(5, Array("GCXLOG2\n".utf8) + numbers + [UInt8](repeating: 0, count: 32))
            return log(logHeaders(next: "\(segment.count)"), segment + record(1, Array("x\n".utf8)))
        },
        logs("a second segment that counts 2^64-1 bytes less", by: counted, flags: ["--verify"]) {
            let numbers = [UInt8](repeating: 0xFF, count: 8 * 8)
            let segment = record(5, Array("GCXLOG2\n".utf8) + numbers + [UInt8](repeating: 0, count: 32))
            return log(logHeaders(next: "\(2 * segment.count)"), segment + segment)
        },
        logs("a log that dropped 2^64-1 bytes twice", by: counted) {
            let dropped = record(3, most + most)
            return log(logHeaders(next: "\(2 * dropped.count)"), dropped + dropped)
        },
        logs("a record of 4 GiB that is not there", by: "the length of a record") {
            log(logHeaders(next: "100"), record(1, [], length: .max))
        },
        logs("a page that ends at 2^64-1", by: counted) {
            log(
                logHeaders(start: "18446744073709551615", next: "18446744073709551615", skip: "18446744073709551615"),
                [])
        },
        logs("a page that goes back to the beginning, again and again", by: "pages that go on", flags: ["--tail", "3"])
        {
            log(logHeaders(start: "5", next: "0", ended: "false"), [])
        },
        logs("a log of rubbish", by: "the records' form", .clientRefuses(says: ["error: "])) {
            log(logHeaders(next: "10"), (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        },
        logs("lines from the end of time", by: counted, flags: ["--timestamps"]) {
            let line = record(1, Array("x\n".utf8), time: .max)
            return log(logHeaders(next: "\(line.count)"), line)
        },
        logs("a page without its numbers", by: "the page's form", .clientRefuses(says: ["error: "])) { log([], []) },
    ]

    private static func status(
        _ sends: String, by stoppedBy: String, _ expected: Expected = .clientRefuses(says: ["error: ", "remedy: "]),
        _ answer: @escaping @Sendable () -> EvilAnswer
    ) -> Sending {
        agent(sends, by: stoppedBy, expected, to: ["job", "list"], at: "/v1/jobs") { _ in answer() }
    }

    private static func text(_ answer: String) -> EvilAnswer { .bytes(Array(answer.utf8)) }

    private static let transport = [
        status("headers without an end", by: "the size of a head") {
            .endless(
                head: Array("HTTP/1.1 200 OK\r\n".utf8),
                piece: Array("X-A: \(String(repeating: "a", count: 60_000))\r\n".utf8),
                bytesMax: 512 << 20)
        },
        status("one header without an end", by: "the size of a head") {
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nX-A: ".utf8), piece: [UInt8](repeating: 0x61, count: 60_000),
                bytesMax: 512 << 20)
        },
        status("an answer without an end", by: "the size of an answer") {
            .endless(
                head: Array("HTTP/1.1 200 OK\r\n\r\n".utf8), piece: [UInt8](repeating: 0x20, count: 1 << 20),
                bytesMax: 1 << 30)
        },
        status("chunks of one byte without an end", by: "the size or the time of an answer") {
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8),
                piece: (0..<10_000).flatMap { _ in Array("1\r\n \r\n".utf8) }, bytesMax: 2 << 30)
        }.lasting,
        status("a chunk of 2^64 bytes", by: "the HTTP parser") {
            text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx")
        },
        status("answers on the way (100) without an end", by: "the time of an answer") {
            .endless(
                head: [], piece: (0..<1_000).flatMap { _ in Array("HTTP/1.1 100 Continue\r\n\r\n".utf8) },
                bytesMax: 2 << 30)
        }.lasting,
        status("a redirect to a service of the machine", by: "redirects that are not followed") {
            text("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:22/\r\nContent-Length: 0\r\n\r\n")
        },
        status("an answer of one byte a second", by: "the time of an answer") {
            .drip(HTTPText.answer(String(repeating: " ", count: 1_000)), every: .seconds(1))
        }.lasting,
        status("an answer that breaks off", by: "the length of an answer") {
            text("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[]")
        },
        status("an answer that is longer than it says", by: "the length of an answer", .clientEnds) {
            text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]]]]]")
        },
        status("an answer of 2^64-1 bytes", by: "the size of an answer") {
            text("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n[]")
        },
        status("bytes that are no HTTP", by: "the HTTP parser") { text("SSH-2.0-gcx\r\n\0\u{FFFD}") },
        status("an end of the connection at once", by: "the connection") { .bytes([]) },
        status("nothing, with status 204", by: "the decoder") { text("HTTP/1.1 204 No Content\r\n\r\n") },
        status("100,000 brackets", by: "the depth of JSON") {
            .bytes(HTTPText.answer(String(repeating: "[", count: 100_000)))
        },
        status("objects 100,000 deep", by: "the depth of JSON") {
            .bytes(HTTPText.answer(String(repeating: "{\"a\":", count: 100_000)))
        },
        status("an error in words that a terminal would obey", by: "one door to the terminal") {
            let why = "\\u001b]0;gcx-evil\\u0007"
            return .bytes(
                HTTPText.answer(
                    Array(
                        #"{"code":"storage","message":"\#(why)","remedy":{"kind":"refuse"},"error":{"storage":{"_0":"\#(why)"}}}"#
                            .utf8),
                    "500 No", []))
        },
    ]

    /// Every match of a pattern, with what its first group found before something else.
    static func replace(_ pattern: String, in text: String, with value: String) -> String {
        guard let regex = try? Regex(pattern) else { return text }
        return text.replacing(regex) { ($0.output[1].substring ?? "") + value }
    }

    /// Every number of the real answer is the largest there is.
    static let largest: @Sendable (String) -> String = { text in
        let numbers = replace(#"(":)\d+"#, in: text, with: "18446744073709551615")
        return replace(#"(":")\d+""#, in: numbers, with: "340282366920938463463374607431768211455\"")
    }

    /// Every text of the real answer is one that a terminal would obey.
    static let obeyed: @Sendable (String) -> String = { text in
        let escapes = #"\u001b]0;gcx-evil\u0007\u001b[2J\u009b31m\u202e"#
        let names =
            "note|text|runtime|cgroupLayout|version|region|label|comment|name|unit|description|reason|workingDirectory"
        let texts = replace(#"("(?:\#(names))":")[^"]*""#, in: text, with: "\(escapes)\"")
        let lists = #"("(?:problems|events|contradictions|regions)":\[)\]"#
        return replace(lists, in: texts, with: "\"\(escapes)\"]")
    }

    private static let commands: [(words: [String], path: String)] = [
        (["job", "list"], "/v1/jobs"), (["job", "top", "--once"], "/v1/jobs"),
        (["job", "inspect", "LEASE"], "/report"),
        (["job", "events", "LEASE"], "/events?"), (["receipt", "list", "LEASE"], "/receipts"),
        (["receipt", "verify", "LEASE"], "/receipts"),
        (["job", "run", "--attach", "--lease", "LEASE", "--journal", "OUT"], "/receipts"),
    ]

    private static let numbers = commands.map { words, path in
        agent(
            "the largest numbers there are, to `gcx \(words.prefix(2).joined(separator: " "))` (\(path))",
            by: "checked arithmetic", .clientEnds, to: words, at: path
        ) { _ in .edited(largest) }
    }

    private static let texts = (commands.prefix(6) + [(["agent", "status"], "/v1/status")]).map { words, path in
        agent(
            "words that a terminal would obey, to `gcx \(words.prefix(2).joined(separator: " "))`",
            by: "one door to the terminal", .clientEnds, to: words, at: path, isOnTerminal: true
        ) { _ in .edited(obeyed) }
    }
}
