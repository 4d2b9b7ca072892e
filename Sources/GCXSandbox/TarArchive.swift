import GCXLinux
import Glibc

/// A tar archive from outside: looked through whole before anything of it is unpacked.
package struct TarArchive: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// What the look-through found.
    package struct Summary: Equatable, Sendable {
        package var entries: Int
        package var bytes: UInt64
    }

    /// Unpacks into the existing directory, as files of the caller without set-uid bits.
    ///
    /// Entries may be files, directories and links. A name that is absolute or holds `..` is refused, as is an
    /// archive over the limits; a link that points outside is kept but never followed while unpacking.
    ///
    /// - Throws: ``ImageError/unsafeArchive(path:entry:reason:)`` and ``ImageError/tooLarge(path:what:limit:)``
    ///   before the first file is written.
    @discardableResult
    package func unpack(into directory: String, limits: TarLimits) throws(ImageError) -> Summary {
        let summary = try inspect(limits: limits)
        let arguments = [
            "--extract", "--file", path, "--directory", directory, "--no-same-owner", "--no-same-permissions",
            "--delay-directory-restore", "--no-overwrite-dir",
        ]
        try imaged { () throws(LinuxError) in
            _ = try ChildProcess("tar", arguments, timeout: SandboxLimits.unpackTimeout).run()
        }
        return summary
    }

    /// Packs a directory: plain files, directories and links, owned by nobody in particular, holes left out.
    ///
    /// - Throws: ``LinuxError/outputTooLarge(tool:limitBytes:)`` when the archive has more than `bytesMax`; it is removed.
    package static func pack(
        _ directory: String, into archive: String, bytesMax: UInt64 = .max
    ) throws(LinuxError) {
        let arguments = [
            "--create", "--file", archive, "--directory", directory, "--sparse", "--owner=0", "--group=0",
            "--numeric-owner", "--mode=a-st", "--sort=name", "--one-file-system", ".",
        ]
        let tooLarge = LinuxError.outputTooLarge(tool: "tar", limitBytes: Int(clamping: bytesMax))
        do throws(LinuxError) {
            let tool = ChildProcess("tar", arguments, timeout: SandboxLimits.packTimeout)
            let outcome = try tool.outcome { () throws(LinuxError) in
                if let size = Disk.size(of: archive), size > bytesMax { throw tooLarge }
            }
            guard outcome.status == .exited(0) else {
                throw .toolFailed(tool: "tar", status: outcome.status.code, output: outcome.errorLine)
            }
            if let size = Disk.size(of: archive), size > bytesMax { throw tooLarge }
        } catch {
            unlink(archive)
            throw error
        }
    }

    /// Reads every header. Cost: one read per entry; the contents are skipped.
    package func inspect(limits: TarLimits) throws(ImageError) -> Summary {
        guard Files.exists(path) else { throw .notFound(path: path, tag: nil) }
        let reader = try TarReader(path)
        var summary = Summary(entries: 0, bytes: 0)
        while let entry = try reader.next() {
            try check(entry)
            summary.entries += 1
            let (sum, overflow) = summary.bytes.addingReportingOverflow(entry.realBytes)
            guard summary.entries <= limits.entriesMax else {
                throw .tooLarge(path: path, what: "the number of entries", limit: UInt64(limits.entriesMax))
            }
            guard !overflow, sum <= limits.bytesMax else {
                throw .tooLarge(path: path, what: "the size of its files", limit: limits.bytesMax)
            }
            summary.bytes = sum
        }
        guard summary.entries > 0 else { throw .notAnImage(path: path, reason: "it is an empty archive, or none") }
        return summary
    }

    private func check(_ entry: TarHeader) throws(ImageError) {
        // 0 file, 1 hard link, 2 symbolic link, 5 directory, 7 contiguous file, S sparse file.
        guard "01257S".utf8.contains(entry.type) else {
            let kind = String(UnicodeScalar(entry.type))
            throw .unsafeArchive(path: path, entry: entry.name, reason: "its kind `\(kind)` is not allowed")
        }
        var names = [entry.name]
        if entry.type == UInt8(ascii: "1") { names.append(entry.linkName) }
        for name in names {
            let parts = name.split(separator: "/")
            if name.hasPrefix("/") || parts.contains("..") {
                throw .unsafeArchive(path: path, entry: entry.name, reason: "it would leave its directory")
            }
        }
    }
}

/// The headers of a tar archive in order.
final class TarReader {
    private let path: String
    private let file: FileDescriptor
    private let fileBytes: UInt64
    private var offset: UInt64 = 0

    init(_ path: String) throws(ImageError) {
        self.path = path
        file = try imaged { () throws(LinuxError) in try FileDescriptor.open(path, O_RDONLY) }
        var status = stat()
        guard fstat(file.number, &status) == 0 else {
            throw .linux(.systemCall(operation: "stat", object: path, errno: errno))
        }
        fileBytes = UInt64(status.st_size)
    }

    /// The next entry with its full name and size, or nil at the end of the archive.
    func next() throws(ImageError) -> TarHeader? {
        var longName: String?
        var longLink: String?
        var size: UInt64?
        var realSize: UInt64?
        while let block = try read(UInt64(TarHeader.blockBytes)) {
            if block.allSatisfy({ $0 == 0 }) { return nil }
            guard var header = TarHeader(block[...]) else {
                throw .notAnImage(path: path, reason: "it is no plain tar archive at byte \(offset - 512)")
            }
            switch header.type {
            case UInt8(ascii: "L"): longName = TarHeader.text(try content(of: header)[...])
            case UInt8(ascii: "K"): longLink = TarHeader.text(try content(of: header)[...])
            case UInt8(ascii: "g"): _ = try content(of: header)
            case UInt8(ascii: "x"):
                let records = PaxRecords(try content(of: header))
                longName = records["GNU.sparse.name"] ?? records["path"] ?? longName
                longLink = records["linkpath"] ?? longLink
                size = records["size"].flatMap { UInt64($0) } ?? size
                // Two generations of the sparse format name the size with its holes differently.
                realSize = (records["GNU.sparse.realsize"] ?? records["GNU.sparse.size"]).flatMap { UInt64($0) }
            default:
                header.name = longName ?? header.name
                header.linkName = longLink ?? header.linkName
                try skip(&header, paxSize: size)
                header.realBytes = max(header.realBytes, realSize ?? 0)
                return header
            }
        }
        return nil
    }

    /// Moves behind the content of an entry.
    private func skip(_ header: inout TarHeader, paxSize: UInt64?) throws(ImageError) {
        while header.isExtended {
            guard let map = try read(UInt64(TarHeader.blockBytes)) else { throw truncated }
            header.isExtended = map[504] != 0
        }
        if let paxSize {
            header.storedBytes = paxSize
            header.realBytes = max(header.realBytes, paxSize)
        }
        let isFile = "07S".utf8.contains(header.type)
        let (end, overflow) = offset.addingReportingOverflow(isFile ? header.contentBlocks * 512 : 0)
        guard !overflow, end <= fileBytes else { throw truncated }
        offset = end
    }

    private var truncated: ImageError { .notAnImage(path: path, reason: "it ends in the middle of an entry") }

    /// The content of a header that carries a name or pax records.
    private func content(of header: TarHeader) throws(ImageError) -> [UInt8] {
        guard header.storedBytes <= UInt64(SandboxLimits.passwdBytesMax) else {
            throw .unsafeArchive(path: path, entry: header.name, reason: "its extended header is too long")
        }
        guard let bytes = try read(header.contentBlocks * 512) else { throw truncated }
        return Array(bytes.prefix(Int(header.storedBytes)))
    }

    /// Exactly `count` bytes, or nil at the end of the file.
    private func read(_ count: UInt64) throws(ImageError) -> [UInt8]? {
        guard offset + count <= fileBytes else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let got = bytes.withUnsafeMutableBytes { pread(file.number, $0.baseAddress, $0.count, Int(offset)) }
        guard got == Int(count) else { throw .linux(.systemCall(operation: "read", object: path, errno: errno)) }
        offset += count
        return bytes
    }
}

/// The records of a pax header: `length key=value` and a newline, each.
struct PaxRecords {
    private var values: [String: String] = [:]

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let space = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex,
            length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length)]
            rest = rest[(rest.startIndex + length)...]
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let key = String(decoding: record[..<equals], as: UTF8.self)
            values[key] = String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
        }
    }

    subscript(_ key: String) -> String? { values[key] }
}
