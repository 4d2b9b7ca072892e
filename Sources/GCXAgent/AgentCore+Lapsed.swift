import GCXLedger
import GCXModel
import GCXSigning
import GCXWire

extension AgentCore {
    /// Closes what was opened on the ledger after its proposal had lapsed here: nobody would serve it, and until its end the
    /// ledger would sell its part of the machine to nobody else. Its buyer has the deposit back, less the reservation of that time.
    ///
    /// Cost: the leases that are new in the machine's list since the last look; in a new life of the agent all of them, once.
    func closeLapsed() async {
        do throws(AgentError) {
            while let page = try await newLeases() {
                for record in page {
                    guard try await closeIfLapsed(record) else { return }
                    leasesRead += 1  // bounded: records of a list that were looked at one by one
                }
            }
            await context.problems.clear("lapsed leases")
        } catch {
            await context.problems.note("lapsed leases", error.description)
        }
    }

    /// The next page of the machine's leases on the ledger; nil at the end of the list.
    private func newLeases() async throws(AgentError) -> [LeaseRecord]? {
        do {
            let page = try await context.ledger.leases(of: context.identity.machine.address, from: leasesRead)
            return page.items.isEmpty ? nil : page.items
        } catch {
            throw AgentError(error)
        }
    }

    /// False while it is open whether the lease will be served: it is looked at again.
    private func closeIfLapsed(_ record: LeaseRecord) async throws(AgentError) -> Bool {
        // One whose row is damaged is set aside, and nothing of it is touched.
        guard !record.escrow.isClosed, let row = (try? context.store.lease(record.id)) ?? nil else { return true }
        switch row.phase {
        case .proposed: return false
        case .closed: break
        default: return true
        }
        let request = CloseRequest(
            channel: record.id, requester: context.identity.machine.address, requestedAt: context.now())
        let entry = Entry.closeRequest(try await context.identity.sign(request))
        try context.store.enqueue(
            entry, key: entry.key(in: context.identity.domain).description, lease: record.id)
        let word: Untrusted = "opened on the ledger after it had lapsed here: it is closed, and the deposit goes back"
        try context.store.append(context.clock.event(record.id, .agent, word))
        return true
    }
}
