import GCXLinux
package import GCXModel
import GCXWire

/// How a job that was left is come back to: what its buyer would have to type again.
package struct KeptJob: Codable, Equatable, Sendable {
    /// The payer's keystore: an absolute path.
    package var key: String
    /// The file with its password; nil where that was typed.
    package var passwordFile: String?
    /// The ledger of its lease, as `--ledger` takes it.
    package var ledger: String
    /// The agent that its buyer insisted on; nil where the lease's offer names it.
    package var agent: String?
    /// Unix seconds.
    package var leftAt: UInt64

    package init(key: String, passwordFile: String?, ledger: String, agent: String?, leftAt: UInt64) {
        (self.key, self.passwordFile, self.ledger) = (key, passwordFile, ledger)
        (self.agent, self.leftAt) = (agent, leftAt)
    }
}

// Jobs that were left.
extension BuyerFolder {
    private static let jobEnding = ".job"

    private func jobFile(of lease: LeaseID) -> String { "\(path)/\(lease)\(Self.jobEnding)" }

    /// Remembers how a job is come back to. It stays when the lease is settled, for log and output are read after that; of more
    /// than ``BuyerLimits/keptJobsMax`` the oldest is forgotten.
    ///
    /// Cost: two fsyncs, and a small file read for each job that is remembered.
    package func keep(_ job: KeptJob, of lease: LeaseID) throws(BuyerError) {
        let file = jobFile(of: lease)
        do {
            try Files.makeDirectories(path)
            try DurableFile.write(try WireJSON.encode(job), to: file)
        } catch { throw .keptJob(file, reason: ForeignError.words(error)) }
        let known = keptJobs.sorted { $0.job.leftAt < $1.job.leftAt }
        for (lease, _) in known.dropLast(BuyerLimits.keptJobsMax) { try? Files.remove(jobFile(of: lease)) }
    }

    /// What is remembered of a lease's job; nil where nothing that can be read is.
    package func job(of lease: LeaseID) -> KeptJob? {
        guard let bytes = try? Files.bytes(jobFile(of: lease), limit: BuyerLimits.keptJobBytesMax) else { return nil }
        return try? StrictJSON.decode(KeptJob.self, from: bytes, unknownFields: .tolerated)
    }

    /// Forgets how a lease's job is come back to: its buyer was there to its end.
    package func forgetJob(of lease: LeaseID) { try? Files.remove(jobFile(of: lease)) }

    /// All jobs that are remembered.
    package var keptJobs: [(lease: LeaseID, job: KeptJob)] {
        let names = (try? Files.names(in: path)) ?? []
        return names.filter { $0.hasSuffix(Self.jobEnding) }
            .compactMap { LeaseID(String($0.dropLast(Self.jobEnding.count))) }
            .compactMap { lease in job(of: lease).map { (lease, $0) } }
    }
}
