import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Logging

// dictionaries: rows

extension AgentCore {
    /// Compares the machine with the store: no job without a lease, and no file of a lease that is over.
    ///
    /// The other way round, a lease that is believed to run without a job, is seen by its keeper at the next sample. What
    /// is found here should not be: it is removed, and said.
    func reconcile() async {
        do {
            let book = try context.store.book()
            await noteSetAside(book.damaged)
            // Whose job a directory is cannot be told while the id of a lease cannot be read.
            guard book.damaged.allSatisfy({ $0.id != nil }) else { return }
            let rows = Dictionary(book.rows.map { (JobName(of: $0.id).text, $0) }) { first, _ in first }
            let kept = Set(book.damaged.compactMap(\.id).map { JobName(of: $0).text })
            func isStray(_ name: String) -> Bool { !kept.contains(name) && rows[name]?.wiped ?? true }
            for job in try await traces() where isStray(job.text) { try await endStray(job, rows[job.text]) }
            for name in try uploads() where isStray(name) { try await removeStray(name, rows[name]) }
            await context.problems.clear("reconciling")
        } catch {
            await context.problems.note("reconciling", error.description)
        }
    }

    /// Says which leases nobody looks after, because what is stored of them cannot be read. Nothing of them is removed.
    private func noteSetAside(_ damaged: [DamagedLease]) async {
        for lease in damaged {
            let name = lease.id.map { "lease \($0.short)" } ?? "a lease whose id cannot be read"
            await context.problems.note(
                "\(name), set aside",
                "\(lease.reason). Its job runs on under its supervisor until its time is over, and its files, receipts and "
                    + "vouchers are kept. Mend the row in \(context.settings.databasePath) and restart the agent")
        }
        for (lease, reason) in setAside {
            await context.problems.note(
                "lease \(lease.short), set aside",
                "\(reason). Its job runs on under its supervisor until its time is over, and everything of it is kept. Mend "
                    + "the row in \(context.settings.databasePath) and restart the agent")
        }
    }

    /// What of jobs is on the machine.
    private func traces() async throws(AgentError) -> [JobName] {
        let driver = context.driver
        do { return try await blocking { () throws(SandboxError) in try driver.traces() } } catch {
            throw AgentError(error)
        }
    }

    /// Leases of which uploads lie here, by the names of their jobs.
    private func uploads() throws(AgentError) -> [String] {
        let path = context.settings.uploadsPath
        guard Files.exists(path) else { return [] }
        do { return try Files.names(in: path).filter { !$0.hasPrefix(".") } } catch {
            throw .storage(Untrusted(error.description))
        }
    }

    private func endStray(_ job: JobName, _ row: LeaseRow?) async throws(AgentError) {
        let driver = context.driver
        let report: WipeReport
        do {
            report = try await blocking { () throws(SandboxError) -> WipeReport in
                if try driver.names().contains(job), case .running = try driver.recover(job) {
                    try driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
                    if case .running = try driver.wait(job, timeout: SandboxLimits.killTimeout) {
                        try driver.force(job)
                    }
                }
                return try driver.wipe(job)
            }
        } catch {
            throw AgentError(error)
        }
        try await said("a job without a lease was ended: \(job); \(report)", row)
    }

    private func removeStray(_ name: String, _ row: LeaseRow?) async throws(AgentError) {
        do { try Files.removeTree("\(context.settings.uploadsPath)/\(name)") } catch {
            throw .storage(Untrusted(error.description))
        }
        try await said("files of no lease were removed: uploads/\(name)", row)
    }

    private func said(_ text: String, _ row: LeaseRow?) async throws(AgentError) {
        context.logger.warning("put right", metadata: ["what": "\(text)"])
        guard let row else { return }
        try context.store.append(context.clock.event(row.id, .agent, Untrusted(text)))
    }
}
