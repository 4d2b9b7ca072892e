import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

@testable import gcx

extension WaitingLeases {
    @Suite("An agent and a ledger that outlive what happens around them")
    struct OutlivingTests {
        private func log(_ site: Site, _ process: Site.Process) -> String {
            (try? Files.text(site.path("\(process).log"))) ?? ""
        }

        private func hangUp(_ site: Site, _ process: Site.Process) throws {
            #expect(kill(try #require(site.processes[process]), SIGHUP) == 0)
        }

        private func change(_ site: Site, _ edit: (String) -> String) throws {
            try DurableFile.write(edit(try Files.text(site.configuration)).utf8, to: site.configuration, mode: 0o644)
        }

        @Test("SIGHUP ends neither: what can change changes, what cannot is named, and a bad file changes nothing")
        func hangUps() throws {
            let site = try Site()
            try site.open()
            // An unusable file first: everything wrong with it is said.
            try change(site) { $0.replacing("grace_seconds = 3", with: "grace_seconds = -3\nvalid_secondz = 60") }
            try hangUp(site, .agent)
            try site.wait("the refusal", seconds: 10) {
                let log = log(site, .agent)
                return log.contains("the configuration is as it was") && log.contains("valid_seconds")
                    && log.contains("offer.grace_seconds")
            }
            #expect(try site.outcome(["agent", "status"]).status == .exited(0))
            try change(site) {
                $0.replacing("grace_seconds = -3\nvalid_secondz = 60", with: "grace_seconds = 4")
                    .replacing("sample_milliseconds = 200", with: "sample_milliseconds = 300")
            }
            try hangUp(site, .agent)
            try site.wait("the new configuration", seconds: 10) {
                log(site, .agent).contains("changed=offer.grace_seconds")
            }
            try site.wait("the key that waits", seconds: 10) {
                try site.gcx("agent", "status").contains("job.sample_milliseconds: the new value needs a restart")
            }
            try site.wait("another offer", seconds: 30) {
                try site.json([OfferRecord].self, "offer", "list").contains { $0.document.graceSeconds == 4 }
            }
            try hangUp(site, .ledger)
            try site.wait("the ledger's word", seconds: 10) { log(site, .ledger).contains("configuration read again") }
            #expect(try site.outcome(["ledger", "head"]).status == .exited(0))
        }

        @Test("an agent waits for its ledger, says so, goes on when it comes, and says when it is away again")
        func waits() throws {
            let site = try Site()
            try site.start(.ledger)
            try site.grant()
            site.stop(.ledger)
            try site.start(.agent)
            let waiting = try site.json(AgentStatus.self, "agent", "status")
            #expect(waiting.standing?.isWaiting == true && waiting.standing?.ledgerAway != nil)
            let text = try site.gcx("agent", "status")
            #expect(text.contains("The agent waits for it") && text.contains("gcx ledger serve"), "\(text)")
            #expect(log(site, .agent).contains("waiting for the ledger"))
            // A stop in the middle of a wait ends it at once.
            let start = BootClock.now()
            let pid = try #require(site.processes[.agent])
            site.stop(.agent)
            #expect(BootClock.now() - start < 5_000_000_000, "process \(pid)")
            try site.start(.agent)
            try site.start(.ledger)
            try site.wait("an offer", seconds: 30) { try site.gcx("offer", "list").contains("0x") }
            #expect(log(site, .agent).contains("ledger is there"))
            site.stop(.ledger)
            try site.wait("the outage in the status", seconds: 30) {
                let status = try site.json(AgentStatus.self, "agent", "status")
                return status.standing?.ledgerAway != nil && status.standing?.isWaiting != true
            }
            #expect(try site.gcx("agent", "status").contains("Jobs go on and are metered"))
            try site.start(.ledger)
            try site.wait("the end of the outage", seconds: 30) {
                try site.json(AgentStatus.self, "agent", "status").standing?.ledgerAway == nil
            }
        }

        @Test(
            "an agent with prices in its ledger's currency waits for the first word of that ledger, and for no second one"
        )
        func currency() throws {
            let site = try Site(["price.core_hour_base_units": "\"0.04TEST\""])
            try site.start(.ledger)
            try site.grant()
            site.stop(.ledger)
            try site.start(.agent)
            #expect(try site.json(AgentStatus.self, "agent", "status").standing?.isWaiting == true)
            try site.start(.ledger)
            try site.wait("an offer", seconds: 30) {
                try site.json([OfferRecord].self, "offer", "list").contains { $0.document.rates.coreHour == 40_000_000 }
            }
            site.stop(.agent)
            site.stop(.ledger)
            try site.start(.agent)
            let status = try site.json(AgentStatus.self, "agent", "status")
            #expect(status.standing?.isWaiting != true && status.runtime != "-", "\(status)")
            // A file that is read again is priced without it, too.
            try change(site) { $0.replacing("0.04TEST", with: "0.05TEST") }
            try hangUp(site, .agent)
            try site.wait("the reload", seconds: 10) {
                log(site, .agent).contains("changed=price.core_hour_base_units")
            }
            try site.start(.ledger)
            try site.wait("the new price", seconds: 30) {
                try site.json([OfferRecord].self, "offer", "list").contains { $0.document.rates.coreHour == 50_000_000 }
            }
        }
    }
}

@Suite("The status of an agent as its owner reads it")
struct AgentStatusTextTests {
    private let now: UInt64 = 1_800_000_000

    private func text(_ edit: (inout AgentStanding) -> Void) -> String {
        var standing = AgentStanding()
        edit(&standing)
        let nobody = Address(checkedBytes: [UInt8](repeating: 1, count: 20))
        let status = AgentStatus(
            version: "1", machine: nobody, owner: nobody, offer: nil, runtime: "crun", cgroupLayout: "v2", jobs: [],
            outboxPending: 2, problems: ["offer: broken"], standing: standing)
        return AgentStatusText(status: status, now: now).fields.text(width: nil)
    }

    @Test("a grant that ends is said a week before, with what to do; one that lasts only when; one that is gone loudly")
    func grant() {
        let remedy = "have the owner sign another with `gcx key grant`"
        #expect(!text { $0.grantEndsAt = now + AgentStatusText.soonSeconds }.contains(remedy))
        let soon = text { $0.grantEndsAt = now + 3 * 86_400 + 5 }
        #expect(soon.contains("ends in 3 d") && soon.contains(remedy), "\(soon)")
        #expect(text { $0.grantEndsAt = now }.contains("grant    ended at"))
        let revoked = text { ($0.grantRevokedAt, $0.grantEndsAt) = (now - 60, now + 5) }
        #expect(revoked.contains("taken back by the owner") && revoked.contains(remedy))
    }

    @Test("a measurement, an outage and a machine that is not for sale are said with their times and what follows")
    func states() {
        let measuring = text { $0.measuring = .init(since: now - 4, seconds: 6) }
        #expect(measuring.contains("(4 s ago), which takes about 6 s"), "\(measuring)")
        let away = text { $0.ledgerAway = .init(since: now - 7_200, reason: "nobody listens there") }
        #expect(away.contains("(2 h ago): nobody listens there") && away.contains("2 entries wait for it"), "\(away)")
        #expect(
            text { $0.notForSale = "the offer is over" }.contains("No buyer is sent to this machine: the offer is over")
        )
        #expect(text { _ in }.contains("problem  offer: broken"))
    }
}
