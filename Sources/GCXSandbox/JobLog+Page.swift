import GCXLinux
import Glibc

extension JobLogReader {
    /// A reader that goes on at an offset which an earlier one gave; it has no digest of what came before.
    ///
    /// - Precondition: none; an offset inside a record is found out by ``next()``.
    private init(path: String, offset: UInt64) {
        self.init(path: path)
        self.skip(to: offset)
    }

    /// Whole records from an offset on, at most about `bytesMax` bytes of payload, and the offset after them.
    ///
    /// - Throws: ``LinuxError/malformed(object:reason:)`` when no record begins at the offset.
    package static func page(
        _ path: String, from offset: UInt64, bytesMax: UInt64
    ) throws(LinuxError) -> (records: [JobLog.Record], next: UInt64) {
        var reader = JobLogReader(path: path, offset: offset)
        var records: [JobLog.Record] = []
        var next = offset == 0 ? UInt64(JobLog.magic.count) : offset
        var bytes: UInt64 = 0
        for record in try reader.next() {
            if !records.isEmpty, bytes + UInt64(record.bytes.count) > bytesMax { break }
            records.append(record)
            bytes += UInt64(record.bytes.count)
            next += UInt64(JobLog.headerBytes + record.bytes.count)
        }
        return (records, records.isEmpty ? offset : next)
    }
}
