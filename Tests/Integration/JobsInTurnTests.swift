import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Testing

extension WaitingLeases {
    /// A lease is time on a machine.
    @Suite("Jobs that follow one another in a lease")
    struct JobsInTurnTests {
        /// A second of work.
        static let work = "end=$(( $(date +%s) + 2 )); while [ $(date +%s) -lt $end ]; do :; done"

        @Test("a typo in the command costs no lease: the next job runs, and one sum is paid for all of them")
        func typo() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            var missing = site.running("", on: lease)
            missing.replaceSubrange((missing.firstIndex(of: "--") ?? 0)..., with: ["--", "/bin/nosuch"])
            let notFound = try site.outcome(missing)
            #expect(notFound.status == .exited(127), "\(notFound.errorLine)")
            let said = String(decoding: notFound.error, as: UTF8.self)
            #expect(said.contains("The lease is open until") && said.contains("gcx job cancel \(lease)"), "\(said)")
            let shell = try site.outcome(site.running("echo one; nosuch", on: lease))
            #expect(shell.status == .exited(127) && shell.text == "one\n", "\(shell.errorLine)")
            let open = try site.inspect(lease)
            #expect(open.isOpenAgain && open.jobs == 2 && open.exit == .exited(code: 127))
            #expect(try site.receipts(lease).allSatisfy { !$0.isFinal })
            #expect(try site.gcx("job", "logs", lease, "--verify").hasPrefix("ok: "))

            let right = try site.outcome(site.running("\(Self.work); echo two; echo out > /output/x", on: lease))
            #expect(right.status == .exited(0) && right.text == "two\n", "\(right.errorLine)")
            #expect(!String(decoding: right.error, as: UTF8.self).contains("The lease is open"))
            try expectSettled(lease, jobs: 3, at: site)
        }

        @Test("a lease that is kept runs one job after another, with one journal, and the log of each is there")
        func kept() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            for job in 1...3 {
                // The second leaves nothing, and what the first left is not taken for it.
                let output = job == 2 ? "" : "; echo \(job) > /output/number"
                var arguments = site.running("echo job \(job)\(output)", on: lease)
                arguments.insert("--keep", at: try #require(arguments.firstIndex(of: "--")))
                if job != 2 {
                    arguments.insert(
                        contentsOf: ["--output", site.path("out-\(job)")],
                        at: try #require(arguments.firstIndex(of: "--")))
                }
                let outcome = try site.outcome(arguments)
                #expect(outcome.status == .exited(0) && outcome.text == "job \(job)\n", "\(outcome.errorLine)")
                if job == 2 {
                    let none = try site.outcome(
                        ["job", "output", lease, "--out", site.path("none")] + site.signing("buyer"))
                    #expect(none.errorLine.contains("there is no output"), "\(none.errorLine)")
                }
                let status = try site.inspect(lease)
                #expect(status.isOpenAgain && status.jobs == UInt64(job) && status.vouched == status.amount)
            }
            #expect(
                try Files.text(site.path("out-1/number")) == "1\n" && Files.text(site.path("out-3/number")) == "3\n")
            for job in 1...3 {
                #expect(try site.gcx("job", "logs", lease, "--job", "\(job)") == "job \(job)")
                let verified = try site.outcome(["job", "logs", lease, "--verify", "--job", "\(job)"])
                #expect(verified.text.hasPrefix("ok: "), "\(verified.text)\(verified.errorLine)")
                #expect(verified.text.contains("the final one is its end"), "\(verified.text)")
            }
            #expect(try site.gcx("job", "logs", lease) == "job 3")
            let none = try site.outcome(["job", "logs", lease, "--job", "4"])
            #expect(
                none.status != .exited(0) && none.errorLine.contains("there is no log of job 4"), "\(none.errorLine)")
            // What was signed of one job is not the log of another.
            let folder = site.path("agent/history/\(lease.dropFirst(2)).1.log")
            try ChildProcess("rm", ["-r", folder]).run()
            try ChildProcess("cp", ["-a", site.path("agent/history/\(lease.dropFirst(2)).2.log"), folder]).run()
            let other = try site.outcome(["job", "logs", lease, "--verify", "--job", "1"])
            #expect(other.status == .exited(1) && other.text.hasPrefix("differs: "), "\(other.text)")
            let events = try site.report(lease).events
            #expect(events.filter { $0.kind == .submitted }.count == 3)
            #expect(events.contains { $0.text.contains("job 2 of the lease begins") })
            try site.gcx("job", "cancel", lease)
            try expectSettled(lease, jobs: 3, at: site)
        }

        @Test("the agent killed between two jobs and in mid of the second goes on, and bills nothing twice")
        func killed() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            #expect(try site.outcome(site.running("\(Self.work); nosuch", on: lease)).status == .exited(127))
            let first = try site.receipts(lease)
            site.kill(.agent)
            try site.start(.agent)
            #expect(try site.inspect(lease).isOpenAgain && site.receipts(lease) == first)
            let buyer = try site.begin("\(Self.work); \(Self.work); \(Self.work); echo done", on: lease)
            try site.wait("a receipt of the second job", seconds: 30) { try site.receipts(lease).count > first.count }
            for _ in 0..<2 {
                site.kill(.agent)
                pause(for: .milliseconds(700))
                try site.start(.agent)
            }
            #expect(site.finish(buyer) == .exited(0))
            #expect(try Files.text(site.path("\(lease).out")).contains("done\n"))
            let receipts = try expectSettled(lease, jobs: 2, at: site)
            #expect(Array(receipts.prefix(first.count)) == first, "what was signed stays signed")
            #expect(receipts.compactMap(\.beginsJob) == [2])
            let used = try #require(receipts.last).usage
            // Two seconds of work and six, on one core; the time between is in neither.
            #expect(used.leaseNanoseconds < 16_000_000_000, "\(used)")
            #expect(used.coreNanoseconds <= used.leaseNanoseconds + 2_000_000_000, "\(used)")
        }

        @Test("the agent killed again and again while jobs begin loses none, and bills none twice")
        func killedAtStarts() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            for job in 1...3 {
                let last = job == 3
                let buyer = try site.begin(last ? "echo last" : "nosuch", on: lease)
                pause(for: .milliseconds(Int64.random(in: 200...900)))
                site.kill(.agent)
                try site.start(.agent)
                _ = site.finish(buyer)
                // Killed before it was handed in, it is handed in again.
                if try (site.inspect(lease).jobs ?? 0) < UInt64(job) {
                    _ = try site.outcome(site.running(last ? "echo last" : "nosuch", on: lease))
                }
                try site.wait("an end of job \(job)", seconds: 30) { try site.inspect(lease).exit != nil }
                if last, try site.inspect(lease).isOpenAgain { try site.gcx("job", "cancel", lease) }
            }
            try expectSettled(lease, jobs: 3, at: site)
        }

        @Test("a next job waits until the one before is paid for within the credit")
        func debts() throws {
            // What six seconds cost is above it, and nobody looks before the job has ended.
            let site = try Site(["offer.credit_limit_base_units": "50", "job.sample_milliseconds": "60000"])
            try site.open()
            let lease = try site.lease()
            // Nobody attends it, so nobody vouches.
            let buyer = try site.begin("sleep 6; nosuch", on: lease)
            try site.wait("the job's begin", seconds: 30) { try site.inspect(lease).phase == .running }
            site.abandon(buyer)
            try site.wait("the job's end", seconds: 30) {
                let status = try site.inspect(lease)
                return status.exit != nil || status.phase == .open
            }
            let status = try site.inspect(lease)
            try #require(status.isOpenAgain, "\(status)")
            #expect(status.atRisk > .zero)
            let refused = try site.outcome(site.running("echo no", on: lease))
            #expect(
                refused.status != .exited(0) && refused.errorLine.contains("so far come to"), "\(refused.errorLine)")
            #expect(try site.inspect(lease).jobs == 1)
            let attached = try site.outcome(
                ["job", "run", "--attach", "--lease", lease] + site.signing("buyer")
                    + ["--journal", site.path("\(lease).journal")])
            #expect(attached.status == .exited(127), "\(attached.errorLine)")
            let paid = try site.outcome(site.running("echo yes", on: lease))
            #expect(paid.status == .exited(0) && paid.text == "yes\n", "\(paid.errorLine)")
            try expectSettled(lease, jobs: 2, at: site)
        }

        /// The lease is closed, each receipt follows from the one before, and nobody has a unit too much or too little.
        @discardableResult
        private func expectSettled(_ lease: String, jobs: UInt64, at site: Site) throws -> [Receipt] {
            try site.wait("the lease's end", seconds: 30) { try site.inspect(lease).phase == .closed }
            let receipts = try site.receipts(lease)
            #expect(receipts.map(\.sequence) == (1...UInt64(receipts.count)).map { $0 })
            #expect(receipts.map(\.isFinal) == receipts.indices.map { $0 == receipts.count - 1 })
            #expect(receipts.flatMap(\.events).allSatisfy { !$0.contains("discontinuity") })
            try site.gcx("receipt", "verify", lease)
            let status = try site.inspect(lease)
            #expect(status.jobs == jobs && status.exit != nil)
            #expect(status.amount == receipts.last?.amount && status.claimed == status.amount)
            let owner = try site.account("owner")
            let buyer = try site.account("buyer")
            #expect(owner.balance == status.amount && owner.escrowed == .zero)
            #expect(buyer.balance.adding(status.amount) == Amount(100_000_000) && buyer.escrowed == .zero)
            site.stop(.agent)
            #expect(try site.traces().isEmpty)
            try site.gcx("ledger", "verify", "--database", site.path("ledger.sqlite"))
            return receipts
        }
    }
}
