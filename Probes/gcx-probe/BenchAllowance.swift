import GCXBenchmark

/// Reads which processors the benchmark may use.
enum BenchAllowance {
    /// Affinity and cpuset from the kernel's own list, one processor per physical core, no more of them than the quota feeds all
    /// the time: what more of them do until they are stopped is no figure of anything.
    ///
    /// - Parameter threads: cores to use; one more than the quota feeds may be asked for, and becomes no fact.
    static func read(cgroup: BenchCgroup, threads: Int? = nil) throws(BenchFailure) -> ProcessorAllowance {
        let status = BenchSystem.text("/proc/self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let allowed = BenchSystem.cpuList(line.map { String($0.dropFirst("Cpus_allowed_list:".count)) } ?? "")
        guard !allowed.isEmpty else { throw .unreadable("/proc/self/status") }
        let online = BenchSystem.cpuList(BenchSystem.text("/sys/devices/system/cpu/online") ?? "")
        let quota = cgroup.quotaProcessors
        let cores = used(of: allowed, siblings: siblings(of:), quota: quota?.rounded(.up))
        let fed = used(of: allowed, siblings: siblings(of:), quota: quota)
        if let threads, threads > cores.count { throw .tooManyThreads(wanted: threads, allowed: cores.count) }
        var allowance = ProcessorAllowance(
            online: max(online.count, allowed.count), allowed: allowed,
            used: Array(cores.prefix(threads ?? fed.count)), quotaProcessors: quota)
        allowance.threadsWanted = threads.flatMap { $0 == fed.count ? nil : $0 }
        allowance.hardwareThreads = hardwareThreads(
            of: allowance.used, allowed: allowed, siblings: siblings(of:), quota: quota)
        allowance.boost = boost()
        return allowance
    }

    /// What the two drivers that control it say (the kernel's cpufreq and intel_pstate documents).
    static func boost(read: (String) -> String? = BenchSystem.text) -> Bool? {
        let folder = "/sys/devices/system/cpu"
        if let off = read("\(folder)/intel_pstate/no_turbo")?.first { return off == "0" }
        return read("\(folder)/cpufreq/boost")?.first.map { $0 == "1" }
    }

    /// All allowed hardware threads of the cores used; nil where they are no more than the cores, or the quota feeds no more.
    static func hardwareThreads(of used: [Int], allowed: [Int], siblings: (Int) -> [Int], quota: Double?) -> [Int]? {
        let permitted = Set(allowed)
        let threads = used.flatMap { cpu in Set(siblings(cpu) + [cpu]).filter(permitted.contains).sorted() }
        guard threads.count > used.count, threads.count <= BenchmarkLimits.threadsMax,
            quota.map({ $0 >= Double(threads.count) }) ?? true
        else { return nil }
        return threads
    }

    /// The first allowed processor of every core, in order, at least one and at most as many as the quota is worth.
    static func used(of allowed: [Int], siblings: (Int) -> [Int], quota: Double?) -> [Int] {
        let permitted = Set(allowed)
        let firsts = allowed.filter { cpu in siblings(cpu).filter(permitted.contains).min() ?? cpu == cpu }
        let bound = quota.map { max(1, Int($0)) } ?? firsts.count
        return Array(firsts.prefix(min(bound, BenchmarkLimits.threadsMax)))
    }

    private static func siblings(of cpu: Int) -> [Int] {
        BenchSystem.cpuList(
            BenchSystem.text("/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list") ?? "")
    }
}
