import Foundation
import GCXLinux
import GCXModel
import Testing

/// What is asked of the log of a finished lease whose job wrote `line 1` to `line 8`.
struct LogChecks {
    let site: Site
    let lease: String

    private func logs(_ words: String...) throws -> [Substring] {
        let outcome = try site.outcome(["job", "logs", lease] + words)
        #expect(outcome.status == .exited(0), "\(words): \(outcome.errorLine)")
        return outcome.text.split(separator: "\n")
    }

    /// Lines chosen by number, expression, time and stream, by owner and buyer.
    func read() throws {
        let all = (1...8).map { Substring("line \($0)") }
        #expect(try logs() == all)
        #expect(try site.outcome(["job", "logs", lease] + site.signing("buyer")).text.split(separator: "\n") == all)
        #expect(try logs("--tail", "2") == ["line 7", "line 8"])
        #expect(try logs("--grep", "[358]$", "--tail", "5") == ["line 5", "line 8"])
        #expect(try logs("--stream", "stderr").isEmpty)
        let stamped = try logs("--timestamps", "--grep", "^line 3$")
        let words = try #require(stamped.first).split(separator: " ", maxSplits: 1)
        #expect(stamped.count == 1 && words.last == "stdout line 3")
        let time = String(try #require(words.first))
        #expect(RFC3339.nanoseconds(time) != nil)
        let later = try logs("--json", "--since", time, "--until", "1s").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        }
        #expect(
            later.map(\.text).prefix(3) == ["line 3", "line 4", "line 5"] && later.allSatisfy { $0.stream == "stdout" })
        for words in [["--since", "yesterday"], ["--stream", "stdin"], ["--verify", "--follow"]] {
            #expect(try site.outcome(["job", "logs", lease] + words).status == .exited(64), "\(words)")
        }
        #expect(try site.outcome(["job", "logs", lease, "--grep", "a(b"]).status == .exited(78))
    }

    /// The receipts prove the log, and no longer once one of its bytes is another.
    func verify() throws {
        let good = try site.outcome(["job", "logs", lease, "--verify"])
        #expect(good.status == .exited(0) && good.text.hasPrefix("ok: "), "\(good.text)\(good.errorLine)")
        #expect(good.text.contains("the final one is its end"))
        let folder = site.path("agent/jobs/\(lease.dropFirst(2))/log")
        let file = "\(folder)/\(try #require(try Files.names(in: folder).first))"
        let bytes = try Files.bytes(file)
        var changed = bytes
        let place = try #require(bytes.firstRange(of: Array("line 5".utf8))).upperBound - 1
        changed[place] = UInt8(ascii: "6")
        try DurableFile.write(changed, to: file, mode: 0o640)
        let bad = try site.outcome(["job", "logs", lease, "--verify"])
        #expect(
            bad.status == .exited(1) && bad.text.hasPrefix("differs: segment 0 differs at the record"), "\(bad.text)")
        try DurableFile.write(bytes.dropLast(), to: file, mode: 0o640)
        let short = try site.outcome(["job", "logs", lease, "--verify"])
        #expect(short.status == .exited(1) && short.text.contains("carries a head that is no point"), "\(short.text)")
        try DurableFile.write(bytes, to: file, mode: 0o640)
        #expect(try site.outcome(["job", "logs", lease, "--verify"]).status == .exited(0))
    }

    private struct Line: Decodable {
        let text: String?
        let stream: String
    }
}
