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

    private static func directories(of controller: String, memberships: String, mounts: String) -> [String] {
        memberships.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let isUnified = fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains(Substring(controller)),
                let mount = mountPoint(in: mounts, controller: isUnified ? nil : controller)
            else { return [] }
            return ancestors(of: String(fields[2]), under: mount)
        }
    }

    /// Where the v1 hierarchy of `controller`, or without one cgroup v2, is mounted (proc_pid_mountinfo(5)).
    private static func mountPoint(in mounts: String, controller: String?) -> String? {
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash > 4, dash + 3 < words.count else { continue }
            let options = words[dash + 3].split(separator: ",").map(String.init)
            let isWanted = controller.map { words[dash + 1] == "cgroup" && options.contains($0) }
            if isWanted ?? (words[dash + 1] == "cgroup2") { return String(words[4]) }
        }
        return nil
    }

    /// Deepest first. A path that leaves the namespace (`/../x`) is cut to what can be seen: the mount itself.
    private static func ancestors(of path: String, under mount: String) -> [String] {
        let names = path.split(separator: "/")
        guard !names.contains("..") else { return [mount] }
        return (0...names.count).reversed().map { depth in
            ([mount] + names.prefix(depth).map(String.init)).joined(separator: "/")
        }
    }
}
