import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

extension RealJobs {
    @Suite("The log of a real job")
    struct Logs {
        /// Checks the log against heads as receipts would carry them; the last one is its end.
        private func verify(_ job: JobDirectory, _ heads: [Digest]) throws -> JobLogVerifier.Summary {
            var verifier = JobLogVerifier(WrittenLog.points(heads))
            let folder = JobLogFolder(path: job.log)
            var next: UInt64 = 0
            while true {
                let stretch = try folder.stretch(from: next, bytesMax: 1 << 20)
                if stretch.bytes.isEmpty { return try verifier.finish() }
                try verifier.add(stretch.bytes, start: stretch.start)
                next = stretch.next
            }
        }

        private func bytes(_ ended: Ended, _ stream: JobLog.Stream = .output) throws -> [UInt8] {
            var reader = JobLogReader(path: ended.job.log)
            var all: [UInt8] = []
            while true {
                let records = try reader.next()
                if records.isEmpty { return all }
                all += records.filter { $0.stream == stream }.flatMap(\.bytes)
            }
        }

        @Test("both streams are kept apart, each in order, and what was said first comes first")
        func interleaved() throws {
            let ended = try Sandbox().run(
                "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done; sleep 0.3; echo end >&2; sleep 0.3; echo last"
            )
            let digits = 1...9
            #expect(ended.text() == digits.map { "o\($0)\n" }.joined() + "last\n")
            #expect(ended.text(.error) == digits.map { "e\($0)\n" }.joined() + "end\n")
            #expect(ended.records.suffix(2).map(\.bytes) == [Array("end\n".utf8), Array("last\n".utf8)])
            #expect(try verify(ended.job, [ended.exit.logDigest]).proven == 1)
        }

        @Test("bytes that are no text come through as they were")
        func binary() throws {
            let ended = try Sandbox().run(
                "head -c 3000000 /dev/urandom > /tmp/f; exec 3>&2; cat /tmp/f; sha256sum /tmp/f >&2; dd if=/tmp/f bs=7 count=50 2>/dev/null 1>&3"
            )
            let output = try bytes(ended)
            #expect(output.count == 3_000_000)
            let error = try bytes(ended, .error)
            #expect(error.starts(with: SHA256Hex.of(output).utf8))
            #expect(error.suffix(350).elementsEqual(output.prefix(350)))
        }

        @Test("a flood keeps its end within the limit, and no byte is unaccounted for")
        func flood() throws {
            let ended = try Sandbox().run("yes 0123456789 | head -c 4000000; echo the end") { $0.logBytesMax = 200_000 }
            let kept = try bytes(ended)
            #expect(UInt64(kept.count) + ended.exit.logDroppedBytes == 4_000_008)
            #expect(String(decoding: kept.suffix(20), as: UTF8.self) == "3456789\n0123the end\n")
            #expect(JobLogFolder(path: ended.job.log).bytes <= 200_000 && kept.count > 100_000)
            let summary = try verify(ended.job, [ended.exit.logDigest])
            #expect(summary.firstKept > 0 && summary.end == ended.exit.logBytes)
        }

        @Test("a log whose beginning is kept is cut with a mark, and what was dropped is counted")
        func beginning() throws {
            let ended = try Sandbox().run("yes 0123456789 | head -c 1000000") {
                $0.logBytesMax = 100_000
                $0.logKeep = .beginning
            }
            let kept = try bytes(ended)
            #expect(kept.starts(with: "0123456789\n0123456789\n".utf8) && kept.count > 90_000)
            #expect(UInt64(kept.count) + ended.exit.logDroppedBytes == 1_000_000)
            #expect(JobLogFolder(path: ended.job.log).bytes <= 100_300)
            #expect(try verify(ended.job, [ended.exit.logDigest]).firstKept == 0)
        }

        @Test("a supervisor that is killed while it writes leaves a log that is whole and proven up to there")
        func killed() throws {
            let sandbox = try Sandbox()
            let job = try sandbox.driver.start(sandbox.spec("yes 0123456789abcdef") { $0.logBytesMax = 64 << 20 })
            try sandbox.waitForOutput(of: job)
            let folder = JobLogFolder(path: job.log)
            // A receipt is issued while the job writes.
            let receipt = try #require(try folder.end())
            guard case .running(let running) = try sandbox.driver.recover(job), let pid = running.supervisor?.pid else {
                return #expect(Bool(false), "it does not run")
            }
            kill(pid, SIGKILL)
            let ended = try sandbox.end(of: job)
            #expect(ended.exit.reason == .hostFailure(description: "the supervisor of the job died"))
            let end = try #require(try folder.end())
            #expect(
                ended.exit.logDigest == end.head && ended.exit.logBytes == end.offset && end.offset >= receipt.offset)
            let summary = try verify(job, [receipt.head, end.head])
            #expect(summary.proven + summary.dropped == 2 && summary.end == end.offset)
            #expect(try bytes(ended).starts(with: "0123456789abcdef\n".utf8) || summary.firstKept > 0)
            #expect(try folder.cut() == 0)
        }
    }
}
