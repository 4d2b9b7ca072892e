import GCXModel

@testable import GCXJobLog

extension FuzzEntry {
    /// A job's log as an agent serves it: its records, its segments, and the check against receipts.
    ///
    /// First the offset at which it begins, then a byte: into how many pieces it is cut, and what is done with it before
    /// (``LogChoice``); the rest are records.
    static let log = FuzzEntry(name: "log") { bytes in
        var reader = ByteReader(bytes)
        let start = reader.number()
        let choice = LogChoice(rawValue: reader.byte())
        let log =
            choice.contains(.mended) ? SignedLog(reader.remaining(), from: start) : SignedLog(as: reader.remaining())
        _ = try? JobLog.records(in: log.bytes)
        var verifier = JobLogVerifier(choice.points(of: log))
        for (place, piece) in choice.pieces(of: log) {
            guard (try? verifier.add(piece, start: start &+ UInt64(place))) != nil else { break }
        }
        let summary = try? verifier.finish()
        precondition(summary.map { $0.end >= $0.firstKept } ?? true, "a log ends before it begins")
    } seeds: {
        let (small, large) = (SignedLog.seed(segments: 1), SignedLog.seed(segments: 4))
        // Each way in which receipts may name it; at offset 0, then at 4096.
        let choices: [UInt8] = [4, 12, 28, 45, 60, 76, 140]
        return [[0, 0, 0] + small, [0, 0, 1] + small + small]
            + choices.map { [0, 0, $0] + large } + choices.prefix(4).map { [2, 12, $0] + large }
    }
}

/// What is done with the bytes of a log, and what its receipts name.
struct LogChoice: OptionSet {
    let rawValue: UInt8

    /// Each record gets the check that is right, and each segment the numbers.
    static let mended = LogChoice(rawValue: 4)
    /// The receipts name heads of this log.
    static let named = LogChoice(rawValue: 8)
    /// The later receipt names the earlier head.
    static let reversed = LogChoice(rawValue: 16)
    /// The last receipt says that the log ends there.
    static let final = LogChoice(rawValue: 32)
    /// The receipts name only what is in the first half.
    static let half = LogChoice(rawValue: 64)
    /// Before them comes one that names nothing that is there.
    static let lost = LogChoice(rawValue: 128)

    func points(of log: SignedLog) -> [JobLogVerifier.Point] {
        guard contains(.named) else { return [.init(sequence: 1, head: .zero, isFinal: false)] }
        var heads = Array(contains(.half) ? log.heads.prefix(log.heads.count / 2) : log.heads[...])
        if contains(.reversed) { heads.reverse() }
        if contains(.lost) { heads.insert(Digest(checkedBytes: [UInt8](repeating: 1, count: 32)), at: 0) }
        return heads.enumerated().map { index, head in
            .init(sequence: UInt64(index) + 1, head: head, isFinal: contains(.final) && index == heads.count - 1)
        }
    }

    /// Between records where those are known.
    func pieces(of log: SignedLog) -> [(place: Int, bytes: [UInt8])] {
        let count = Int(rawValue & 3) + 1
        let places = log.ends.isEmpty ? Array(0...log.bytes.count) : [0] + log.ends
        let cuts = (0...count).map { $0 == count ? log.bytes.count : places[(places.count - 1) * $0 / count] }
        return zip(cuts, cuts.dropFirst()).map { ($0, Array(log.bytes[$0..<max($0, $1)])) }
    }
}

/// A log with what a machine would sign about it.
struct SignedLog {
    private(set) var bytes: [UInt8]
    /// After each record: where it ends, and the head of the chain there.
    private(set) var ends: [Int] = []
    private(set) var heads: [Digest] = []

    init(as bytes: [UInt8]) { self.bytes = bytes }

    /// The records that `records` holds, as they had to be written at the offset; what is no record stays as it is.
    init(_ records: [UInt8], from start: UInt64) {
        var (log, chain, counts, index) = ([UInt8](), JobLogChain(), JobLogCounts(), UInt64(0))
        var (ends, heads) = ([Int](), [Digest]())
        let walked = records.withUnsafeBytes { bytes in
            JobLog.walk(bytes) { frame, _ in
                var record = frame.record
                // A segment that is as long as one is meant to be one.
                if record.stream == .segment, record.bytes.count == JobLog.Segment.payloadBytes {
                    record.bytes =
                        JobLog.Segment(
                            index: index, offset: start &+ UInt64(log.count), firstKept: start, counts: counts,
                            head: chain.head
                        ).payload
                    index += 1
                }
                log += record.encoded(after: &chain)
                counts.add(record.stream, frame.payload)
                ends.append(log.count)
                heads.append(chain.head)
                return true
            }
        }
        bytes = log + records.dropFirst(walked.bytes)
        (self.ends, self.heads) = (ends, heads)
    }

    /// Records of every kind, in so many segments.
    static func seed(segments: Int) -> [UInt8] {
        var (chain, log) = (JobLogChain(), [UInt8]())
        let segment = JobLog.Segment(index: 0, offset: 0, firstKept: 0, counts: JobLogCounts(), head: .zero)
        let records: [(JobLog.Stream, [UInt8])] = [
            (.segment, segment.payload), (.output, Array("hello\nworld".utf8)), (.error, Array("\n".utf8)),
            (.sandbox, Array("a word".utf8)), (.truncated, [UInt8](repeating: 1, count: 16)),
        ]
        for number in 0..<segments {
            for (stream, payload) in records.prefix(segments == 1 ? 3 : 5) {
                let time = UInt64(number) * 1_000
                log += JobLog.Record(stream: stream, bootNanoseconds: time, wallNanoseconds: time, bytes: payload)
                    .encoded(after: &chain)
            }
        }
        return SignedLog(log, from: 0).bytes
    }
}
