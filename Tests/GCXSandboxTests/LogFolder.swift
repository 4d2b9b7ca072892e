import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

/// A log in a directory of its own, and what was written into it.
final class WrittenLog {
    let path: String
    private let root: String
    /// Output of the job in order.
    private(set) var written: [(stream: JobLog.Stream, bytes: [UInt8])] = []
    /// The head after each write.
    private(set) var heads: [Digest] = []
    private(set) var dropped: UInt64 = 0

    var folder: JobLogFolder { JobLogFolder(path: path) }

    init() throws {
        var template = Array("/tmp/gcx-log-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LinuxError.malformed(object: "/tmp", reason: "mkdtemp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(root)/log"
    }

    deinit { try? Files.removeTree(root) }

    /// Writes pieces of random length, streams and bytes: about a tenth are newlines, and none is spared.
    convenience init(seed: UInt64, pieces: Int, limit: UInt64, keep: LogKeep = .end, longest: Int = 700) throws {
        var numbers = Seeded(seed)
        let all = (0..<pieces).map { _ in
            let bytes = (0..<Int.random(in: 1...longest, using: &numbers)).map { _ in
                Int.random(in: 0..<10, using: &numbers) == 0 ? 10 : UInt8.random(in: .min ... .max, using: &numbers)
            }
            return (Bool.random(using: &numbers) ? JobLog.Stream.output : .error, bytes)
        }
        try self.init(all, limit: limit, keep: keep)
    }

    convenience init(_ pieces: [(JobLog.Stream, [UInt8])], limit: UInt64 = 1 << 20, keep: LogKeep = .end) throws {
        try self.init()
        var writer = try JobLogWriter(path, limit: limit, keep: keep)
        for (stream, bytes) in pieces {
            try writer.write(stream, bytes)
            written.append((stream, bytes))
            heads.append(writer.head)
        }
        let finished = writer.finish()
        dropped = finished.droppedBytes
        #expect(finished.failure == nil)
        #expect(try folder.end() == JobLogEnd(offset: finished.bytes, head: finished.head))
    }

    convenience init(lines: [(JobLog.Stream, String)]) throws {
        try self.init(lines.map { ($0.0, Array($0.1.utf8)) })
    }

    /// Everything that can be read.
    func read() throws -> [JobLog.Record] {
        var reader = JobLogReader(path: path)
        var all: [JobLog.Record] = []
        while true {
            let records = try reader.next()
            if records.isEmpty { return all }
            all += records
        }
    }

    func bytes(_ stream: JobLog.Stream) throws -> [UInt8] { try read().filter { $0.stream == stream }.flatMap(\.bytes) }

    func wrote(_ stream: JobLog.Stream) -> [UInt8] { written.filter { $0.stream == stream }.flatMap(\.bytes) }

    /// Receipts over heads of the log.
    static func points(_ heads: [Digest], isFinal: Bool = true) -> [JobLogVerifier.Point] {
        heads.enumerated().map { index, head in
            .init(sequence: UInt64(index + 1), head: head, isFinal: isFinal && index == heads.count - 1)
        }
    }

    /// Checks the log as `gcx job logs --verify` does.
    func verify(_ points: [JobLogVerifier.Point]) throws -> JobLogVerifier.Summary {
        var verifier = JobLogVerifier(points)
        var next: UInt64 = 0
        while true {
            let stretch = try folder.stretch(from: next, bytesMax: 10_000)
            if stretch.bytes.isEmpty { return try verifier.finish() }
            try verifier.add(stretch.bytes, start: stretch.start)
            next = stretch.next
        }
    }

    /// The lines that are shown when reading begins at a place.
    func lines(from place: JobLogPlace, of only: JobLog.Stream? = nil) throws -> [TextLine] {
        var assembler = LineAssembler(skip: place.skipLines)
        var lines: [TextLine] = []
        var next = place.offset
        while true {
            let stretch = try folder.stretch(from: next, bytesMax: 10_000, only: only)
            for record in try JobLog.records(in: stretch.bytes) where record.stream != .segment {
                assembler.add(record.stream, record.bytes, wallNanoseconds: record.wallNanoseconds) { lines.append($0) }
            }
            if stretch.next == stretch.start { break }
            next = stretch.next
        }
        assembler.finish { lines.append($0) }
        return lines
    }

    func segmentPath(_ index: Int) throws -> String { JobLogFolder.name(of: try folder.starts()[index], in: path) }

    func change(_ file: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try Files.bytes(file, limit: 64 << 20)
        body(&bytes)
        try DurableFile.write(bytes, to: file)
    }
}
