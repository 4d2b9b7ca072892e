import GCXModel
import GCXSigning
import GCXWire

/// An agent's status as its owner reads it: what is well in a word, what is not with what to do.
struct AgentStatusText {
    let status: AgentStatus
    /// Unix seconds.
    let now: UInt64

    /// All lines but those of the jobs.
    var lines: [String] {
        // bounded: joins lists
        head + ledger + offer + grant + money + status.problems.map { "problem: \($0.shown)" } + place
    }

    private var standing: AgentStanding { status.standing ?? AgentStanding() }

    private var head: [String] {
        let name =
            "gcx \(status.version.shown), machine \(status.machine.checksummed), owner \(status.owner.checksummed)"
        let since = standing.startedAt.map { ["up since \(moment($0))"] } ?? []
        // bounded: joins lists
        return [name] + since + (standing.isWaiting == true ? [] : ["runtime: \(status.runtime.shown)"])
    }

    private var ledger: [String] {
        guard let outage = standing.ledgerAway else {
            return status.standing == nil || status.outboxPending == 0
                ? [] : ["entries waiting for the ledger: \(status.outboxPending)"]
        }
        let what = "no answer since \(moment(outage.since)): \(outage.reason.shown)"
        if standing.isWaiting == true {
            return [
                "ledger: \(what)",
                "  The agent waits for it, and looks after no lease before; jobs of an earlier life run on.",
                "  remedy: start the ledger (`gcx ledger serve`), or correct ledger.endpoint and restart the agent",
            ]
        }
        return [
            "ledger: \(what)",
            "  Jobs go on and are metered; nothing new is leased, and \(status.outboxPending) entries wait for it.",
            "  remedy: start the ledger (`gcx ledger serve`); the agent goes on by itself",
        ]
    }

    private var offer: [String] {
        var lines = ["offer: \(status.offer?.description ?? "none")"]
        if let measuring = standing.measuring {
            let length = measuring.seconds.map { ", which takes about \(Self.span($0))" } ?? ""
            lines.append("  The machine is being measured since \(moment(measuring.since))\(length).")
        }
        if let why = standing.notForSale { lines.append("  No buyer is sent to this machine: \(why.shown)") }
        return lines
    }

    private var grant: [String] {
        if let revoked = standing.grantRevokedAt {
            return [
                "grant: taken back by the owner at \(moment(revoked)); leases that run go on, and nothing else is sold",
                Self.newGrant,
            ]
        }
        guard let end = standing.grantEndsAt else { return [] }
        if end <= now { return ["grant: ended at \(moment(end)); nothing is sold", Self.newGrant] }
        let left = end - now  // bounded: compared above
        guard left < Self.soonSeconds else { return ["grant: until \(RFC3339.moment(end))"] }
        return ["grant: ends in \(Self.span(left)), at \(RFC3339.moment(end)); then nothing is sold", Self.newGrant]
    }

    private var money: [String] {
        let owing = status.jobs.filter { $0.atRisk > .zero }
        guard !owing.isEmpty else { return [] }
        let sum = owing.reduce(Amount.zero) { $0.adding($1.atRisk) ?? Amount(.max) }
        return [
            "at risk: \(Display.amount(sum)) metered and not vouched for, in \(owing.count) lease\(owing.count == 1 ? "" : "s")"
        ]
    }

    private var place: [String] {
        status.standing == nil ? ["The agent's leases and problems are shown to the machine's owner (root) alone."] : []
    }

    private func moment(_ time: UInt64) -> String {
        guard time <= now else { return RFC3339.moment(time) }
        return "\(RFC3339.moment(time)) (\(Self.span(now - time)) ago)"  // bounded: compared above
    }

    private static let newGrant =
        "  remedy: have the owner sign another with `gcx key grant`, put it where machine.grant says, and restart the agent"

    /// A grant that ends in less than a week needs its owner soon.
    static let soonSeconds: UInt64 = 604_800

    /// A time in its largest whole unit.
    static func span(_ seconds: UInt64) -> String {
        for (length, unit) in [(UInt64(86_400), "d"), (3_600, "h"), (60, "min")] where seconds >= length {
            return "\(seconds / length) \(unit)"  // bounded: no unit is 0
        }
        return "\(seconds) s"
    }
}
