import GCXLinux
import Glibc

/// Which job has which id range, over all agents of a machine: a file for each range, that names the job's directory.
///
/// A range whose job has no directory any more is free, so a crash keeps none; unless a process has an id of it, or the
/// job's control group is not empty: what runs is the truth, not what stands in files. The registry lies in `/run` and
/// goes with the processes at a restart of the machine.
struct IDRegistry: Sendable {
    let root: String

    init(root: String = "/run/gcx-sandbox/ids") { self.root = root }

    /// The lowest range that no job has, now this job's; `taken` are ranges that are kept out besides.
    ///
    /// - Throws: ``SandboxError/slotsFull(limit:)``.
    ///
    /// - Parameter group: where the job's processes will be.
    func take(
        for job: JobDirectory, in group: CgroupPlace? = nil, besides taken: Set<UInt32>
    ) throws(SandboxError) -> IDMap {
        let lock = try sandboxed { () throws(LinuxError) in
            try Files.makeDirectories(root, mode: 0o755)
            return try FileLock.wait("\(root)/.lock", timeout: SandboxLimits.startTimeout)
        }
        defer { _ = lock.number }
        let living = try sandboxed { () throws(LinuxError) in try ProcessTable.owners() }
        for slot in 0..<SandboxLimits.jobSlotsMax {
            // bounded: slots of 65,536 ids, which end below 2^31
            let base = SandboxLimits.firstHostID + slot * IDMap.size
            let map = IDMap(base: base)
            if taken.contains(base) || isHeld(map, besides: job) || living.contains(where: map.contains) { continue }
            try write(job, group, to: map)
            return map
        }
        throw .slotsFull(limit: SandboxLimits.jobSlotsMax)
    }

    private func isHeld(_ map: IDMap, besides job: JobDirectory) -> Bool {
        guard let owner = Files.lineIfPresent(file(map)), owner != job.path else { return false }
        if Files.exists(owner) { return true }
        guard let place = try? JSONFile.read(CgroupPlace.self, from: groupFile(map)), place.cgroup.exists else {
            return false
        }
        // What cannot be read is no proof that nobody is there.
        // bounded: joins lists
        let processes = (try? place.cgroup.processes() + place.cgroup.helpers()) ?? [getpid()]
        return !processes.isEmpty
    }

    /// It holds the path of the job's directory and nothing else, for agents of every version.
    private func file(_ map: IDMap) -> String { "\(root)/\(map.base)" }
    /// Where the job's processes are.
    private func groupFile(_ map: IDMap) -> String { "\(file(map)).group" }

    private func write(_ job: JobDirectory, _ group: CgroupPlace?, to map: IDMap) throws(SandboxError) {
        try sandboxed { () throws(LinuxError) in
            try Files.remove(groupFile(map))
            if let group { try JSONFile.writeVolatile(group, to: groupFile(map)) }
            try DurableFile.replace(file(map), with: job.path.utf8)
        }
    }

    /// The ranges that are written down for a job; none but after a loss of its directory.
    func ranges(of job: JobDirectory) -> [IDMap] {
        let names = (try? Files.names(in: root)) ?? []
        return names.compactMap { UInt32($0, radix: 10) }.map(IDMap.init(base:)).filter {
            Files.lineIfPresent(file($0)) == job.path
        }
    }

    /// Gives a range back, if it is still this job's.
    func give(back ids: IDMap, of job: JobDirectory) throws(LinuxError) {
        guard Files.lineIfPresent(file(ids)) == job.path else { return }
        try Files.remove(file(ids))
        try Files.remove(groupFile(ids))
    }
}
