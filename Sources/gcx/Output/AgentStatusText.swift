import GCXModel
import GCXSigning
import GCXWire

/// An agent's status as its owner reads it: what is well in a word, what is not with what to do.
struct AgentStatusText {
    let status: AgentStatus
    /// Unix seconds.
    let now: UInt64

    /// All but the jobs.
    var fields: TextFields {
        var fields = TextFields()
        addHead(&fields)
        addLedger(&fields)
        addOffer(&fields)
        addGrant(&fields)
        addMoney(&fields)
        for problem in status.problems { fields.add("problem", problem.shown) }
        if status.standing == nil {
            fields.add("", "The agent's leases and problems are shown to the machine's owner (root) alone.")
        }
        return fields
    }

    private var standing: AgentStanding { status.standing ?? AgentStanding() }

    private func addHead(_ fields: inout TextFields) {
        fields.add("agent", "gcx \(status.version.shown)")
        fields.add("machine", status.machine.checksummed)
        fields.add("owner", status.owner.checksummed)
        fields.add("up since", standing.startedAt.map(moment))
        if standing.isWaiting != true { fields.add("runtime", status.runtime.shown) }
    }

    private func addLedger(_ fields: inout TextFields) {
        guard let outage = standing.ledgerAway else {
            if status.standing != nil, status.outboxPending > 0 {
                fields.add(
                    "ledger",
                    "\(NumberText.count(status.outboxPending, "entry", one: "waits", many: "wait")) for it")
            }
            return
        }
        fields.add("ledger", "no answer since \(moment(outage.since)): \(outage.reason.shown)")
        if standing.isWaiting == true {
            fields.add("", "The agent waits for it, and looks after no lease before; jobs of an earlier life run on.")
            let remedy = "start the ledger (`gcx ledger serve`), or correct ledger.endpoint and restart the agent"
            return fields.add("", "remedy: \(remedy)")
        }
        let waiting = NumberText.count(status.outboxPending, "entry", one: "waits", many: "wait")
        fields.add("", "Jobs go on and are metered; nothing new is leased, and \(waiting) for it.")
        fields.add("", "remedy: start the ledger (`gcx ledger serve`); the agent goes on by itself")
    }

    private func addOffer(_ fields: inout TextFields) {
        fields.add("offer", status.offer?.description ?? "none")
        if let measuring = standing.measuring {
            let length = measuring.seconds.map { ", which takes about \(Display.span($0))" } ?? ""
            fields.add("", "The machine is being measured since \(moment(measuring.since))\(length).")
        }
        fields.add("", standing.notForSale.map { "No buyer is sent to this machine: \($0.shown)" })
    }

    private func addGrant(_ fields: inout TextFields) {
        if let revoked = standing.grantRevokedAt {
            fields.add(
                "grant",
                "taken back by the owner at \(moment(revoked)); leases that run go on, and nothing else is sold")
            return fields.add("", Self.newGrant)
        }
        guard let end = standing.grantEndsAt else { return }
        if end <= now {
            fields.add("grant", "ended at \(moment(end)); nothing is sold")
            return fields.add("", Self.newGrant)
        }
        let left = end - now  // bounded: compared above
        guard left < Self.soonSeconds else { return fields.add("grant", "until \(RFC3339.moment(end))") }
        fields.add("grant", "ends in \(Display.span(left)), at \(RFC3339.moment(end)); then nothing is sold")
        fields.add("", Self.newGrant)
    }

    private func addMoney(_ fields: inout TextFields) {
        let owing = status.jobs.filter { $0.atRisk > .zero }
        guard !owing.isEmpty else { return }
        let sum = owing.reduce(Amount.zero) { $0.adding($1.atRisk) ?? Amount(.max) }
        fields.add(
            "at risk",
            "\(Display.amount(sum)) metered and not vouched for, in \(Display.count(owing.count, "lease"))")
    }

    private func moment(_ time: UInt64) -> String {
        guard time <= now else { return RFC3339.moment(time) }
        return "\(RFC3339.moment(time)) (\(Display.age(time, now: now)) ago)"
    }

    private static let newGrant =
        "remedy: have the owner sign another with `gcx key grant`, put it where machine.grant says, and restart the agent"

    /// A grant that ends in less than a week needs its owner soon.
    static let soonSeconds: UInt64 = 604_800
}
