import GCXModel
import Glibc
import Testing

@testable import GCXJobLog
@testable import GCXLinux
@testable import GCXSandbox

@Suite("A job's log")
struct LogTests {
    @Test("what was written is read back, whatever the bytes", arguments: 1...8 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let log = try WrittenLog(seed: seed, pieces: 300, limit: 1 << 20)
        for stream in [JobLog.Stream.output, .error] {
            #expect(try log.bytes(stream) == log.wrote(stream), "seed \(seed)")
        }
        #expect(log.dropped == 0)
        let times = try log.read().map(\.bootNanoseconds)
        #expect(times == times.sorted())
    }

    @Test("it is read while it is written, and its head is known at every record")
    func live() throws {
        let log = try WrittenLog()
        var writer = try JobLogWriter(log.path, limit: 1 << 20)
        var reader = JobLogReader(path: log.path)
        #expect(try reader.next().isEmpty)
        for index in 0..<20 {
            try writer.write(index % 2 == 0 ? .output : .error, [UInt8(index), 0])
            #expect(try reader.next().map(\.bytes) == [[UInt8(index), 0]])
            #expect(try log.folder.end() == JobLogEnd(offset: writer.offset, head: writer.head))
            #expect(reader.offset == writer.offset)
        }
    }

    @Test(
        "beyond the limit the oldest segments go, the rest is whole, and the counts are exact",
        arguments: 1...6 as ClosedRange<UInt64>)
    func rotation(seed: UInt64) throws {
        let limit: UInt64 = 100_000
        let log = try WrittenLog(seed: seed, pieces: 1_500, limit: limit)
        #expect(log.folder.bytes <= limit && log.folder.bytes > limit / 2)
        var gone: UInt64 = 0
        for stream in [JobLog.Stream.output, .error] {
            let (all, kept) = (log.wrote(stream), try log.bytes(stream))
            #expect(all.suffix(kept.count).elementsEqual(kept), "seed \(seed)")
            gone += UInt64(all.count - kept.count)
        }
        let first = try #require(try log.folder.starts().first)
        let segment = try #require(try log.folder.segment(at: first))
        #expect(first > 0 && segment.counts.bytes == gone && log.dropped == gone, "seed \(seed)")
        #expect(try log.folder.stretch(from: 0, bytesMax: 1).start == first)
    }

    @Test(
        "an owner who keeps the beginning keeps it, with a mark, and what was dropped is counted",
        arguments: 1...4 as ClosedRange<UInt64>)
    func truncation(seed: UInt64) throws {
        let log = try WrittenLog(seed: seed, pieces: 600, limit: 50_000, keep: .beginning)
        let records = try log.read()
        let marks = records.filter { $0.stream == .truncated }
        #expect(marks.count == 2 && records.last == marks.last)
        var counts: [UInt64] = []
        for stream in [JobLog.Stream.output, .error] {
            let (all, kept) = (log.wrote(stream), try log.bytes(stream))
            #expect(all.starts(with: kept), "seed \(seed)")
            counts.append(UInt64(all.count - kept.count))
        }
        #expect(marks.map(\.bytes) == [JobLog.bytes(0) + JobLog.bytes(0), counts.flatMap(JobLog.bytes)])
        #expect(log.dropped == counts[0] + counts[1] && log.folder.bytes < 50_200 && log.folder.bytes > 49_900)
    }

    @Test("half a record waits for its other half, and is cut once nobody writes any more")
    func partial() throws {
        let log = try WrittenLog(lines: [(.output, "first\n"), (.error, "second\n")])
        let file = try log.segmentPath(0)
        let whole = try log.read()
        let end = try log.folder.end()
        var chain = JobLogChain(head: try #require(end).head)
        let more = JobLog.Record(stream: .output, bootNanoseconds: 1, wallNanoseconds: 2, bytes: Array("third".utf8))
            .encoded(after: &chain)
        for count in 1..<more.count {
            try log.change(file) { $0 += more.prefix(count) }
            #expect(try log.read() == whole && log.folder.end() == end)
            #expect(try log.folder.cut() == UInt64(count))
        }
        try log.change(file) { $0 += more }
        #expect(try log.read().last?.bytes == Array("third".utf8) && log.folder.end()?.head == chain.head)
        #expect(try log.folder.cut() == 0)
    }

    @Test("what a lost power supply leaves at the end is cut: zeros, and a segment without a record")
    func rubbishAtTheEnd() throws {
        let log = try WrittenLog(seed: 3, pieces: 200, limit: 1 << 20)
        let whole = try log.read()
        try log.change(log.segmentPath(-1 + log.folder.starts().count)) { $0 += [UInt8](repeating: 0, count: 4_096) }
        let end = try #require(try? log.folder.starts().last) + 1 << 20
        try DurableFile.write([UInt8](repeating: 0, count: 500), to: JobLogFolder.name(of: end, in: log.path))
        #expect(try log.folder.cut() == 4_596)
        #expect(try log.read() == whole && log.folder.end()?.head == log.heads.last)
    }

    @Test(
        "a segment that claims to begin where no log reaches is none",
        arguments: [UInt64.max, 0xFFFF_FFFF_FFFF_FF00, 0x8000_0000_0000_0000])
    func beyondAll(offset: UInt64) throws {
        let log = try WrittenLog(lines: [(.output, "x\n")])
        let end = try log.folder.end()
        let segment = JobLog.Segment(index: 1, offset: offset, firstKept: 0, counts: JobLogCounts(), head: .zero)
        var chain = JobLogChain()
        let record = JobLog.Record(
            stream: .segment, bootNanoseconds: 0, wallNanoseconds: 0, bytes: segment.payload
        ).encoded(after: &chain)
        try DurableFile.write(record, to: JobLogFolder.name(of: offset, in: log.path))
        #expect(try log.folder.end() == end && log.folder.stretch(from: offset, bytesMax: 1).bytes.isEmpty)
        #expect(try log.folder.place(tail: 1).offset < 1 << 20 && log.folder.place(since: .max).offset < 1 << 20)
        #expect(try log.folder.cut() == 0)
    }

    @Test("behind the end of a log there is nothing, however far", arguments: [1 << 40, UInt64.max])
    func behindTheEnd(offset: UInt64) throws {
        let log = try WrittenLog(lines: [(.output, "x\n")])
        #expect(try log.folder.stretch(from: offset, bytesMax: 1 << 20).bytes.isEmpty)
        #expect(try JobLogFolder(path: "\(log.path)/none").stretch(from: offset, bytesMax: 1).bytes.isEmpty)
    }

    @Test("an offset inside a record, and a file that is no segment, are refused")
    func rubbish() throws {
        let log = try WrittenLog(lines: [(.output, "some bytes\n")])
        #expect(throws: LinuxError.self) { try log.folder.stretch(from: 5, bytesMax: 1 << 20) }
        try log.change(log.segmentPath(0)) { $0 = [UInt8](repeating: 9, count: 640) }
        #expect(throws: LinuxError.self) { try log.folder.stretch(from: 0, bytesMax: 1 << 20) }
        #expect(throws: LinuxError.self) { try log.folder.end() }
    }

    @Test("pages of any size join to the whole log, with one stream or both", arguments: [1, 100, 5_000, 1 << 20])
    func pages(bytesMax: Int) throws {
        let log = try WrittenLog(seed: 5, pieces: 300, limit: 60_000)
        for only in [JobLog.Stream?.none, .output, .error] {
            var (next, records) = (UInt64(0), [JobLog.Record]())
            while true {
                let stretch = try log.folder.stretch(from: next, bytesMax: bytesMax, only: only)
                records += try JobLog.records(in: stretch.bytes).filter { $0.stream != .segment }
                if stretch.next == stretch.start { break }
                next = stretch.next
            }
            #expect(try records == log.read().filter { only == nil || $0.stream == only })
        }
    }

    @Test("segments without the wanted stream are passed over in one step, and nothing counts as lost")
    func sparse() throws {
        let lines = (0..<3_000).map { index in
            (index == 50 || index == 2_950 ? JobLog.Stream.error : .output, Array("\(index): some words\n".utf8))
        }
        let log = try WrittenLog(lines, limit: 200_000)
        #expect(try log.folder.starts().count > 5)
        var (next, pages, found) = (UInt64(0), 0, [[UInt8]]())
        while true {
            let stretch = try log.folder.stretch(from: next, bytesMax: 1 << 20, only: .error)
            #expect(stretch.start == next)
            found += try JobLog.records(in: stretch.bytes).filter { $0.stream == .error }.map(\.bytes)
            if stretch.next == stretch.start { break }
            (next, pages) = (stretch.next, pages + 1)
        }
        #expect(found == [50, 2_950].map { lines[$0].1 } && pages <= 4)
        #expect(try log.folder.end()?.offset == next)
    }

    @Test("a time finds the first record written at it or later")
    func since() throws {
        let log = try WrittenLog(seed: 11, pieces: 800, limit: 100_000)
        let records = try log.read()
        for index in stride(from: 0, to: records.count, by: 37) {
            let wall = records[index].wallNanoseconds
            let place = try log.folder.place(since: wall)
            let found = try JobLog.records(in: log.folder.stretch(from: place.offset, bytesMax: 1 << 20).bytes)
            #expect(found.first { $0.stream != .segment } == records.first { $0.wallNanoseconds >= wall })
        }
        let end = try log.folder.end()
        #expect(try log.folder.place(since: .max).offset == end?.offset)
        #expect(try log.folder.place(since: 0).offset == log.folder.starts().first)
    }

    @Test(
        "the last lines are the last of all lines, for any number, both streams and each",
        arguments: 1...6 as ClosedRange<UInt64>)
    func tail(seed: UInt64) throws {
        let log = try WrittenLog(seed: seed, pieces: 500, limit: 80_000, longest: seed.isMultiple(of: 2) ? 30 : 700)
        for only in [JobLog.Stream?.none, .output, .error] {
            let all = try log.lines(from: JobLogPlace(offset: 0), of: only)
            for count in [0, 1, 2, 3, 10, 100, all.count - 1, all.count, all.count + 1] {
                let place = try log.folder.place(tail: UInt64(count), of: only)
                let shown = try log.lines(from: place, of: only)
                // A line of the other stream may have begun before the segment; its end is shown all the same.
                let open = all.suffix(2).filter { !$0.isEnded }.count
                let wanted = all.suffix(count == 0 ? 0 : max(count, open))
                #expect(shown.count == wanted.count, "seed \(seed), \(count) lines")
                #expect(
                    zip(shown, wanted).allSatisfy { $1.bytes.suffix($0.bytes.count).elementsEqual($0.bytes) },
                    "seed \(seed), \(count) lines")
                let whole = zip(shown, wanted).filter { $0.bytes == $1.bytes }.count
                #expect(whole >= wanted.count - 1, "seed \(seed), \(count) lines")
            }
        }
    }
}
