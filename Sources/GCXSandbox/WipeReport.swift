import GCXLinux
import GCXModel
import Glibc

/// What was removed with a job, and what was looked for afterwards.
package struct WipeReport: Codable, Equatable, Sendable, CustomStringConvertible {
    /// Files that were there, and their bytes.
    package private(set) var files = 0
    package private(set) var bytes: UInt64 = 0
    /// Processes of the job, or at work for it, that still ran and were ended.
    package var ended = 0
    /// Each thing that was looked for and not found.
    package var absent: [String] = []

    package init() {}

    /// Counts what is about to be removed.
    init(of job: JobDirectory) throws(LinuxError) { try count(job.path) }

    private mutating func count(_ path: String) throws(LinuxError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            files += 1  // bounded: files that were looked at one by one
            bytes = bytes.saturatingSum(UInt64(clamping: status.st_blocks).saturatingProduct(512))
            return
        }
        for name in try Files.names(in: path) { try count("\(path)/\(name)") }
    }

    /// - Throws: `LinuxError.systemCall` with EBUSY when a process of the job is still there.
    mutating func lookForProcesses(of ids: IDMap) throws(LinuxError) {
        for name in try Files.names(in: "/proc") where name.allSatisfy(\.isNumber) {
            var status = stat()
            guard unsafe stat("/proc/\(name)", &status) == 0 else { continue }
            // What has ended and only waits for its parent does nothing any more.
            if Files.lineIfPresent("/proc/\(name)/status")?.contains("State:\tZ") ?? true { continue }
            if ids.contains(status.st_uid) {
                throw .systemCall(
                    operation: "look for processes", object: "uid \(status.st_uid), pid \(name)", errno: EBUSY)
            }
        }
        absent.append("no process of its 65,536 user ids")
    }

    mutating func lookForRest(_ job: JobDirectory, _ cgroup: any JobCgroup) {
        if !cgroup.exists { absent.append("no control group") }
        if !Files.exists(job.path) { absent.append("no directory") }
    }

    /// One line for a person.
    package var description: String {
        let found = absent.isEmpty ? "there was nothing" : absent.joined(separator: ", ")
        let end = ended == 0 ? "" : "ended \(NumberText.count(ended, "process")) that still ran; "
        return
            "\(end)wiped \(NumberText.count(files, "file")) of \(NumberText.size(bytes)) on the disk; looked again: \(found)"
    }
}
