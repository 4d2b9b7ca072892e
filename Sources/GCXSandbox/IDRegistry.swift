import GCXLinux

/// Which job has which id range, over all agents of a machine: a file for each range, that names the job's directory.
///
/// A range whose job has no directory any more is free, so a crash keeps none. The registry lies in `/run` and goes
/// with the processes at a restart of the machine.
struct IDRegistry: Sendable {
    let root: String

    init(root: String = "/run/gcx-sandbox/ids") { self.root = root }

    /// The lowest range that no job has, now this job's; `taken` are ranges that are kept out besides.
    ///
    /// - Throws: ``SandboxError/slotsFull(limit:)``.
    func take(for job: JobDirectory, besides taken: Set<UInt32>) throws(SandboxError) -> IDMap {
        let lock = try sandboxed { () throws(LinuxError) in
            try Files.makeDirectories(root, mode: 0o755)
            return try FileLock.wait("\(root)/.lock", timeout: SandboxLimits.startTimeout)
        }
        defer { _ = lock.number }
        for slot in 0..<SandboxLimits.jobSlotsMax {
            let base = SandboxLimits.firstHostID + slot * IDMap.size
            let owner = Files.lineIfPresent("\(root)/\(base)")
            let isHeld = owner.map { $0 != job.path && Files.exists($0) } ?? false
            if taken.contains(base) || isHeld { continue }
            try sandboxed { () throws(LinuxError) in
                try DurableFile.replace("\(root)/\(base)", with: job.path.utf8)
            }
            return IDMap(base: base)
        }
        throw .slotsFull(limit: SandboxLimits.jobSlotsMax)
    }

    /// Gives a range back, if it is still this job's.
    func give(back ids: IDMap, of job: JobDirectory) throws(LinuxError) {
        let path = "\(root)/\(ids.base)"
        guard Files.lineIfPresent(path) == job.path else { return }
        try Files.remove(path)
    }
}
