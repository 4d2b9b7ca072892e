import GCXLinux
import GCXSandbox
import Glibc

/// Looks users and groups up in the tables of an image.
enum UserTables {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        guard let root = order.directoryDescriptor, let user = order.user else { return report }
        // bounded here: a row has more than three fields, or more than two, counted first
        let line = table("etc/passwd", in: root).first { $0.count > 3 && ($0[0] == user || $0[2] == user) }
        var found = UnpackReport.Users(
            user: line.flatMap { UInt32($0[2]) }, ownGroup: line.flatMap { UInt32($0[3]) })
        if let group = order.group {
            let row = table("etc/group", in: root).first { $0.count > 2 && $0[0] == group }
            found.group = row.flatMap { UInt32($0[2]) }
        }
        report.found = found
        return report
    }

    /// The lines of a table, in fields; none where there is no such plain file. No link in the image leads out of it.
    private static func table(_ path: String, in root: Int32) -> [[String]] {
        guard let file = try? FileDescriptor.open(inRoot: root, path),
            let status = try? file.status(path), status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? Files.bytes(of: file, path, limit: SandboxLimits.passwdBytesMax)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
