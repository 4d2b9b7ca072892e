import GCXBenchmark

/// Reads which processors the benchmark may use.
enum BenchAllowance {
    /// Affinity and cpuset from the kernel's own list, one processor per physical core, no more of them than the quota feeds.
    static func read(cgroup: BenchCgroup) throws(BenchFailure) -> ProcessorAllowance {
        let status = BenchSystem.text("/proc/self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let allowed = BenchSystem.cpuList(line.map { String($0.dropFirst("Cpus_allowed_list:".count)) } ?? "")
        guard !allowed.isEmpty else { throw .unreadable("/proc/self/status") }
        let online = BenchSystem.cpuList(BenchSystem.text("/sys/devices/system/cpu/online") ?? "")
        let quota = cgroup.quotaProcessors
        return ProcessorAllowance(
            online: max(online.count, allowed.count), allowed: allowed,
            used: used(of: allowed, siblings: siblings(of:), quota: quota), quotaProcessors: quota)
    }

    /// The first allowed processor of every core, in order, at least one and at most the quota rounded up.
    static func used(of allowed: [Int], siblings: (Int) -> [Int], quota: Double?) -> [Int] {
        let permitted = Set(allowed)
        let firsts = allowed.filter { cpu in siblings(cpu).filter(permitted.contains).min() ?? cpu == cpu }
        let bound = quota.map { max(1, Int($0.rounded(.up))) } ?? firsts.count
        return Array(firsts.prefix(min(bound, BenchmarkLimits.threadsMax)))
    }

    private static func siblings(of cpu: Int) -> [Int] {
        BenchSystem.cpuList(
            BenchSystem.text("/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list") ?? "")
    }
}
