import GCXLinux
import GCXModel
import GCXWire
import GRDB
import Glibc

/// Whether the agent can go on with a database that it finds at its start.
///
/// What it would otherwise begin anew without a word is the book of running jobs, of their receipts and of the buyers'
/// vouchers: every job would look like one without a lease, and be removed.
struct StoreCheck {
    let path: String
    /// What lies on the disk and is explained by this database alone.
    let dependents: [String]

    /// - Throws: `AgentError.stateUnusable` with what to do. The database is left as it is; of a damaged one a
    ///   copy is made beside it, which no later start writes to.
    /// - Complexity: the whole file is read (`quick_check`).
    func run(_ migrator: DatabaseMigrator) throws(AgentError) {
        guard size(of: path) > 0 else {
            // SQLite would throw the journal away, whatever it holds, because the file is empty.
            guard size(of: path + "-wal") == 0 else {
                throw damaged("it is empty, and its journal \(path)-wal is not")
            }
            return try begin()
        }
        guard Self.isSQLite(path) else { throw damaged("it is no file of SQLite") }
        let found: Found
        do { found = try look(migrator) } catch let error as DatabaseError {
            // Anything else, such as a lock, says nothing about what is in the file.
            guard [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) else {
                throw .storage("cannot look through \(path): \(DatabaseWords.text(error))")
            }
            throw damaged(DatabaseWords.text(error))
        } catch {
            throw .storage("cannot look through \(path): \(DatabaseWords.text(error))")
        }
        if let problem = found.problem { throw damaged(problem) }
        guard found.application == StoreMark.application || found.application == 0 else {
            throw foreign("it is the database of another program (application_id \(found.application))")
        }
        guard found.hasTables else { return try begin() }
        guard found.hasLeases else { throw foreign("it has tables, and none of leases") }
        guard !found.isNewer else {
            throw .stateUnusable(
                "\(path) was written by a newer gcx, whose tables this one does not know",
                remedy: "Install that version of gcx again. Nothing was changed.")
        }
    }

    private struct Found {
        var problem: String?
        var application: Int32 = 0
        var hasTables = false
        var hasLeases = false
        var isNewer = false
    }

    private func size(of path: String) -> UInt64 { Disk.size(of: path) ?? 0 }

    /// Whether it begins as such a file does. What does not is not even opened: SQLite repairs what it opens.
    private static func isSQLite(_ path: String) -> Bool {
        guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return false }
        var header = [UInt8](repeating: 0, count: 16)
        return unsafe pread(file.number, &header, header.count, 0) == header.count
            && header == Array("SQLite format 3\0".utf8)
    }

    private func look(_ migrator: DatabaseMigrator) throws -> Found {
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = 1") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { database in
            var found = Found()
            found.problem = try String.fetchOne(database, sql: "PRAGMA quick_check(1)").flatMap {
                $0 == "ok" ? nil : $0
            }
            found.application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            found.hasTables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0 > 0
            found.hasLeases = try database.tableExists("lease") && database.tableExists("grdb_migrations")
            found.isNewer = try found.hasLeases && migrator.hasBeenSuperseded(database)
            return found
        }
    }

    /// A new beginning, when there is nothing that it would forget.
    private func begin() throws(AgentError) {
        guard let first = dependents.first else { return }
        let what = Files.exists(path) ? "is empty" : "is not there"
        throw .stateUnusable(
            "\(path) \(what), and of jobs and uploads \(NumberText.count(dependents.count, "directory", one: "is", many: "are")) there, such as \(first)",
            remedy: Untrusted(remedy))
    }

    private func foreign(_ why: String) -> AgentError {
        .stateUnusable("\(path) is not the database of an agent: \(why)", remedy: Untrusted(remedy))
    }

    private func damaged(_ why: String) -> AgentError {
        .stateUnusable("\(path) is damaged: \(why); \(copy())", remedy: Untrusted(remedy))
    }

    private var remedy: String {
        "Put a backup of it in its place; a job that the backup does not know is ended then. To begin anew and give up what "
            + "it held, move it away together with the directories jobs and uploads. Until then jobs run on by themselves, "
            + "and nothing is removed."
    }

    /// Sets a copy aside, once for each state of the file.
    private func copy() -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 || stat(path + "-wal", &status) == 0 else {
            return "no copy could be made"
        }
        let aside = "\(path).damaged-\(status.st_mtim.tv_sec)"
        if Files.exists(aside) { return "a copy of it is \(aside)" }
        do throws(LinuxError) {
            // bounded here: joins texts
            for suffix in ["", "-wal"] where Files.exists(path + suffix) {
                try ChildProcess("cp", ["--preserve=timestamps", path + suffix, aside + suffix]).run()
                try Files.keepPrivate(aside + suffix)
            }
            return "a copy of it is \(aside)"
        } catch {
            return "no copy could be made (\(error.description))"
        }
    }
}
