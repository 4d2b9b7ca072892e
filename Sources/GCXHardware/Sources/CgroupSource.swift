package import GCXModel

/// The limits that the agent's own cgroups and all those above them set.
///
/// Source: `/proc/self/cgroup`, `/proc/self/mountinfo`, the cgroup trees (cgroup-v2.rst, cgroup-v1/), `/proc/self/status`.
package enum CgroupSource {
    /// The hierarchies that matter here; the freezer, devices and the rest limit nothing that is sold.
    private static let controllers = ["cpu", "cpuset", "memory", "pids"]
    /// What v1 writes for "no limit": 2⁶³ less one, rounded down to a page.
    private static let unlimitedV1: UInt64 = 0x7FFF_FFFF_FFFF_0000

    package static func read(_ root: SystemRoot, mounts: [MountSource.Mount]) -> Inventory.AgentLimits? {
        guard let text = root.text("proc/self/cgroup") else { return nil }
        let memberships = parse(text)
        let groups = memberships.flatMap { membership -> [Inventory.AgentLimits.Group] in
            guard let mount = mount(of: membership, in: mounts) else { return [] }
            return ancestors(of: membership, in: mount, root)
        }
        return Inventory.AgentLimits(
            layout: layout(mounts), groups: groups.filter(\.isLimiting), affinity: affinity(root))
    }

    /// A line of `/proc/self/cgroup`; the unified hierarchy has no controllers here.
    package struct Membership: Equatable, Sendable {
        package var controllers: [String]
        package var path: String
    }

    /// `4:memory:/job` and `0::/job`; named hierarchies (`name=systemd`) hold no controller and are left out.
    package static func parse(_ text: String) -> [Membership] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            // bounded here: three parts, counted first
            let named = parts[1].split(separator: ",").map(String.init)
            guard parts[1].isEmpty || named.contains(where: controllers.contains) else { return nil }
            return Membership(controllers: named, path: String(parts[2]))
        }
    }

    /// From which trees are mounted; nil when none is.
    package static func layout(_ mounts: [MountSource.Mount]) -> Inventory.AgentLimits.Layout? {
        let hasV2 = mounts.contains { $0.type == "cgroup2" }
        let hasV1 = mounts.contains { $0.type == "cgroup" && $0.options.contains(where: controllers.contains) }
        if hasV1 { return hasV2 ? .hybrid : .v1 }
        return hasV2 ? .v2 : nil
    }

    private static func mount(of membership: Membership, in mounts: [MountSource.Mount]) -> MountSource.Mount? {
        if membership.controllers.isEmpty { return mounts.first { $0.type == "cgroup2" } }
        return mounts.first { mount in
            mount.type == "cgroup" && membership.controllers.contains(where: mount.options.contains)
        }
    }

    /// All groups from the mounted root down to the agent's own.
    private static func ancestors(
        of membership: Membership, in mount: MountSource.Mount, _ root: SystemRoot
    ) -> [Inventory.AgentLimits.Group] {
        let hierarchy = membership.controllers.isEmpty ? "unified" : membership.controllers.joined(separator: ",")
        var path = "/"
        var groups = [readGroup(root, mount, hierarchy, path)]
        for part in pathBelow(mount.root, membership.path) {
            path += path == "/" ? part : "/\(part)"  // bounded: joins texts
            // A container may see its host's path but not its tree: what is not there cannot be read.
            guard root.exists(mount.mountPoint + path) else { break }  // bounded: joins texts
            groups.append(readGroup(root, mount, hierarchy, path))
        }
        return groups
    }

    /// The membership's path as seen from what is mounted: a bind-mounted subtree drops its own prefix, and a group outside
    /// this cgroup namespace, which the kernel writes with `..`, cannot be reached at all.
    package static func pathBelow(_ mountRoot: String, _ path: String) -> [String] {
        let parts = path.split(separator: "/").map(String.init)
        let prefix = mountRoot.split(separator: "/").map(String.init)
        guard !parts.contains("..") else { return [] }
        return parts.starts(with: prefix) ? Array(parts.dropFirst(prefix.count)) : parts
    }

    private static func readGroup(
        _ root: SystemRoot, _ mount: MountSource.Mount, _ hierarchy: String, _ path: String
    ) -> Inventory.AgentLimits.Group {
        var group = Inventory.AgentLimits.Group(hierarchy: hierarchy, path: path)
        let folder = mount.mountPoint + (path == "/" ? "" : path)  // bounded: joins texts
        if mount.type == "cgroup2" {
            readV2(root, folder, into: &group)
        } else {
            readV1(root, folder, into: &group)
        }
        return group
    }

    private static func readV2(_ root: SystemRoot, _ folder: String, into group: inout Inventory.AgentLimits.Group) {
        if let words = root.word("\(folder)/cpu.max")?.split(separator: " "), words.count == 2 {
            group.cpuQuotaMicroseconds = words.first.flatMap { UInt64($0) }
            group.cpuPeriodMicroseconds = words.last.flatMap { UInt64($0) }
        }
        // UInt64("max") is nil, which is what "max" means.
        group.memoryBytesMax = root.word("\(folder)/memory.max").flatMap { UInt64($0) }
        group.swapBytesMax = root.word("\(folder)/memory.swap.max").flatMap { UInt64($0) }
        group.pidsMax = root.word("\(folder)/pids.max").flatMap { UInt64($0) }
        group.cpuset = root.word("\(folder)/cpuset.cpus.effective").flatMap { PUSet(list: $0) }
    }

    private static func readV1(_ root: SystemRoot, _ folder: String, into group: inout Inventory.AgentLimits.Group) {
        // UInt64("-1") is nil, v1's word for no quota.
        group.cpuQuotaMicroseconds = root.word("\(folder)/cpu.cfs_quota_us").flatMap { UInt64($0) }
        group.cpuPeriodMicroseconds = root.word("\(folder)/cpu.cfs_period_us").flatMap { UInt64($0) }
        group.memoryBytesMax = root.word("\(folder)/memory.limit_in_bytes").flatMap(parseV1Limit)
        group.pidsMax = root.word("\(folder)/pids.max").flatMap { UInt64($0) }
        group.cpuset = root.word("\(folder)/cpuset.effective_cpus").flatMap { PUSet(list: $0) }
        if group.cpuset == nil { group.cpuset = root.word("\(folder)/cpuset.cpus").flatMap { PUSet(list: $0) } }
    }

    package static func parseV1Limit(_ text: String) -> UInt64? {
        UInt64(text, radix: 10).flatMap { $0 >= unlimitedV1 ? nil : $0 }
    }

    private static func affinity(_ root: SystemRoot) -> PUSet? {
        let status = root.text("proc/self/status").map { fields(of: $0) }
        return status?["Cpus_allowed_list"].flatMap { PUSet(list: $0) }
    }
}
