import GCXModel
import Testing

@testable import GCXJobLog
@testable import GCXWire

/// A log of which a part is not there, or not as it was written, at each of its bytes.
@Suite("Torn logs") struct TornLogTests {
    /// Segment, two lines, a segment that goes on, another line; and where each record ends.
    private static let log: (bytes: [UInt8], ends: [Int], head: Digest) = {
        var (chain, counts, bytes, ends) = (JobLogChain(), JobLogCounts(), [UInt8](), [0])
        func add(_ stream: JobLog.Stream, _ payload: [UInt8]) {
            let record = JobLog.Record(stream: stream, bootNanoseconds: 5, wallNanoseconds: 6, bytes: payload)
            bytes += record.encoded(after: &chain)
            payload.withUnsafeBytes { counts.add(stream, $0) }
            ends.append(bytes.count)
        }
        func segment(_ index: UInt64) {
            let segment = JobLog.Segment(
                index: index, offset: UInt64(bytes.count), firstKept: 0, counts: counts, head: chain.head)
            add(.segment, segment.payload)
        }
        segment(0)
        add(.output, Array("one\n".utf8))
        add(.error, Array("two".utf8))
        segment(1)
        add(.output, Array("three\n".utf8))
        return (bytes, ends, chain.head)
    }()

    private func verify(_ bytes: [UInt8]) throws(JobLogFault) -> JobLogVerifier.Summary {
        var verifier = JobLogVerifier([.init(sequence: 1, head: Self.log.head, isFinal: true)])
        try verifier.add(bytes, start: 0)
        return try verifier.finish()
    }

    private func lines(_ bytes: [UInt8]) throws(AgentError) -> [LogLine] {
        var reading = LogReading(from: 0, isWhole: true, stream: nil)
        return try reading.lines(
            LogPage(start: 0, next: UInt64(bytes.count), firstKept: 0, skipLines: 0, ended: true, bytes: bytes))
    }

    @Test("whole it is what the receipt says")
    func whole() throws {
        let summary = try verify(Self.log.bytes)
        #expect(summary.records == 5 && summary.segments == 2 && summary.proven == 1)
        #expect(
            try lines(Self.log.bytes).map { String(decoding: $0.bytes, as: UTF8.self) } == ["one\n", "two", "three\n"])
    }

    @Test("cut between records it is read, cut within one it is refused, and never is it what the receipt says")
    func torn() throws {
        for length in 0..<Self.log.bytes.count {
            let bytes = Array(Self.log.bytes[..<length])
            let wholes = Self.log.ends.firstIndex(of: length)
            #expect((try? JobLog.records(in: bytes))?.count == wholes, "\(length) bytes")
            #expect((try? lines(bytes)) != nil || wholes == nil, "\(length) bytes")
            #expect(throws: JobLogFault.self, "\(length) bytes") { try verify(bytes) }
        }
    }

    @Test("with any bit changed it is found out, and nothing traps")
    func changed() {
        for index in Self.log.bytes.indices {
            for bit in 0..<8 {
                var bytes = Self.log.bytes
                bytes[index] ^= 1 << UInt8(bit)
                #expect(throws: JobLogFault.self, "bit \(bit) of byte \(index)") { try verify(bytes) }
                _ = try? lines(bytes)
            }
        }
    }

    @Test("with any byte left out, or one too many, it is found out")
    func shifted() {
        for index in Self.log.bytes.indices {
            var (less, more) = (Self.log.bytes, Self.log.bytes)
            less.remove(at: index)
            more.insert(0, at: index)
            #expect(throws: JobLogFault.self, "without byte \(index)") { try verify(less) }
            #expect(throws: JobLogFault.self, "one more before byte \(index)") { try verify(more) }
        }
        #expect(throws: JobLogFault.self) { try verify(Self.log.bytes + [0]) }
    }

    @Test("records that changed places, came twice or were left out are found out")
    func records() {
        let ends = Self.log.ends
        let pieces = zip(ends, ends.dropFirst()).map { Array(Self.log.bytes[$0..<$1]) }
        for one in pieces.indices {
            for other in pieces.indices where one != other {
                var changed = pieces
                changed.swapAt(one, other)
                #expect(throws: JobLogFault.self, "\(one) and \(other)") { try verify(changed.flatMap(\.self)) }
            }
            var (without, twice) = (pieces, pieces)
            without.remove(at: one)
            twice.insert(pieces[one], at: one)
            #expect(throws: JobLogFault.self, "without \(one)") { try verify(without.flatMap(\.self)) }
            #expect(throws: JobLogFault.self, "twice \(one)") { try verify(twice.flatMap(\.self)) }
        }
    }
}
