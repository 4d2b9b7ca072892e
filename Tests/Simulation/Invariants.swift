import GCXMarket
import GCXModel
import GCXPricing

@testable import GCXAgent
@testable import GCXLedger

// What holds after every step, whatever anybody did.
extension Simulation {
    /// What does not hold; empty when all does.
    func broken() -> [String] {
        var broken: [String] = []
        if !state.conservation().isKept { broken.append("money came from nowhere, or went there") }
        for id in order {
            guard let run = runs[id], let record = try? state.lease(id) else { continue }
            broken += money(run, record)
        }
        broken += capacity() + reservations() + budgets()
        return broken
    }

    private func money(_ run: ProviderRun, _ record: LeaseRecord) -> [String] {
        var broken: [String] = []
        if record.settled > run.signed { broken.append("the buyer paid \(record.settled) and signed \(run.signed)") }
        let time = (now > record.openedAt ? now - record.openedAt : 0) + 1
        if record.settled > run.ceiling(time) {
            broken.append("the buyer paid \(record.settled) for \(time) s")
        }
        // What is lost when it is over, or is beyond the vouchers while it is not: the credit, what passes between two
        // looks, and what a job does until it has ended.
        let paid = record.escrow.isClosed ? record.settled : run.vouched
        let most = min(run.terms.creditLimit, run.ceiling(run.terms.receiptSeconds * 200)).adding(run.ceiling(8))
        let lost = run.owed.subtracting(paid) ?? .zero
        if lost > most ?? Amount(.max) {
            broken.append("the provider lost \(lost), and the credit is \(run.terms.creditLimit)")
        }
        if run.terms.creditLimit > offers[0].document.creditLimit { broken.append("the credit is above the offer's") }
        if now > run.terms.endsAt + 8, run.phase.mayHaveProcess { broken.append("a job runs after its lease") }
        if case .paused = run.phase, now > run.pausedAt + run.terms.graceSeconds + 8 {
            broken.append("a job stands still beyond the grace")
        }
        return broken
    }

    private func capacity() -> [String] {
        let held = runs.values.filter(\.phase.holdsCapacity).reduce(0) { $0 + $1.terms.resources.cores }
        let open = state.leases.values.filter { !$0.escrow.isClosed }.map(\.terms)
        let peak =
            open.map { one in
                open.filter { $0.startsAt <= one.startsAt && one.startsAt < $0.endsAt }.reduce(0) {
                    $0 + $1.resources.cores
                }
            }.max() ?? 0
        let most = offers[0].document.capacity.cores
        return (held > most ? ["the provider holds \(held) of \(most) cores"] : [])
            + (peak > most ? ["the ledger sold \(peak) of \(most) cores"] : [])
    }

    private func reservations() -> [String] {
        let open = runs.values.filter { $0.phase.name == .proposed }
        return open.count > AgentLimits.proposalsPerPayerMax ? ["\(open.count) leases are reserved and not opened"] : []
    }

    private func budgets() -> [String] {
        let leases = Dictionary(grouping: state.leases.values, by: \.terms.demand)
        return demands.compactMap { demand, digest in
            guard let served = leases[digest] else { return nil }
            let spent = served.reduce(Amount.zero) { $0.adding($1.escrow.isClosed ? $1.settled : $1.deposit) ?? $0 }
            // A top-up is a word of its own.
            let raised = served.contains { $0.escrow.deposit > $0.terms.deposit }
            let cores = served.filter { !$0.escrow.isClosed }.reduce(0) { $0 + $1.terms.resources.cores }
            if cores > demand.resources.cores { return "a demand of \(demand.resources.cores) cores has \(cores)" }
            return spent > demand.budget && !raised ? "a demand of \(demand.budget) has \(spent) bound" : nil
        }
    }
}
