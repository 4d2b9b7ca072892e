import GCXJobLog
package import GCXLinux
import GCXModel
import Glibc

/// Logs that outlive their job's directory: of the last job of a name, and of those before it.
package struct LogHistory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The log of the last job, once its directory is gone for good.
    package func log(of job: JobName) -> String { "\(path)/\(job).log" }

    /// The log of a job that made way for another one; jobs count from 1.
    package func log(of job: JobName, number: UInt64) -> String { "\(path)/\(job).\(number).log" }

    /// Removes all that is kept of a name.
    package func remove(_ job: JobName) throws(LinuxError) {
        try Files.removeTree(log(of: job))
        for number in try numbers(of: job) { try Files.removeTree(log(of: job, number: number)) }
    }

    /// Moves a log here; one that is not there is fine. Of jobs that made way for another only the newest are kept:
    /// ``SandboxLimits/earlierLogsMax`` of them, and no more bytes than one log may take, so that many jobs fill the disk no more
    /// than two.
    ///
    /// - Parameter number: that of a job that makes way; nil for the last.
    package func keep(_ found: String, of job: JobName, as number: UInt64?, bytesMax: UInt64) throws(LinuxError) {
        try move(found, to: number.map { log(of: job, number: $0) } ?? log(of: job))
        guard number != nil else { return }
        var (count, bytes) = (0, UInt64(0))
        for number in try numbers(of: job).sorted(by: >) {
            let log = log(of: job, number: number)
            count += 1  // bounded: files of a directory
            bytes = bytes.saturatingSum(JobLogFolder(path: log).bytes)
            if count > SandboxLimits.earlierLogsMax || bytes > bytesMax { try Files.removeTree(log) }
        }
    }

    private func move(_ found: String, to log: String) throws(LinuxError) {
        try Files.makeDirectories(path, mode: 0o700)
        guard unsafe rename(found, log) == 0 || errno == ENOENT else {
            throw .systemCall(operation: "keep the log", object: found, errno: errno)
        }
    }

    /// The earlier jobs of a name of which there is a log.
    private func numbers(of job: JobName) throws(LinuxError) -> [UInt64] {
        guard Files.exists(path) else { return [] }
        let prefix = "\(job)."
        return try Files.names(in: path).filter { $0.hasPrefix(prefix) && $0.hasSuffix(".log") }
            .compactMap { UInt64($0.dropFirst(prefix.count).dropLast(".log".count), radix: 10) }
    }
}
