import GCXJobLog
import GCXLinux
import GCXModel
import GCXWire
import Glibc

/// Logs that outlive their job's directory: of the lease's latest job, and of those before it.
struct JobHistory: Sendable {
    let root: String

    /// The log of the latest job, once its directory is gone for good.
    func path(of lease: LeaseID) -> String { "\(root)/\(Hex.encodeBare(lease.bytes)).log" }

    /// The log of a job that made way for another one; jobs count from 1.
    func path(of lease: LeaseID, job: UInt64) -> String { "\(root)/\(Hex.encodeBare(lease.bytes)).\(job).log" }

    func remove(_ lease: LeaseID) throws(AgentError) {
        do {
            try Files.removeTree(path(of: lease))
            for job in try jobs(of: lease) { try Files.removeTree(path(of: lease, job: job)) }
        } catch { throw .storage(Untrusted(error.description)) }
    }

    /// Moves a log here; one that is not there is fine.
    func keep(_ log: String, of lease: LeaseID) throws(AgentError) { try move(log, to: path(of: lease)) }

    /// The same for a job that makes way for another one. Of those only the newest are kept: ``AgentLimits/earlierLogsMax`` of
    /// them, and no more bytes than one log may take, so that many jobs fill the disk no more than two.
    func keep(_ log: String, of lease: LeaseID, job: UInt64, bytesMax: UInt64) throws(AgentError) {
        try move(log, to: path(of: lease, job: job))
        do {
            var (count, bytes) = (0, UInt64(0))
            for job in try jobs(of: lease).sorted(by: >) {
                let path = path(of: lease, job: job)
                count += 1  // bounded: files of a directory
                bytes = bytes.saturatingSum(JobLogFolder(path: path).bytes)
                if count > AgentLimits.earlierLogsMax || bytes > bytesMax { try Files.removeTree(path) }
            }
        } catch { throw .storage(Untrusted(error.description)) }
    }

    private func move(_ log: String, to path: String) throws(AgentError) {
        do {
            try Files.makeDirectories(root, mode: 0o700)
        } catch {
            throw .storage(Untrusted(error.description))
        }
        guard unsafe rename(log, path) == 0 || errno == ENOENT else {
            throw .storage("cannot keep the log \(log): errno \(errno)")
        }
    }

    /// The earlier jobs of a lease of which there is a log.
    private func jobs(of lease: LeaseID) throws(LinuxError) -> [UInt64] {
        guard Files.exists(root) else { return [] }
        let name = "\(Hex.encodeBare(lease.bytes))."
        return try Files.names(in: root).filter { $0.hasPrefix(name) && $0.hasSuffix(".log") }
            .compactMap { UInt64($0.dropFirst(name.count).dropLast(".log".count), radix: 10) }
    }
}
