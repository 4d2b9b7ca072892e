import GCXLinux
import GCXModel
import GCXSandbox

extension AgentCore {
    /// Compares the machine with the store: no job without a lease, and no file of a lease that is over.
    ///
    /// The other way round, a lease that is believed to run without a job, is seen by its keeper at the next sample. What
    /// is found here should not be: it is removed, and said.
    func reconcile() async {
        do {
            let rows = Dictionary(try context.store.leases().map { (LeaseKeeper.jobID($0.id), $0) }) { first, _ in first
            }
            for name in try strays(in: context.settings.jobsPath, rows) { try await endStray(name, rows[name]) }
            for name in try strays(in: context.settings.uploadsPath, rows) { try await removeStray(name, rows[name]) }
            await context.problems.clear("reconciling")
        } catch {
            await context.problems.note("reconciling", error.description)
        }
    }

    /// Directories that belong to no lease, or to one that is wiped.
    private func strays(in path: String, _ rows: [String: LeaseRow]) throws(AgentError) -> [String] {
        guard Files.exists(path) else { return [] }
        let names: [String]
        do { names = try Files.names(in: path) } catch { throw .storage(Untrusted(error.description)) }
        return names.filter { !$0.hasPrefix(".") && rows[$0]?.wiped ?? true }
    }

    private func endStray(_ name: String, _ row: LeaseRow?) async throws(AgentError) {
        let job = JobDirectory(jobs: context.settings.jobsPath, id: name)
        let driver = context.driver
        let report: WipeReport
        do {
            report = try await blocking { () throws(SandboxError) -> WipeReport in
                if Files.exists(job.plan), case .running = try driver.recover(job) {
                    try driver.stop(job, StopRequest(reason: .cancelled(by: .agent), graceMilliseconds: 0))
                    _ = try driver.wait(job, timeout: SandboxLimits.killTimeout)
                }
                return try driver.wipe(job)
            }
        } catch {
            throw AgentError(error)
        }
        try await said("a job without a lease was ended: \(name); \(report)", row)
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
        try context.store.append(.now(row.id, .agent, Untrusted(text)))
    }
}
