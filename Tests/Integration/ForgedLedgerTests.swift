import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import Senders
import Testing

extension WholeLeases {
    /// Files of ledgers that hold what no ledger takes today.
    @Suite("A ledger's file of another time, or of somebody evil")
    struct ForgedLedgerTests {
        /// Sets a window's title, clears the screen, writes from right to left.
        private static let evil = Untrusted("gcx-evil\u{1B}]0;x\u{7}\u{1B}[2J\u{9B}31m\u{202E}\nline")

        private static func key(_ site: Site, _ name: String) throws -> PrivateKey {
            try KeystoreFile.unlock(site.path("\(name).json"), password: "a word for a test")
        }

        private static var now: UInt64 { WallClock.now() / 1_000_000_000 }

        /// What `gcx` says on a terminal, and what is wrong with how it ended.
        private static func onTerminal(_ arguments: [String], at site: Site) throws -> Answer {
            var answer = try SenderClient(
                environment: site.environment, directory: site.directory, log: site.path("client.out")
            ).run(ClientRun(arguments, isOnTerminal: true))
            let obeyed = TerminalTests.obeyed(answer.text)
            if !obeyed.isEmpty { answer.wrong.append("the terminal got \(obeyed)") }
            return answer
        }

        /// A market in which every text is evil, as a buyer, an owner and a machine would sign it.
        private struct Market {
            let owner = PrivateKey.generate()
            let machine = PrivateKey.generate()
            let payer = PrivateKey.generate()
            var offer = Digest.zero
            var demand = Digest.zero
            var lease = Digest.zero

            init(in ledger: inout ForgedLedger, operator key: PrivateKey, at now: UInt64) throws {
                let domain = ledger.domain
                let facts = [Fact(name: evil, value: 1, unit: evil, level: .measured, measuredAt: now)]
                let grant = Signed(
                    MachineGrant(
                        owner: owner.address, machine: machine.address, label: evil, issuedAt: now,
                        expiresAt: now + 86_400, nonce: .random()), by: owner, in: domain)
                let record = Signed(
                    AttestationRecord(
                        machine: machine.address, inventory: .random(), measuredAt: now, kernelVersion: evil,
                        facts: facts, contradictions: [evil], referenceTable: .zero, samples: .random()), by: machine,
                    in: domain)
                // Dearer than any demand of the test, so that nobody buys there.
                let rates = Rates(
                    leaseHour: 1_000_000_000, coreHour: 1, memoryGiBHour: 1, gpuHour: 0, storageGiBHour: 1, egressGiB: 1
                )
                let offered = Offer(
                    offerID: .random(), revision: 1, owner: owner.address, machine: machine.address,
                    grant: grant.digest(in: domain), issuedAt: now, expiresAt: now + 7_200, availableFrom: now - 60,
                    availableUntil: now + 86_400, leaseSecondsMin: 1, leaseSecondsMax: 86_400, receiptSeconds: 5,
                    graceSeconds: 30, closeWindowSeconds: 10, creditLimit: 100, region: evil, isolation: .container,
                    capacity: Resources(cores: 64, memoryBytes: 1 << 40, storageBytes: 1 << 40, gpus: 0), rates: rates,
                    facts: facts, attestation: record.digest(in: domain), referenceTable: .zero, allow: [], deny: [])
                let offer = Signed(offered, by: machine, in: domain)
                let wanted = Demand(
                    demandID: .random(), revision: 1, buyer: payer.address, issuedAt: now, expiresAt: now + 3_600,
                    startsFrom: now - 60, startsUntil: now + 3_600, durationSeconds: 600,
                    resources: Resources(cores: 1, memoryBytes: 64 << 20, storageBytes: 32 << 20, gpus: 0),
                    constraints: [Constraint(fact: evil, minimum: 0, maximum: 1, levelMin: .measured)],
                    hourlyMax: 90_000_000, budget: 3_000_000, regions: [evil], isolationMin: .container, allow: [],
                    deny: [])
                let demand = Signed(wanted, by: payer, in: domain)
                (self.offer, self.demand) = (offer.digest(in: domain), demand.digest(in: domain))
                let money = FaucetGrant(account: payer.address, amount: 1_000, nonce: .random())
                for entry in [
                    Entry.grant(grant), .attestation(record), .offer(offer), .demand(demand),
                    .faucet(Signed(money, by: key, in: domain)),
                ] { try ledger.append(entry) }
                try trade(offered, in: &ledger, at: now)
            }

            private mutating func trade(_ sold: Offer, in ledger: inout ForgedLedger, at now: UInt64) throws {
                let domain = ledger.domain
                let terms = LeaseTerms(
                    offer: offer, demand: demand, payer: payer.address, payee: owner.address, machine: machine.address,
                    session: payer.address,
                    resources: Resources(cores: 1, memoryBytes: 64 << 20, storageBytes: 32 << 20, gpus: 0),
                    rates: sold.rates, startsAt: now, endsAt: now + 600, deposit: 10, burst: 10, hourlyCap: 10,
                    closeWindowSeconds: sold.closeWindowSeconds, receiptSeconds: sold.receiptSeconds,
                    creditLimit: sold.creditLimit, graceSeconds: sold.graceSeconds, salt: .random())
                let signed = CountersignedTerms(terms, payer: payer, machine: machine, in: domain)
                lease = signed.lease(in: domain)
                let close = CloseRequest(channel: lease, requester: owner.address, requestedAt: now)
                let rating = Rating(
                    lease: lease, rater: payer.address, ratee: owner.address, stars: 5, comment: evil, ratedAt: now)
                for entry in [
                    Entry.leaseOpened(signed),
                    .claim(Signed(Voucher(channel: lease, cumulative: 1, receipt: .random()), by: payer, in: domain)),
                    .closeRequest(Signed(close, by: owner, in: domain)),
                    .rating(Signed(rating, by: payer, in: domain)),
                ] { try ledger.append(entry) }
            }
        }

        @Test(
            "one that holds control characters in every text is served, sold from and verified, and shows them harmlessly",
            arguments: [LedgerCharter.Format.withoutCharter, .ofOperator])
        func texts(format: LedgerCharter.Format) throws {
            let site = try Site()
            let key = try Self.key(site, "operator")
            var ledger = try ForgedLedger(
                at: site.path("ledger.sqlite"), operator: key, format: format, time: Self.now)
            let market = try Market(in: &ledger, operator: key, at: Self.now)
            try ledger.close()
            try site.open()
            let own = try site.demand()
            let commands = [
                ["offer", "list"], ["offer", "show", "\(market.offer)"], ["demand", "list"],
                ["demand", "match", own, "--explain"], ["demand", "match", "\(market.demand)", "--explain"],
                ["lease", "show", "\(market.lease)"], ["lease", "list", market.owner.address.description],
                ["rating", "show", market.owner.address.description], ["ledger", "entries"],
                ["ledger", "entries", "--json"], ["offer", "show", "\(market.offer)", "--json"],
                ["ledger", "verify", "--database", site.path("ledger.sqlite")], ["agent", "status"],
            ]
            var seen = 0
            for command in commands {
                let answer = try Self.onTerminal(command, at: site)
                // Nothing serves a demand whose words nobody's offer has.
                let status = command.contains("\(market.demand)") ? 78 : 0
                #expect(answer.wrong.isEmpty && answer.status == status, "\(command): \(answer)")
                if answer.text.contains("gcx-evil") { seen += 1 }
            }
            #expect(seen >= 5, "the texts are there to be seen")
            for command in [["ledger", "verify", "--database", site.path("ledger.sqlite")], ["ledger", "identity"]] {
                let said = try site.outcome(command).text
                #expect(said.contains("what was signed for it is good on every ledger of this operator"), "\(said)")
            }
            let lease = try site.lease()
            #expect(try site.outcome(site.running("echo hello", on: lease)).text == "hello\n")
            for log in ["agent.log", "ledger.log"] {
                #expect(TerminalTests.obeyed(try Files.text(site.path(log))).isEmpty, "\(log)")
            }
        }

        @Test("one of today's format that holds control characters is refused, with words that are harmless")
        func textsOfToday() throws {
            let site = try Site()
            let key = try Self.key(site, "operator")
            var ledger = try ForgedLedger(
                at: site.path("ledger.sqlite"), operator: key, format: .current, time: Self.now)
            _ = try Market(in: &ledger, operator: key, at: Self.now)
            try ledger.close()
            try Self.expectRefused("control characters", site)
        }

        private static let most = UInt64.max

        /// Rows that no ledger writes: each is well hashed and signed.
        private static let rows: [(name: String, rows: @Sendable (inout ForgedLedger, PrivateKey) throws -> Void)] = [
            ("an entry that is no JSON", { ledger, _ in try ledger.append([0x1B, 0x5B, 0x32, 0x4A, 0xFF], key: "x") }),
            (
                "an entry of a kind that nobody knows",
                { ledger, _ in
                    try ledger.append(Array(#"{"body":{},"kind":"\u001b]0;gcx-evil\u0007\u202e"}"#.utf8), key: "x")
                }
            ),
            (
                "a field that nobody knows",
                { ledger, _ in
                    try ledger.append(Array("{\"\(evilText)\":1}".utf8), key: "x")
                    try ledger.append(Array(#"{"\u001b[2J\u009b":1}"#.utf8), key: "y")
                }
            ),
            (
                "100,000 brackets",
                { ledger, _ in try ledger.append([UInt8](repeating: 0x5B, count: 100_000), key: "x") }
            ),
            (
                "a key that a terminal obeys",
                { ledger, key in
                    let entry = Entry.faucet(
                        Signed(FaucetGrant(account: .random(), amount: 1, nonce: .random()), by: key, in: ledger.domain)
                    )
                    try ledger.append(PostedEntry.canonicalJSON(entry), key: evilText)
                }
            ),
            (
                "all the money there is, twice, at the end of time",
                { ledger, key in
                    let account = PrivateKey.generate().address
                    for _ in 0..<2 {
                        let grant = FaucetGrant(account: account, amount: Amount(.max), nonce: .random())
                        try ledger.append(.faucet(Signed(grant, by: key, in: ledger.domain)), at: UInt64(Int64.max))
                    }
                }
            ),
            (
                "documents of the largest numbers",
                { ledger, key in
                    let machine = MachineGrant(
                        owner: key.address, machine: .random(), label: "", issuedAt: most, expiresAt: most,
                        nonce: .random())
                    try ledger.append(.grant(Signed(machine, by: key, in: ledger.domain)))
                    let demand = Demand(
                        demandID: .random(), revision: most, buyer: key.address, issuedAt: most, expiresAt: most,
                        startsFrom: most, startsUntil: most, durationSeconds: most,
                        resources: Resources(cores: .max, memoryBytes: most, storageBytes: most, gpus: .max),
                        constraints: [], hourlyMax: Amount(.max), budget: Amount(.max), regions: [],
                        isolationMin: .container, allow: [], deny: [])
                    try ledger.append(.demand(Signed(demand, by: key, in: ledger.domain)))
                    let voucher = Voucher(channel: .random(), cumulative: Amount(.max), receipt: .random())
                    try ledger.append(.claim(Signed(voucher, by: key, in: ledger.domain)))
                    try ledger.append(.finalize(.random()))
                }
            ),
        ]
        private static let evilText = "gcx-evil\u{1B}]0;x\u{7}\u{1B}[2J\u{9B}31m\u{202E}"

        /// Runs what an owner runs on a file: both end by themselves, with words that a terminal only shows.
        private static func expectRefused(
            _ name: String, _ site: Site, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            for (command, words) in [
                (["ledger", "verify", "--database", site.path("ledger.sqlite")], ["problem: ", "error: "]),
                (
                    ["ledger", "verify", "--json", "--database", site.path("ledger.sqlite")],
                    ["\"problems\"", "{\"error\":"]
                ),
                (["ledger", "serve", "--config", site.configuration], ["error: "]),
            ] {
                let answer = try onTerminal(command, at: site)
                #expect(
                    answer.wrong.isEmpty && [65, 75, 78].contains(answer.status)
                        && words.contains { answer.text.contains($0) },
                    "\(name), \(command[1]): \(answer)", sourceLocation: sourceLocation)
            }
        }

        @Test("one of rows that no ledger writes is refused by name, by verify and by serve")
        func evilRows() throws {
            let site = try Site()
            let key = try Self.key(site, "operator")
            for (name, rows) in Self.rows {
                var ledger = try ForgedLedger(
                    at: site.path("ledger.sqlite"), operator: key, format: .current, time: Self.now)
                try rows(&ledger, key)
                try ledger.close()
                try Self.expectRefused(name, site)
                try Self.clear(site)
            }
        }

        private static func clear(_ site: Site) throws {
            for name in try Files.names(in: site.directory) where name.hasPrefix("ledger.sqlite") {
                try Files.remove(site.path(name))
            }
        }

        static let lacks = ["python3"].first { ChildProcess.find($0) == nil }

        private static let changes = [
            "UPDATE meta SET value = char(27) || ']0;gcx-evil' || char(7, 8238) WHERE name = 'format'",
            "UPDATE meta SET value = char(27) || '[2J' WHERE name = 'operator'",
            "UPDATE meta SET value = char(27) || '[2J' WHERE name = 'is_test_network'", "DELETE FROM meta",
            "UPDATE journal SET posted_at_seconds = -9223372036854775808",
            "UPDATE journal SET position = 9223372036854775807 WHERE position = 1",
            "UPDATE journal SET position = -1 WHERE position = 1",
            "UPDATE journal SET previous_hash = zeroblob(0), entry_hash = zeroblob(1000000), leaf_hash = zeroblob(31)",
            "UPDATE journal SET entry = zeroblob(100000000) WHERE position = 1",
            "UPDATE heads SET size = -9223372036854775808, signature = zeroblob(0) WHERE size = 2",
            "UPDATE heads SET size = 9223372036854775807 WHERE size = 1",
            "UPDATE heads SET timestamp_seconds = -1, root = zeroblob(0), chain = zeroblob(1000000)",
            "DELETE FROM heads", "DROP TABLE heads", "DROP TABLE journal",
            "ALTER TABLE journal RENAME COLUMN entry TO other",
            "CREATE TRIGGER evil AFTER INSERT ON journal BEGIN DELETE FROM journal; END; DELETE FROM journal",
        ]

        @Test(
            "one that was changed by hand is refused, whatever stands in its columns",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func columns() throws {
            let site = try Site()
            let key = try Self.key(site, "operator")
            let change = """
                import sqlite3, sys
                db = sqlite3.connect(sys.argv[1])
                db.execute("PRAGMA ignore_check_constraints = ON")
                db.executescript(sys.argv[2])
                db.close()
                """
            for sql in Self.changes {
                try Self.clear(site)
                var ledger = try ForgedLedger(
                    at: site.path("ledger.sqlite"), operator: key, format: .current, time: Self.now)
                for _ in 0..<2 {
                    let grant = FaucetGrant(account: .random(), amount: 1, nonce: .random())
                    try ledger.append(.faucet(Signed(grant, by: key, in: ledger.domain)))
                }
                try ledger.close()
                try ChildProcess("python3", ["-c", change, site.path("ledger.sqlite"), sql]).run()
                try Self.expectRefused(sql, site)
            }
        }

        @Test("one that is cut off, scribbled over or something else is refused")
        func damaged() throws {
            let site = try Site()
            let key = try Self.key(site, "operator")
            var ledger = try ForgedLedger(
                at: site.path("ledger.sqlite"), operator: key, format: .current, time: Self.now)
            for _ in 0..<20 {
                let grant = FaucetGrant(account: .random(), amount: 1, nonce: .random())
                try ledger.append(.faucet(Signed(grant, by: key, in: ledger.domain)))
            }
            try ledger.close()
            let whole = try Files.bytes(site.path("ledger.sqlite"))
            var scribbled = whole
            for place in stride(from: 100, to: whole.count, by: 101) { scribbled[place] ^= 0x5A }
            var named = whole
            // The names of tables and columns, as SQLite itself would quote them.
            for place in named.ranges(of: Array("journal".utf8)) {
                named.replaceSubrange(place, with: [0x1B, 0x5B, 0x32, 0x4A, 0x1B, 0x5B, 0x6D])
            }
            for (name, bytes) in [
                ("cut off in the middle", Array(whole.prefix(whole.count / 2))), ("scribbled over", scribbled),
                ("with other names of tables", named), ("a page of it", Array(whole.prefix(4_096))),
                ("its head", Array(whole.prefix(100))), ("a text", Array(Self.evilText.utf8)),
                ("as long as a page, and nothing", [UInt8](repeating: 0, count: 4_096)),
            ] {
                try Self.clear(site)
                try DurableFile.write(bytes, to: site.path("ledger.sqlite"))
                try Self.expectRefused(name, site)
            }
        }
    }
}
