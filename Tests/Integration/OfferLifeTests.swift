import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Testing

extension WaitingLeases {
    /// Offers end with their agent, and leases pay for what they hold.
    @Suite("The life of an offer")
    struct OfferLifeTests {
        @Test("a lease that nobody uses ends by itself, its owner is paid for the time, and the machine is free again")
        func unused() throws {
            let site = try Site(["offer.idle_seconds": "3", "price.reservation_percent": "10"])
            try site.open()
            let offer = try #require(try site.json([OfferRecord].self, "offer", "list").first)
            let cores = offer.document.capacity.cores
            let demand = try site.demand(cores: "\(cores)")
            let opened = try site.outcome(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            let lease = try #require(opened.text.split(separator: "\n").first.map(String.init))
            #expect(opened.errorText.contains("ended after 3 s without a job"), "\(opened.errorText)")
            try site.wait("the lease's end", seconds: 20) {
                try site.json(LeaseRecord.self, "lease", "show", lease).escrow.isClosed
            }
            let record = try site.json(LeaseRecord.self, "lease", "show", lease)
            let hourly = try #require(record.reservationHour)
            guard case .closed(let settled, _, let closedAt) = record.escrow else { return }
            let seconds = UInt128(closedAt - record.openedAt)
            #expect((3...10).contains(seconds))
            #expect(settled.value == hourly.value * seconds / 3_600)
            #expect(settled > Amount(UInt128(cores) * 4_000_000 * 3 / 3_600))
            #expect(try site.account("owner").balance == settled)
            let job = try site.inspect(lease)
            #expect(job.claimed == settled)
            #expect(job.note.shown.contains("no job for 3 s"), "\(job.note.shown)")
            // The whole machine again.
            let next = try site.demand(cores: "\(cores)")
            let again = try site.outcome(["lease", "open"] + site.signing("buyer") + ["--demand", next])
            #expect(again.status == .exited(0), "\(again.errorText)")
        }

        @Test("an offer is not listed from the moment its agent stops, and is again when it is back")
        func stop() throws {
            let site = try Site()
            try site.open()
            #expect(try site.isListed)
            site.stop(.agent)
            #expect(try !site.isListed)
            try site.start(.agent)
            try site.wait("the offer", seconds: 20) { try site.isListed }
        }

        @Test("an offer whose agent died is not listed after the time that it says; one that lives stays")
        func kill() throws {
            let site = try Site(["offer.sign_seconds": "3"])
            try site.open()
            let deadline = BootClock.now() + 6_000_000_000
            while BootClock.now() < deadline {
                #expect(try site.isListed)
                pause(for: .milliseconds(300))
            }
            site.kill(.agent)
            #expect(try site.isListed)
            try site.wait("the end of the offer", seconds: 8) { try !site.isListed }
            let shown = try site.gcx("offer", "list", "--all")
            #expect(shown.contains("0x"))
            try site.start(.agent)
            try site.wait("the offer", seconds: 20) { try site.isListed }
        }

        @Test("an offer that was taken back is said to be unlisted, by the agent and by the doctor")
        func withdrawn() throws {
            let site = try Site(["offer.sign_seconds": "3"])
            try site.open()
            let offer = try #require(try site.json([OfferRecord].self, "offer", "list").first)
            let doctor = ["doctor", "--config", site.configuration]
            #expect(try site.outcome(doctor).text.contains("ok    offer: \(offer.digest.short) is listed"))
            _ = try site.outcome(["offer", "withdraw"] + site.signing("owner") + ["\(offer.digest)"])
            try site.wait("the agent's word", seconds: 10) {
                try site.gcx("agent", "status").contains("is not listed, or soon will not be")
            }
            let outcome = try site.outcome(doctor)
            #expect(outcome.status == .exited(78))
            #expect(outcome.text.contains("FAIL  offer: \(offer.digest.short) is not listed"), "\(outcome.text)")
        }

        @Test(
            "of two machines on one ledger the lease is made with the right one, and with the wrong one nothing is signed"
        )
        func two() throws {
            let (site, other) = try Self.sites()
            let offers = try site.json([OfferRecord].self, "offer", "list")
            let wanted = try #require(offers.first { $0.document.machine == other.machine })
            #expect(offers.count == 2)
            let demand = try site.demand()
            let arguments =
                ["lease", "open"] + site.signing("buyer") + ["--demand", demand, "--offer", "\(wanted.digest)"]
            // GCX_AGENT names the first one.
            let wrong = try site.outcome(arguments)
            #expect(wrong.status != .exited(0))
            #expect(wrong.errorText.contains("nothing was signed") && wrong.errorText.contains(other.agentEndpoint))
            #expect(try site.account("buyer").escrowed == .zero)
            #expect(try other.jobs().isEmpty && site.jobs().isEmpty)

            let right = try site.unnamed(arguments)
            #expect(right.status == .exited(0), "\(right.errorText)")
            let lease = try #require(right.text.split(separator: "\n").first.map(String.init))
            #expect(try other.jobs().map { "\($0.lease)" } == [lease])
            let ran = try site.unnamed(site.running("echo here", on: lease))
            #expect(ran.status == .exited(0) && ran.text.contains("here"), "\(ran.errorText)")

            // Nobody answers for a machine whose agent is away.
            other.stop(.agent)
            let next = try site.demand()
            let away = try site.unnamed(
                ["lease", "open"] + site.signing("buyer") + ["--demand", next, "--offer", "\(wanted.digest)"])
            #expect(away.status != .exited(0))
        }

        /// Two machines of two owners, the second on the ledger of the first.
        private static func sites() throws -> (Site, Site) {
            let site = try Site()
            try site.open()
            let other = try Site(["ledger.endpoint": "\"unix:\(site.path("ledger.sock"))\""])
            let granted = try other.outcome(
                ["key", "grant"] + other.signing("owner") + [
                    "--machine", other.addresses["machine", default: ""], "--ledger",
                    "unix:\(site.path("ledger.sock"))", "--days", "1", "--out", other.path("grant.json"),
                ])
            #expect(granted.status == .exited(0), "\(granted.errorText)")
            try other.start(.agent)
            try site.wait("both offers", seconds: 30) { try site.json([OfferRecord].self, "offer", "list").count == 2 }
            return (site, other)
        }
    }
}

extension Site {
    fileprivate var isListed: Bool {
        get throws { try !json([OfferRecord].self, "offer", "list").isEmpty }
    }

    fileprivate var machine: Address? { addresses["machine"].flatMap { try? Address(checksummed: $0) } }

    /// Runs a command that is not told which agent to ask.
    fileprivate func unnamed(_ arguments: [String]) throws -> ChildProcess.Outcome {
        try ChildProcess(
            Gcx.program, arguments, environment: environment.filter { $0.key != "GCX_AGENT" },
            workingDirectory: directory, timeout: .seconds(60)
        ).outcome()
    }
}

extension ChildProcess.Outcome {
    /// All that it complained about.
    fileprivate var errorText: String { String(decoding: error, as: UTF8.self) }
}
