import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    /// What an agent finds of its earlier life, and what else may be at work on it.
    @Suite("State that is not what it was")
    struct StateTests {
        private let forever = "while :; do sleep 1; done"

        private func expect(
            _ arguments: [String], at site: Site, says words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try site.outcome(arguments)
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(outcome.status == .exited(78), "\(said)", sourceLocation: sourceLocation)
            for word in words + ["\nremedy: "] {
                #expect(said.contains(word), "no “\(word)” in: \(said)", sourceLocation: sourceLocation)
            }
        }

        /// A site whose agent is stopped while a job runs, and the job.
        private func abandoned() throws -> (site: Site, lease: String, job: [String]) {
            // Nobody knows the cores of a lease that is set aside, and no job gets those of another.
            let site = try Site([
                "offer.grace_seconds": "60", "offer.credit_limit_base_units": "100000000",
                "job.exclusive_cores": "false",
            ])
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin(forever, on: lease)
            try site.wait("the job", seconds: 30) { try site.inspect(lease).phase == .running }
            let job = try site.jobIdentity(lease)
            site.abandon(buyer)
            site.stop(.agent)
            return (site, lease, job)
        }

        @Test("an empty, cut off or strange database starts no agent: the job runs on, and nothing of it is removed")
        func emptied() throws {
            let (site, lease, job) = try abandoned()
            let database = site.path("agent/agent.sqlite")
            let whole = try Files.bytes(database)
            let run = ["agent", "run", "--config", site.configuration]
            for (bytes, word) in [
                ([], "is empty"), (Array("nonsense, and no database".utf8), "is damaged"),
                (Array(whole.prefix(whole.count / 2)), "is damaged"),
            ] {
                try DurableFile.write(bytes, to: database)
                try expect(run, at: site, says: "agent.sqlite", word, "backup")
                #expect(try site.jobIdentity(lease) == job)
                #expect(try Files.bytes(database) == bytes)
            }
            try Files.remove(database)
            try expect(run, at: site, says: "agent.sqlite is not there", "backup")
            try DurableFile.write(whole, to: database)
            try site.start(.agent)
            try site.wait("the job", seconds: 20) { try site.inspect(lease).phase == .running }
            #expect(try site.jobIdentity(lease) == job)
        }

        static let lacks = ["python3"].first { ChildProcess.find($0) == nil }

        @Test(
            "a lease whose row is damaged is set aside: its job runs on, and the others are looked after",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func oneRow() throws {
            let (site, lease, job) = try abandoned()
            let change = """
                import sqlite3, sys
                db = sqlite3.connect(sys.argv[1])
                print(db.execute("SELECT phase FROM lease WHERE id = ?", (sys.argv[2],)).fetchone()[0])
                db.execute("UPDATE lease SET phase = ? WHERE id = ?", (sys.argv[3], sys.argv[2]))
                db.commit()
                """
            let database = site.path("agent/agent.sqlite")
            let phase = try ChildProcess("python3", ["-c", change, database, lease, "{junk"]).run()
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try site.start(.agent)
            #expect(try site.jobIdentity(lease) == job)
            let status = try site.json(AgentStatus.self, "agent", "status")
            #expect(status.problems.contains { $0.contains("set aside") && $0.contains("column phase") }, "\(status)")
            // The machine had left, and is listed again once it is heard.
            try site.wait("the offer", seconds: 20) { try site.gcx("offer", "list").contains("0x") }
            let other = try site.lease()
            #expect(try site.outcome(site.running("echo hello", on: other)).text == "hello\n")
            #expect(try site.jobIdentity(lease) == job)
            #expect(Files.exists(site.path("agent/jobs/\(lease.dropFirst(2))/plan.json")))
            site.stop(.agent)
            _ = try ChildProcess("python3", ["-c", change, database, lease, phase]).run()
            try site.start(.agent)
            try site.wait("the job", seconds: 20) { try site.inspect(lease).phase == .running }
            #expect(try site.jobIdentity(lease) == job)
        }

        @Test("a second agent on a state directory, and a second ledger on a file, by another name too, are refused")
        func second() throws {
            let site = try Site()
            try site.open()
            #expect(symlink(site.path("agent"), site.path("same")) == 0)
            #expect(symlink(site.path("ledger.sqlite"), site.path("same.sqlite")) == 0)
            let text = try Files.text(site.configuration)
                .replacing(site.path("run/agent.sock"), with: site.path("second.sock"))
                .replacing(
                    "listen = \"unix:\(site.path("ledger.sock"))\"",
                    with: "listen = \"unix:\(site.path("other.sock"))\""
                )
                .replacing(
                    "state_directory = \"\(site.path("agent"))\"", with: "state_directory = \"\(site.path("same"))\""
                )
                .replacing(site.path("ledger.sqlite"), with: site.path("same.sqlite"))
            try DurableFile.write(text.utf8, to: site.path("second.toml"))
            try expect(
                ["agent", "run", "--config", site.path("second.toml")], at: site, says: "another agent works on",
                "agent.state_directory")
            try expect(
                ["ledger", "serve", "--config", site.path("second.toml")], at: site, says: "another process writes")
            #expect(try site.gcx("agent", "status").isEmpty == false)
        }

        @Test("databases are for their owner alone, whatever the umask was and is")
        func modes() throws {
            let site = try Site()
            let before = umask(0)
            defer { umask(before) }
            try site.open()
            let files = {
                try ["", "agent/"].flatMap { folder in
                    try Files.names(in: site.path(folder)).filter { $0.contains(".sqlite") }.map {
                        site.path(folder + $0)
                    }
                }
            }
            func look(sourceLocation: SourceLocation = #_sourceLocation) throws {
                let found = try files()
                #expect(found.count >= 4, "\(found)", sourceLocation: sourceLocation)
                for file in found {
                    var status = stat()
                    #expect(
                        stat(file, &status) == 0 && status.st_mode & 0o077 == 0, "\(file)",
                        sourceLocation: sourceLocation)
                }
            }
            try look()
            site.stop(.agent)
            site.stop(.ledger)
            for file in try files() { chmod(file, 0o666) }
            try site.start(.ledger)
            try site.start(.agent)
            try look()
        }

        @Test("a ledger's file that was emptied or lost is not founded anew")
        func lostLedger() throws {
            let site = try Site()
            try site.start(.ledger)
            try site.fund("5")
            site.stop(.ledger)
            let database = site.path("ledger.sqlite")
            let whole = try Files.bytes(database)
            let serve = ["ledger", "serve", "--config", site.configuration]
            try DurableFile.write([], to: database)
            try expect(serve, at: site, says: "ledger.sqlite is empty", "ledger.sqlite.lock")
            try Files.remove(database)
            try expect(serve, at: site, says: "ledger.sqlite is not there")
            try DurableFile.write(whole, to: database)
            try site.start(.ledger)
            #expect(try site.account("buyer").balance == 5)
        }
    }
}
