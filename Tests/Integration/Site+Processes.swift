import GCXLinux
import Glibc
import Testing

/// Who works for a site, and as whom.
extension Site {
    /// The process that does for the agent what takes root.
    func helper() throws -> pid_t {
        let found = try Files.names(in: "/proc").compactMap { pid_t($0) }.first { pid in
            let line = Files.textIfThere("/proc/\(pid)/cmdline") ?? ""
            return line.contains(configuration) && line.prefix { $0 != "\0" }.hasSuffix("/gcx-helper")
        }
        return try #require(found, "no helper runs")
    }

    /// The users that the threads of a process run as.
    func users(of process: pid_t) throws -> Set<String> {
        let threads = try Files.names(in: "/proc/\(process)/task").compactMap { thread -> [Substring]? in
            Files.textIfThere("/proc/\(process)/task/\(thread)/status")?.split(separator: "\n")
        }
        try #require(!threads.isEmpty, "no thread of process \(process) is there")
        let lines = threads.flatMap { $0.filter { $0.hasPrefix("Uid:") } }
        return Set(lines.flatMap { $0.split(separator: "\t").dropFirst().map(String.init) })
    }
}
