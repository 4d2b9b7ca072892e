import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

@Suite("The chain of a job's log")
struct LogVerifierTests {
    /// A log of several segments, with a receipt at every 40th piece and at the end.
    private func make(_ seed: UInt64, limit: UInt64 = 200_000, pieces: Int = 400) throws -> (
        log: WrittenLog, points: [JobLogVerifier.Point]
    ) {
        let log = try WrittenLog(seed: seed, pieces: pieces, limit: limit)
        let heads = log.heads.enumerated().filter { $0.offset % 40 == 39 }.map(\.element)
        return (log, WrittenLog.points(heads))
    }

    @Test("a log that nobody touched is what its receipts say", arguments: 1...4 as ClosedRange<UInt64>)
    func good(seed: UInt64) throws {
        let (log, points) = try make(seed)
        let summary = try log.verify(points)
        #expect(summary.proven == 10 && summary.dropped == 0 && summary.firstKept == 0)
        #expect(try summary.end == log.folder.end()?.offset && summary.segments == UInt64(log.folder.starts().count))
    }

    @Test("after rotation what is kept is still proven by the receipts over it")
    func rotated() throws {
        let (log, points) = try make(9, limit: 60_000)
        let summary = try log.verify(points)
        #expect(summary.firstKept > 0 && summary.dropped > 0 && summary.proven > 0)
        #expect(summary.dropped + summary.proven == 10)
    }

    @Test("one changed bit is found at its record, wherever it is", arguments: 1...40 as ClosedRange<UInt64>)
    func changed(seed: UInt64) throws {
        let (log, points) = try make(seed % 3 + 1)
        var numbers = Seeded(seed)
        let starts = try log.folder.starts()
        let index = Int.random(in: 0..<starts.count, using: &numbers)
        let size = try Files.bytes(log.segmentPath(index), limit: 1 << 20).count
        let place = Int.random(in: 0..<size, using: &numbers)
        let records = try offsets(log)
        try log.change(log.segmentPath(index)) { $0[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers) }
        let offset = starts[index] + UInt64(place)
        let record = try #require(records.last { $0 <= offset })
        // A record without a whole header, or a first one that is none, is refused before it is hashed.
        do {
            _ = try log.verify(points)
            Issue.record("not noticed: bit of byte \(place) in segment \(index)")
        } catch let fault as JobLogFault {
            #expect(fault == .record(at: record, segment: UInt64(index)), "byte \(place) of segment \(index)")
        } catch let error as LinuxError {
            #expect(error.description.contains("offset \(record)"), "byte \(place) of segment \(index): \(error)")
        }
    }

    private func offsets(_ log: WrittenLog) throws -> [UInt64] {
        var offsets: [UInt64] = []
        for start in try log.folder.starts() {
            try #require(try log.folder.bytes(of: start)).withUnsafeBytes {
                _ = JobLog.walk($0) { _, at in
                    offsets.append(start + UInt64(at))
                    return true
                }
            }
        }
        return offsets
    }

    @Test("a segment that is gone is named, first, in the middle or last", arguments: [0, 3, -1])
    func missing(index: Int) throws {
        let (log, points) = try make(1)
        let starts = try log.folder.starts()
        let number = index < 0 ? starts.count - 1 : index
        try Files.remove(log.segmentPath(number))
        let fault = #expect(throws: JobLogFault.self) { try log.verify(points) }
        switch index {
        case 0: #expect(fault == .missing(from: 0, to: starts[1], segment: nil))
        case -1:
            guard case .receipt(_, let after) = fault else { return #expect(Bool(false), "\(fault as Any)") }
            #expect(after < starts[number])
        default: #expect(fault == .missing(from: starts[number], to: starts[number + 1], segment: 3))
        }
    }

    @Test("segments that changed places are found")
    func reordered() throws {
        let (log, points) = try make(2)
        let (first, second) = (try log.segmentPath(1), try log.segmentPath(2))
        let (one, two) = (try Files.bytes(first, limit: 1 << 20), try Files.bytes(second, limit: 1 << 20))
        try DurableFile.write(two, to: first)
        try DurableFile.write(one, to: second)
        #expect(throws: (any Error).self) { try log.verify(points) }
    }

    @Test("whoever makes the whole chain anew after a change is given away by the next receipt")
    func forged() throws {
        let (log, points) = try make(3)
        let records = try log.read()
        let forged = try WrittenLog(
            records.enumerated().map { ($1.stream, $0 == 100 ? [UInt8(ascii: "!")] : $1.bytes) }, limit: 200_000)
        // Times differ too, so not even the first receipt fits; what matters is that none is believed.
        let fault = #expect(throws: JobLogFault.self) { try forged.verify(points) }
        #expect(fault == .receipt(1, after: 0))
    }

    @Test("receipts in another order, records after the final one, and a log without its end are found")
    func receipts() throws {
        let (log, points) = try make(1)
        var turned = points
        turned.swapAt(3, 4)
        let fault = #expect(throws: JobLogFault.self) { try log.verify(turned) }
        #expect(fault == .order(points[3].sequence, points[4].sequence))
        let early = WrittenLog.points([log.heads[10]])
        guard case .added(after: 1, _) = #expect(throws: JobLogFault.self, performing: { try log.verify(early) }) else {
            return #expect(Bool(false), "more than the final receipt says was believed")
        }
        let last = try log.segmentPath(log.folder.starts().count - 1)
        try log.change(last) { $0.removeLast() }
        let cut = #expect(throws: JobLogFault.self) { try log.verify(points) }
        guard case .receipt(10, _) = cut else { return #expect(Bool(false), "\(cut as Any)") }
    }

    @Test("a lease without output, or without receipts, has nothing wrong")
    func empty() throws {
        let log = try WrittenLog([])
        #expect(try log.verify([]).records == 1)
        let head = try #require(try log.folder.end()).head
        #expect(try log.verify(WrittenLog.points([.zero, head, head])).proven == 3)
        let none = try WrittenLog()
        #expect(try none.verify(WrittenLog.points([.zero])).proven == 1)
        #expect(throws: JobLogFault.self) { try none.verify(WrittenLog.points([head])) }
    }
}
