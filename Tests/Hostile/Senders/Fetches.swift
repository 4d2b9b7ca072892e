import GCXJobLog
import GCXLinux

/// Evil answers about what a job left and what it said, to the commands that a buyer runs for them: all compare it with
/// what the machine signed.
enum SentFetches {
    static let all = outputs + logs

    private static let attending = ["job", "run", "--attach", "--lease", "LEASE", "--journal", "OUT.journal"]
    private static let digest = "the digest in the signed receipt"
    private static let impossible = "the agent's answer cannot be true"

    private static func output(
        _ sends: String, by stoppedBy: String, says word: String, _ answer: @escaping @Sendable (Ground) -> EvilAnswer
    ) -> Sending {
        SentAnswers.agent(
            "\(sends), to `gcx job run --output`", by: stoppedBy, .clientRefuses(says: ["error: ", word]),
            to: attending + ["--output", "OUT"], at: "/output ", answer)
    }

    private static let outputs = [
        output("another output than the signed one", by: digest, says: impossible) { _ in
            .bytes(HTTPText.answer(TarEntry.archive([.file("word", "other")]), "200 OK", []))
        },
        output("an output with another entity tag than the signed digest", by: digest, says: impossible) {
            _ in
            let bytes = TarEntry.archive([.file("word", "other")])
            return .bytes(HTTPText.answer(bytes, "200 OK", ["ETag: \"sha256:\(SHA256Hex.of(bytes))\""]))
        },
        output("an output without an end", by: "the size that the receipt names", says: impossible) { _ in
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8),
                piece: Array("100000\r\n".utf8) + [UInt8](repeating: 0, count: 1 << 20) + Array("\r\n".utf8),
                bytesMax: 512 << 20)
        },
        output("a part of 2^64-1 bytes that was not asked for", by: "checked arithmetic", says: impossible) { _ in
            .bytes(
                Array(
                    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-18446744073709551614/18446744073709551615\r\nContent-Length: 18446744073709551615\r\n\r\nx"
                        .utf8))
        },
    ]

    private static func log(
        _ sends: String, _ expected: Expected, to command: [String], _ bytes: @escaping @Sendable () -> [UInt8]
    ) -> Sending {
        let name = command.prefix(2).joined(separator: " ") + (command.contains("--verify") ? " --verify" : "")
        return SentAnswers.agent(
            "\(sends), to `gcx \(name)`", by: "the log's digest in signed receipts", expected, to: command, at: "/log?"
        ) { _ in
            let body = bytes()
            return SentAnswers.log(SentAnswers.logHeaders(next: "\(body.count)"), body)
        }
    }

    private static let verifying = ["job", "logs", "LEASE", "--verify"]
    private static let differs = Expected.clientRefuses(says: ["differs: "])
    private static let notSigned = Expected.clientRefuses(says: ["error: the log that was shown is not the one"])

    /// A whole log of one line, well-formed in all, which the job never wrote.
    private static let other: @Sendable () -> [UInt8] = {
        var chain = JobLogChain()
        return JobLog.Record(
            stream: .output, bootNanoseconds: 1, wallNanoseconds: 1, bytes: Array("never said\n".utf8)
        ).encoded(after: &chain)
    }
    private static let largest: @Sendable () -> [UInt8] = {
        let numbers = [UInt8](repeating: 0xFF, count: 8 * 8)
        let head = Array("GCXLOG2\n".utf8) + numbers + [UInt8](repeating: 0, count: 32)
        return SentAnswers.record(5, head)
    }

    private static let logs = [
        log("a well-formed log that the job never wrote", differs, to: verifying, other),
        log("no log at all", differs, to: verifying) { [] },
        log("a segment of the largest counts there are", differs, to: verifying, largest),
        log("a log of rubbish", differs, to: verifying) { (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } },
        log("a well-formed log that the job never wrote", notSigned, to: attending, other),
        log("no log at all", notSigned, to: attending) { [] },
        log("a segment of the largest counts there are", .clientRefuses(says: ["error: "]), to: attending, largest),
    ]
}
