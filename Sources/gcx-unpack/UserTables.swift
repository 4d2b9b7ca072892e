import GCXLinux
import GCXSandbox
import Glibc

/// Looks users and groups up in the tables of an image.
struct UserTables {
    /// Lines of the tables, in fields; nil where there is no such plain file.
    var users: [[String]]?
    var groups: [[String]]?

    /// The tables below a directory. No link in the image leads out of it.
    init(in root: Int32) {
        users = Self.table("etc/passwd", in: root)
        groups = Self.table("etc/group", in: root)
    }

    init(users: [[String]]?, groups: [[String]]?) { (self.users, self.groups) = (users, groups) }

    /// What they say of a user, by name or number, and of a group.
    func look(for user: String, _ group: String?) -> UnpackReport.Users {
        // bounded here: a row has more than three fields, or more than two, counted first
        let line = users?.first { $0.count > 3 && ($0[0] == user || $0[2] == user) }
        var found = UnpackReport.Users(
            user: line.flatMap { UInt32($0[2]) }, ownGroup: line.flatMap { UInt32($0[3]) })
        found.hasTable = users != nil
        if let group {
            let row = groups?.first { $0.count > 2 && $0[0] == group }
            found.group = row.flatMap { UInt32($0[2]) }
        } else if let line {
            found.memberOf = memberships(of: line[0])
        }
        return found
    }

    /// The groups that name the user as a member; a group that merely has the user's name does not.
    private func memberships(of user: String) -> [UInt32] {
        var (numbers, seen): ([UInt32], Set<UInt32>) = ([], [])
        for row in groups ?? [] where row.count > 3 {
            // bounded here: a row has more than three fields, counted first; a constant and one
            guard row[3].split(separator: ",").contains(user[...]), let number = UInt32(row[2]),
                seen.insert(number).inserted
            else { continue }
            numbers.append(number)
            if numbers.count > SandboxLimits.groupsMax { break }
        }
        return numbers
    }

    private static func table(_ path: String, in root: Int32) -> [[String]]? {
        guard let file = try? FileDescriptor.open(inRoot: root, path),
            let status = try? file.status(path), status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? Files.bytes(of: file, path, limit: SandboxLimits.passwdBytesMax)
        else { return nil }
        return lines(of: bytes)
    }

    static func lines(of bytes: [UInt8]) -> [[String]] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

/// Answers who a job's user is, and whether that user can run the job's program.
enum ProcessReport {
    static func report(_ order: UnpackOrder) -> UnpackReport {
        var report = UnpackReport()
        guard let root = order.directoryDescriptor, let user = order.user else { return report }
        let found = UserTables(in: root).look(for: user, order.group)
        report.found = found
        guard let program = order.program, let number = UInt32(user, radix: 10) ?? found.user,
            let group = order.group.map({ UInt32($0, radix: 10) ?? found.group }) ?? (found.ownGroup ?? 0)
        else { return report }
        let runner = Runner(user: number, groups: Set(found.memberOf + [group]))  // bounded: joins lists
        report.program = ProgramTrial(root, program, by: runner).finding()
        return report
    }
}
