import GCXHardware

/// The CPU and memory controllers above this process: every ancestor can throttle it or run out.
struct BenchCgroup {
    /// Directories from the process's own cgroup up to the mount, of both versions.
    let processorDirectories: [String]
    let memoryDirectories: [String]
    private let read: (String) -> String?

    /// - Parameters:
    ///   - memberships: text of `/proc/self/cgroup`.
    ///   - mounts: text of `/proc/self/mountinfo`.
    ///   - read: reads a file, nil when it is absent.
    init(memberships: String, mounts: String, read: @escaping (String) -> String?) {
        processorDirectories = Self.directories(of: "cpu", memberships: memberships, mounts: mounts)
        memoryDirectories = Self.directories(of: "memory", memberships: memberships, mounts: mounts)
        self.read = read
    }

    static func live() -> BenchCgroup {
        BenchCgroup(
            memberships: BenchSystem.text("/proc/self/cgroup") ?? "",
            mounts: BenchSystem.text("/proc/self/mountinfo") ?? "", read: BenchSystem.text)
    }

    /// The tightest quota of all ancestors in processors; nil when none sets one.
    var quotaProcessors: Double? { processorDirectories.compactMap(quota(in:)).min() }

    /// How often any ancestor was throttled so far; nil where no controller counts it.
    var throttledPeriods: UInt64? {
        let counts = processorDirectories.compactMap {
            read($0 + "/cpu.stat").flatMap { BenchSystem.number(of: "nr_throttled", in: $0) }
        }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// Bytes that the tightest memory limit of all ancestors still leaves; nil when none sets one.
    var memoryRoom: UInt64? { memoryDirectories.compactMap(memoryRoom(in:)).min() }

    private func memoryRoom(in directory: String) -> UInt64? {
        for (limit, usage) in [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")] {
            // `max` (v2) is no number, and the v1 default is larger than any memory.
            if let limit = number("\(directory)/\(limit)"), let usage = number("\(directory)/\(usage)") {
                return UInt64(max(0, limit - usage))
            }
        }
        return nil
    }

    private func quota(in directory: String) -> Double? {
        if let words = read(directory + "/cpu.max")?.split(whereSeparator: \.isWhitespace), words.count == 2 {
            return Self.ratio(Double(words[0]), Double(words[1]))
        }
        return Self.ratio(number(directory + "/cpu.cfs_quota_us"), number(directory + "/cpu.cfs_period_us"))
    }

    private func number(_ path: String) -> Double? { read(path).flatMap { Double($0.filter { !$0.isWhitespace }) } }

    /// Nil for `max` (v2) and -1 (v1), which both mean no quota.
    private static func ratio(_ quota: Double?, _ period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return quota / period
    }

    /// Deepest first. What a container sees of its group begins where the hierarchy is mounted, and what is above is out of sight.
    private static func directories(of controller: String, memberships: String, mounts: String) -> [String] {
        let mounts = MountSource.parse(mounts)
        return CgroupSource.parse(memberships).flatMap { membership -> [String] in
            let isUnified = membership.controllers.isEmpty
            guard isUnified || membership.controllers.contains(controller),
                let mount = mounts.first(where: {
                    isUnified ? $0.type == "cgroup2" : $0.type == "cgroup" && $0.options.contains(controller)
                })
            else { return [] }
            let names = CgroupSource.pathBelow(mount.root, membership.path)
            return (0...names.count).reversed().map { depth in
                ([mount.mountPoint] + names.prefix(depth)).joined(separator: "/")
            }
        }
    }
}
