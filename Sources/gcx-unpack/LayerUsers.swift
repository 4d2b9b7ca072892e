import GCXLinux
import GCXSandbox
import Glibc

/// Looks the users of an image up before it is unpacked: in the highest of its layers that has the tables.
///
/// What is not plain to see, a table that is a link say, is left to whoever unpacks the image.
enum LayerUsers {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        guard let user = order.user else { return report }
        do throws(UnpackFailure) {
            var tables: [String: Table] = [:]
            // Who is a member of which groups is not asked of layers.
            let wanted = order.group == nil ? [users] : names
            for archive in order.archiveDescriptors where !wanted.allSatisfy(tables.keys.contains) {
                try tables.merge(read(archive, order.limits)) { higher, _ in higher }
            }
            // Who is in no layer's table is in none.
            let lines = names.map { name in tables[name, default: .plain([])].lines }  // bounded: a dictionary
            let found = UserTables(users: lines.first ?? nil, groups: lines.last ?? nil)
            report.found = found.look(for: user, order.group)
            // Without the table of groups nothing is known of a group either.
            report.found?.hasTable = found.users != nil && (order.group == nil || found.groups != nil)
        } catch { error.put(into: &report) }
        return report
    }

    private static let users = "etc/passwd"
    private static let names = [users, "etc/group"]

    private enum Table {
        case plain([[String]])
        /// Something of the name that cannot be read here, or the end of what lower layers have.
        case hidden

        var lines: [[String]]? {
            if case .plain(let lines) = self { lines } else { nil }
        }
    }

    /// What one layer has of them.
    private static func read(_ archive: Int32, _ limits: ArchiveLimits) throws(UnpackFailure) -> [String: Table] {
        let reader = try ArchiveReader(archive)
        var (found, entries): ([String: Table], Int) = ([:], 0)
        while let entry = try reader.next() {
            entries += 1  // bounded: compared at once
            guard entries <= SandboxLimits.imageEntriesMax, reader.decompressedBytes <= limits.bytesMax else {
                for name in names where found[name] == nil { found[name] = .hidden }  // bounded: a dictionary
                return found
            }
            guard let path = try? EntryPath(entry.path, mayBeginAtRoot: true) else { continue }
            let name = String(decoding: path.bytes, as: UTF8.self)
            if names.contains(name) {
                found[name] = try table(entry, reader)  // bounded: a dictionary
            } else if hides.contains(name) || (name == "etc" && entry.kind != S_IFDIR) {
                for name in names where found[name] == nil { found[name] = .hidden }  // bounded: a dictionary
            }
        }
        return found
    }

    /// Whiteouts of the folder and of the tables.
    private static let hides: Set = ["etc/.wh..wh..opq", ".wh.etc", "etc/.wh.passwd", "etc/.wh.group", ".wh..wh..opq"]

    private static func table(_ entry: ArchiveEntry, _ reader: ArchiveReader) throws(UnpackFailure) -> Table {
        // bounded: a limit of ours
        guard entry.kind == S_IFREG, entry.hardLink == nil, entry.bytes <= UInt64(SandboxLimits.passwdBytesMax) else {
            return .hidden
        }
        var bytes: [UInt8] = []
        while let (piece, offset) = unsafe try reader.nextPiece() {
            // bounded here: bytes in memory
            guard offset == bytes.count, bytes.count + piece.count <= SandboxLimits.passwdBytesMax else {
                return .hidden
            }
            unsafe bytes += piece
        }
        return .plain(UserTables.lines(of: bytes))
    }
}
