import GCXAPI
import GCXAgent
import GCXLinux
import GCXModel
import GCXSandbox

/// A buyer's way to what a job left.
struct JobTransfer: Sendable {
    let agent: AgentClient
    let lease: LeaseID
    let caller: Caller

    /// Fetches the output and unpacks it into a directory; nil when the job left none. A transfer that breaks off is gone
    /// on with, also by the next run of the command.
    ///
    /// - Returns: the digest of the archive, which the lease's last receipt names.
    func fetch(into directory: String, bytesMax: UInt64) async throws -> String? {
        let tar = "\(directory).output.tar"
        guard let fetched = try await download(tar) else { return nil }
        defer { try? Files.remove(tar) }
        try Files.makeDirectories(directory, mode: 0o755)
        _ = try TarArchive(path: tar).unpack(
            into: directory, limits: TarLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: bytesMax))
        return fetched.digest
    }

    private func download(_ tar: String) async throws -> (bytes: UInt64, digest: String)? {
        for _ in 1..<triesMax {
            do { return try await agent.downloadOutput(lease, to: tar, by: caller) } catch {
                guard case .unreachable = error else { throw error }
                try await Task.sleep(for: .seconds(1))
            }
        }
        return try await agent.downloadOutput(lease, to: tar, by: caller)
    }

    /// One a second: as long as an agent takes to start again.
    private var triesMax: Int { 30 }
}
