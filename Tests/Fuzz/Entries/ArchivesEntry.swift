import GCXLinux
import Glibc

@testable import GCXSandbox
@testable import gcx_unpack

extension FuzzEntry {
    /// Archives as `gcx-unpack` reads them: uploads, outputs, images and their layers.
    ///
    /// The first byte chooses the rules, the second what the rest is (``ArchiveChoice``), the third how many of its blocks
    /// are a layer of their own.
    static let archives = FuzzEntry(name: "archives") { bytes in
        var reader = ByteReader(bytes)
        let rules = allRules[Int(reader.byte()) % allRules.count]
        let choice = ArchiveChoice(rawValue: reader.byte())
        let firstBytes = Int(reader.byte()) * ArchiveForm.blockBytes
        var tar = reader.remaining()
        if choice.contains(.isRecipe) { tar = ArchiveRecipe.archive(of: tar) }
        if !choice.contains(.keepsSums) { ArchiveForm.mend(&tar) }
        let layers = firstBytes == 0 ? [tar] : [Array(tar.prefix(firstBytes)), Array(tar.dropFirst(firstBytes))]
        // What the machine refuses, such as a file too many, is no finding.
        try? Scratch.with { folder throws(LinuxError) in
            var files: [OpenFile] = []
            for layer in layers { files.append(try Scratch.file(choice.form.wrap(layer), in: folder)) }
            try extract(files.map(\.number), rules, choice, folder)
        }
    } seeds: {
        ArchiveSeeds.all
    }

    private static let allRules: [ArchiveRules] = [
        .input, .rootFilesystem, .blobs, .output, .layers,
    ]

    private static let limits = ArchiveLimits(entriesMax: 64, bytesMax: 1 << 20)

    /// Of what is packed again: directories on the way to an entry are entries then, 256 at most for each.
    private static let packing = ArchiveLimits(entriesMax: 64 * 257, bytesMax: 1 << 20)

    private static func extract(
        _ archives: [Int32], _ rules: ArchiveRules, _ choice: ArchiveChoice, _ folder: String
    ) throws(LinuxError) {
        guard !choice.contains(.onlyLooks) else {
            return try judge(Extraction(archives, into: nil, rules, limits).run(), limits)
        }
        let made = try MadeTree("\(folder)/tree", archives, rules, limits)
        try judge(made.report, limits)
        guard choice.contains(.packsAgain), !rules.isLayer else { return }
        let archive = try Scratch.file([], in: folder)
        let packed = Packing(made.directory.number, into: archive.number, rules, packing).run()
        try judge(packed, packing)
        lseek(archive.number, 0, SEEK_SET)
        let again = try MadeTree("\(folder)/again", [archive.number], rules, packing)
        // Whoever is not root cannot read all of it.
        guard packed.leftOut.isEmpty else { return }
        precondition(
            packed.outcome == .done && again.report.outcome == .done, "what was made cannot be packed and made again")
        precondition(again.listing == made.listing, "what was packed is made as another")
    }

    /// A report is within the bounds, and can be read by whoever started the reader.
    private static func judge(_ report: UnpackReport, _ limits: ArchiveLimits) throws(LinuxError) {
        precondition(report.entries <= limits.entriesMax && report.bytes <= limits.bytesMax, "a bound did not hold")
        let written = try JSONFile.encode(report, object: "report")
        precondition(written.count <= SandboxLimits.reportBytesMax, "the report is too long to be read")
        let read = try JSONFile.decode(UnpackReport.self, written, object: "report")
        precondition(read.reason == report.reason && read.leftOut == report.leftOut, "the report reads as another")
    }
}

/// What was made of archives: nothing but files, directories, and links that stay inside.
private struct MadeTree {
    let directory: OpenFile
    let report: UnpackReport
    /// A line for each entry: kind, mode, name, and what is in it.
    private(set) var listing: Set<String> = []
    private let rules: ArchiveRules

    init(_ path: String, _ archives: [Int32], _ rules: ArchiveRules, _ limits: ArchiveLimits) throws(LinuxError) {
        try Files.makeDirectory(path)
        directory = OpenFile(try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY))
        self.rules = rules
        report = Extraction(archives, into: directory.number, rules, limits).run()
        guard let top = try? EntryPath([], mayBeginAtRoot: false) else { return }
        try look(in: directory.number, top)
    }

    private mutating func look(in directory: Int32, _ path: EntryPath) throws(LinuxError) {
        for name in try Files.names(inOpen: directory) {
            let entry = path.child(name.dropLast().map { UInt8(bitPattern: $0) })
            var status = stat()
            guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            precondition(status.st_mode & 0o6000 == 0, "a file that runs as its owner was made")
            var content = ""
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                if let file = try? FileDescriptor.open(beneath: directory, name, O_RDONLY) {
                    content = try SHA256Hex.of(file.number, "file").hex
                }
            case S_IFDIR:
                let below = try FileDescriptor.open(beneath: directory, name, O_RDONLY | O_DIRECTORY)
                try look(in: below.number, entry)
            case S_IFLNK: content = link(name, in: directory, entry)
            default: preconditionFailure("something was made that is neither file nor directory nor link")
            }
            listing.insert("\(String(status.st_mode, radix: 8)) \(entry.bytes) \(content)")
        }
    }

    private func link(_ name: [CChar], in directory: Int32, _ entry: EntryPath) -> String {
        precondition(rules.links != .none, "a link was made where none is")
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(directory, name, &text, text.count)
        let target = text.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        precondition(
            rules.links == .any || !target.isEmpty && entry.keepsInside(target), "a link was made that leads outside")
        return "\(target)"
    }
}

/// What is done with the bytes of an archive.
struct ArchiveChoice: OptionSet {
    let rawValue: UInt8

    /// Nothing is made.
    static let onlyLooks = ArchiveChoice(rawValue: 1)
    /// The sums of headers are left as they are; else they are put right, so that a changed header is read at all.
    static let keepsSums = ArchiveChoice(rawValue: 2)
    /// The bytes say what is to stand in an archive: see ``ArchiveRecipe``.
    static let isRecipe = ArchiveChoice(rawValue: 4)
    static let isGzip = ArchiveChoice(rawValue: 8)
    static let isZstd = ArchiveChoice(rawValue: 16)
    /// What was made is packed, as an output is, and made once more: it has to be the same.
    static let packsAgain = ArchiveChoice(rawValue: 32)

    var form: ArchiveForm { contains(.isGzip) ? .gzip : contains(.isZstd) ? .zstd : .plain }
}

/// What a tar archive is wrapped in. Nothing is compressed: the forms are what matters, and bytes stay where they are.
enum ArchiveForm {
    case plain, gzip, zstd

    static let blockBytes = 512

    func wrap(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .plain: bytes
        case .gzip: Self.gzip(bytes)
        case .zstd: Self.zstd(bytes)
        }
    }

    /// Source: RFC 1952, and RFC 1951, 3.2.4, for blocks that are stored.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        let most = 65_535
        var all: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        for start in stride(from: 0, through: bytes.count, by: most) {
            let piece = bytes[start..<min(bytes.count, start + most)]
            let count = UInt16(piece.count)
            all += [start + most > bytes.count ? 1 : 0] + little(count) + little(~count) + piece
        }
        return all + little(checksum(bytes)) + little(UInt32(bytes.count))
    }

    /// Source: RFC 1952, 8.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 0 ? 0 : 0xEDB8_8320) }
        }
    }

    /// Source: RFC 8878, 3.1.1: one segment of a known size, of blocks that are stored.
    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        let most = 128 << 10
        var all: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + little(UInt32(bytes.count))
        for start in stride(from: 0, through: bytes.count, by: most) {
            let piece = bytes[start..<min(bytes.count, start + most)]
            let isLast: UInt32 = start + most > bytes.count ? 1 : 0
            all += little(UInt32(piece.count) << 3 | isLast).dropLast() + piece
        }
        return all
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// Puts the right sum into whatever looks like a header.
    ///
    /// Source: POSIX.1-2001, pax, "ustar Interchange Format".
    static func mend(_ tar: inout [UInt8]) {
        for start in stride(from: 0, through: tar.count - blockBytes, by: blockBytes) {
            let header = start..<(start + blockBytes)
            guard tar[header].dropFirst(257).starts(with: Array("ustar".utf8)) else { continue }
            let field = (start + 148)..<(start + 156)
            tar.replaceSubrange(field, with: repeatElement(0x20, count: 8))
            let digits = String(tar[header].reduce(0) { $0 + Int($1) }, radix: 8)
            let sum = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
            tar.replaceSubrange(field, with: sum.utf8)
        }
    }
}
