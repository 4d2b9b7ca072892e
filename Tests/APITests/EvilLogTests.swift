import GCXAgent
import GCXJobLog
import GCXLinux
import GCXModel
import Glibc
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXWire

/// Logs that no job wrote.
@Suite(.timeLimit(.minutes(2))) struct EvilLogTests {
    let lease = SampleLease()

    /// A segment's record with these numbers: index, offset, first kept, bytes and lines of both streams, what is open.
    private static func segment(_ numbers: [UInt64], after chain: inout JobLogChain) -> [UInt8] {
        let payload =
            Array("GCXLOG2\n".utf8)
            + numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
            + chain.head.bytes
        return JobLog.Record(stream: .segment, bootNanoseconds: 1, wallNanoseconds: 1, bytes: payload)
            .encoded(after: &chain)
    }

    private static func output(_ text: String, after chain: inout JobLogChain) -> [UInt8] {
        JobLog.Record(stream: .output, bootNanoseconds: 1, wallNanoseconds: 1, bytes: Array(text.utf8))
            .encoded(after: &chain)
    }

    private static func page(
        _ bytes: [UInt8], start: UInt64 = 0, next: UInt64? = nil, firstKept: UInt64 = 0, ended: Bool = true
    ) -> [UInt8] {
        EvilServer.answer(
            bytes,
            [
                "gcx-log-start": "\(start)", "gcx-log-next": "\(next ?? start + UInt64(bytes.count))",
                "gcx-log-first-kept": "\(firstKept)", "gcx-log-skip-lines": "0", "gcx-log-ended": "\(ended)",
            ])
    }

    /// Segments whose counts are more than can be, each followed by a line.
    private static let evil: [[UInt64]] = [
        [0, 0, 0, .max, .max, .max, .max, 0], [0, 0, 0, .max, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 3],
        [.max, 0, 0, 0, 0, 0, 0, 0], [0, 0, .max, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, .max, .max, 0],
    ]

    private static func bytes(_ numbers: [UInt64]) -> [UInt8] {
        var chain = JobLogChain()
        return segment(numbers, after: &chain) + output("hello\n", after: &chain)
    }

    @Test("a segment with counts of 2^64-1 is an error with a remedy, for readers and for the check", arguments: evil)
    func counts(numbers: [UInt64]) async throws {
        let bytes = Self.bytes(numbers)
        try await withEvilAgent { _, write in
            _ = write(Self.page(bytes))
        } _: { client, _ in
            let follower = LogFollower(agent: client, lease: lease.id, by: .owner, follow: false, patience: .zero)
            let error = await #expect(throws: BuyerError.self) { try await follower.run { _ in } }
            guard case .agent(.answerImpossible) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.remedy.instruction.isEmpty == false)
        }
        var verifier = JobLogVerifier([])
        #expect(throws: JobLogFault.self) { try verifier.add(bytes, start: 0) }
    }

    @Test("the same after many true ones: counts, index and offset at the end of what 64 bits hold")
    func edge() {
        let last = UInt64.max - 1_000
        for numbers: [UInt64] in [
            [last, last, 0, last, 0, last, 0, 0], [last, last, last, 0, last, 0, last, 2], [0, last, 0, 0, 0, 0, 0, 0],
        ] {
            var chain = JobLogChain(head: .random())
            var bytes = Self.segment(numbers, after: &chain)
            for _ in 0..<20 { bytes += Self.output("\n", after: &chain) }
            var verifier = JobLogVerifier([])
            // Either way: what matters is that it answers.
            #expect(throws: (any Error).self) {
                try verifier.add(bytes, start: last)
                _ = try verifier.finish()
                throw CancellationError()
            }
            var reading = LogReading(from: last, isWhole: true, stream: nil)
            _ = try? reading.lines(
                LogPage(start: last, next: .max, firstKept: 0, skipLines: .max, ended: true, bytes: bytes))
        }
    }

    @Test(
        "a page whose offsets contradict each other is refused",
        arguments: [
            (0, 5, 0), (UInt64.max, UInt64.max, 0), (10, 0, 0), (0, UInt64.max - 1, UInt64.max), (UInt64.max - 5, 3, 0),
        ] as [(UInt64, UInt64, UInt64)])
    func offsets(start: UInt64, next: UInt64, firstKept: UInt64) async throws {
        let bytes = Self.bytes([0, 0, 0, 0, 0, 0, 0, 0])
        try await withEvilAgent { _, write in
            _ = write(Self.page(bytes, start: start, next: next, firstKept: firstKept))
        } _: { client, _ in
            let follower = LogFollower(agent: client, lease: lease.id, by: .owner, follow: false, patience: .zero)
            let error = await #expect(throws: BuyerError.self) { try await follower.run { _ in } }
            guard case .agent(.answerImpossible) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("an agent that answers at once and for ever is not asked in a spin")
    func spin() async throws {
        let calls = Mutex(0)
        try await withEvilAgent { _, write in
            let count = calls.withLock { count in
                count += 1
                return count
            }
            _ = write(Self.page([], start: UInt64(count), next: UInt64(count) + 1, ended: false))
        } _: { client, _ in
            let following = Task {
                try await LogFollower(agent: client, lease: lease.id, by: .owner, follow: true).run { _ in }
            }
            try await Task.sleep(for: .seconds(1))
            following.cancel()
            _ = try? await following.value
            #expect(calls.withLock { $0 } < 30)
        }
    }

    @Test("a log is held against the final receipt, and is over where that says so")
    func witness() throws {
        var chain = JobLogChain()
        let whole = Self.segment([0, 0, 0, 0, 0, 0, 0, 0], after: &chain) + Self.output("a\n", after: &chain)
        var final = lease.receipt(1, previous: .zero, isFinal: true)
        final.logDigest = chain.head
        let more = Self.output("b\n", after: &chain)
        func page(_ bytes: [UInt8], _ start: Int) -> LogPage {
            LogPage(
                start: UInt64(start), next: UInt64(start + bytes.count), firstKept: 0, skipLines: 0, ended: false,
                bytes: bytes)
        }
        let good = LogWitness()
        #expect(good.take(page(whole, 0)))
        good.end(with: final)
        #expect(!good.take(page([], whole.count)), "it has come to its signed end")
        #expect(good.verdict() == nil)

        let longer = LogWitness()
        #expect(longer.take(page(whole + more, 0)))
        longer.end(with: final)
        #expect(longer.take(page([], (whole + more).count)))
        #expect(longer.verdict()?.contains("not the one that the final receipt 1 names") == true)

        var changed = whole
        changed[changed.count - 9] ^= 1
        let other = LogWitness()
        #expect(other.take(page(changed, 0)))
        other.end(with: final)
        #expect(other.verdict()?.contains("differs at the record") == true)
    }

    @Test("`gcx job logs` says so and ends with its status", arguments: evil.prefix(2))
    func program(numbers: [UInt64]) async throws {
        let bytes = Self.bytes(numbers)
        try await withEvilAgent { _, write in
            _ = write(Self.page(bytes))
        } _: { _, directory in
            let program = try Self.program
            let outcome = try ChildProcess(
                program, ["job", "logs", "\(lease.id)", "--agent", "unix:\(directory)/evil.sock"],
                timeout: .seconds(60)
            ).outcome()
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(outcome.status == .exited(78), "\(said)")
            #expect(
                said.hasPrefix("error: the agent's answer cannot be true") && said.contains("\nremedy: "), "\(said)")
        }
    }

    /// `gcx`, where the build puts it: beside the test program.
    private static var program: String {
        get throws {
            var buffer = [CChar](repeating: 0, count: 4_096)
            let count = readlink("/proc/self/exe", &buffer, buffer.count)
            let own = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let program = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/gcx"
            return try #require(Files.exists(program) ? program : nil, "build gcx first")
        }
    }
}
