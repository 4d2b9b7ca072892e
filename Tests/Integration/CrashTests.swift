import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Testing

extension WholeLeases {
    /// Power cuts, at the worst moments.
    @Suite("After a crash")
    struct CrashTests {
        /// About ten seconds of work, a line for each second.
        static let work = """
            for i in $(seq 1 8); do end=$(( $(date +%s) + 1 )); while [ $(date +%s) -lt $end ]; do
            sha256sum /bin/busybox >/dev/null; done; echo "line $i"; done
            """

        @Test(
            "the agent killed in mid-job finds the same job again; no receipt is lost or repeated, and the sums agree")
        func agentKilled() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin(Self.work, on: lease)
            try site.wait("a second receipt", seconds: 30) { try site.receipts(lease).count >= 2 }
            let before = try site.receipts(lease)
            let job = try site.jobIdentity(lease)
            for _ in 0..<2 {
                site.kill(.agent)
                pause(for: .milliseconds(700))
                #expect(try site.jobIdentity(lease) == job, "the job goes on without the agent")
                try site.start(.agent)
                #expect(try site.jobIdentity(lease) == job)
            }
            #expect(site.finish(buyer) == .exited(0))
            let checks = LogChecks(site: site, lease: lease)
            try checks.read()
            try checks.verify()
            let after = try expectSettled(lease, at: site)
            #expect(Array(after.prefix(before.count)) == before, "what was signed stays signed")
            let log = try Files.text(site.path("\(lease).out")).split(separator: "\n").filter { $0.hasPrefix("line") }
            #expect(log == (1...8).map { "line \($0)" }, "every line came once")
        }

        @Test(
            "the agent killed, and started again while its ledger is away, goes on with the job: receipts, vouchers, money"
        )
        func agentWithoutLedger() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin(Self.work, on: lease)
            try site.wait("a second receipt", seconds: 30) { try site.receipts(lease).count >= 2 }
            let job = try site.jobIdentity(lease)
            site.kill(.ledger)
            site.kill(.agent)
            try site.start(.agent)
            #expect(try site.jobIdentity(lease) == job)
            let before = try site.inspect(lease)
            try site.wait("receipts and vouchers without a ledger", seconds: 20) {
                let now = try site.inspect(lease)
                return now.receipts >= before.receipts + 2 && now.vouched > before.amount
            }
            let mine = try site.outcome(["job", "list"] + site.signing("buyer"))
            #expect(mine.status == .exited(0) && mine.text.contains("running"), "\(mine.text) \(mine.errorLine)")
            #expect(try site.gcx("agent", "status").contains("Jobs go on and are metered"))
            try site.wait("the job's end", seconds: 30) { try site.inspect(lease).exit != nil }
            #expect(try site.gcx("job", "logs", lease).contains("line 8"))
            try site.start(.ledger)
            #expect(site.finish(buyer) == .exited(0))
            try expectSettled(lease, at: site)
        }

        @Test("the ledger killed in mid-claim, again and again, has every claim once, and the sums agree")
        func ledgerKilled() throws {
            // A claim for nearly every receipt.
            let site = try Site()
            try site.open()
            let lease = try site.lease(seconds: "30", budget: "400000")
            let buyer = try site.begin(Self.work, on: lease)
            try site.wait("a first receipt", seconds: 30) { try !site.receipts(lease).isEmpty }
            var kills = 0
            while try site.inspect(lease).exit == nil {
                site.kill(.ledger)
                try site.start(.ledger)
                kills += 1
                pause(for: .milliseconds(Int64.random(in: 50...600)))
            }
            #expect(kills >= 3)
            #expect(site.finish(buyer) == .exited(0))
            try expectSettled(lease, at: site)
        }

        /// The lease is closed, each receipt follows from the one before, and nobody has a unit too much or too little.
        ///
        /// - Returns: the receipts.
        @discardableResult
        private func expectSettled(_ lease: String, at site: Site) throws -> [Receipt] {
            try site.wait("the lease's end", seconds: 30) { try site.inspect(lease).phase == .closed }
            let receipts = try site.receipts(lease)
            #expect(receipts.map(\.sequence) == (1...UInt64(receipts.count)).map { $0 })
            #expect(receipts.map(\.isFinal) == receipts.indices.map { $0 == receipts.count - 1 })
            try site.gcx("receipt", "verify", lease)
            let status = try site.inspect(lease)
            #expect(status.exit == .exited(code: 0))
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
