import GCXModel

/// The walls around a run: they belong to its figures as much as the machine does.
package struct Confinement: Codable, Equatable, Sendable {
    /// Whether the probe ran as root in its user namespace.
    package var superuser: Bool
    /// What the container calls itself (`docker`, `podman`, `lxc`, …); nil outside of any that tells.
    package var container: String?

    package init(superuser: Bool, container: String?) {
        self.superuser = superuser
        self.container = container
    }
}

/// Axes for which this machine has nothing to measure, which is no failure.
package struct SkippedAxes: Codable, Equatable, Sendable {
    /// Names, in the order of the registry.
    package var axes: [String]
    /// What is lacking, as a sentence.
    package var reason: String

    package init(axes: [String], reason: String) {
        self.axes = axes
        self.reason = reason
    }
}

/// Memory of a run, bytes.
package struct MemoryUse: Codable, Equatable, Sendable {
    /// What the probe said beforehand it would hold at the most.
    package var announcedBytes: UInt64
    /// The most that it held (`VmHWM`); nil where the kernel does not tell.
    package var peakBytes: UInt64?

    package init(announcedBytes: UInt64, peakBytes: UInt64?) {
        self.announcedBytes = announcedBytes
        self.peakBytes = peakBytes
    }
}

extension BenchmarkReport {
    /// What a reader must know of how the run was confined before the figures, one line each.
    package var circumstances: [String] {
        // bounded here: joins lists
        unsteadyLines + processorLines + confinementLines + memoryLines + storageLines + (devices ?? []).map(\.line)
            + (skipped ?? []).map { "not here: \(Self.named($0.axes)): \($0.reason)" }
    }

    /// Below it cores that are busy together are not whole: two threads of one core do little over 0.5 each.
    private static let wholeCoreShareMin = 0.8

    /// What a core does beside the others, as a share of what it does alone; nil where either figure is missing or unsteady.
    private var coreShare: Double? {
        func rate(_ benchmark: Benchmark) -> AxisResult? { axes.first { $0.name == benchmark.name && $0.steady } }
        guard let one = rate(.fp64RateOne)?.value, let all = rate(.fp64Rate), let value = all.value, one > 0,
            all.threads > 1
        else { return nil }
        return value / one / Double(all.threads)  // bounded: of Doubles
    }

    private var processorLines: [String] {
        var lines: [String] = []
        if let share = coreShare, share < Self.wholeCoreShareMin {
            lines.append(
                "busy together, each core does \(AxisResult.percent(share)) of what it does alone: they may be hardware threads of "
                    + "fewer cores, or short of power")
        }
        if processors.allowed.count < processors.online {
            lines.append(
                "affinity or cpuset leaves \(processors.allowed.count) of \(NumberText.count(processors.online, "processor")): the figures are of those"
            )
        }
        if let quota = processors.quotaProcessors {
            lines.append(
                "the CPU quota of this cgroup is worth \(NumberText.count(Quantity.fixed(quota, decimals: 2), "processor"))"
            )
        }
        if let boost = processors.boost {
            lines.append(boost ? "the clock may boost above its nominal rate" : "boost is off")
        }
        if let wanted = processors.threadsWanted { lines.append("threads: \(wanted), as asked for") }
        if let threads = processors.hardwareThreads {
            lines.append(
                "\(NumberText.count(processors.used.count, "core", one: "has", many: "have")) \(NumberText.count(threads.count, "hardware thread")); one thread a core unless told"
            )
        }
        return lines
    }

    /// How much of the report is not to be relied on, and what did most of it.
    private var unsteadyLines: [String] {
        let unsteady = axes.filter { !$0.steady }
        guard !unsteady.isEmpty else { return [] }
        let causes = Dictionary(grouping: unsteady.flatMap(\.causes), by: \.self)
        let chief = causes.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key
        let why = chief.map { ": \($0.explanation)" } ?? ""
        let verdict = NumberText.form(of: axes.count, one: "which is no fact", many: "which are no facts")
        return ["unsteady: \(unsteady.count) of \(NumberText.count(axes.count, "figure")), \(verdict)\(why)"]
    }

    private var storageLines: [String] { storage.map { ["disk: \($0.line)"] } ?? [] }

    private var memoryLines: [String] {
        guard let memory, let peak = memory.peakBytes else { return [] }
        return ["held \(peak >> 20) MiB of memory, announced up to \(memory.announcedBytes >> 20) MiB"]
    }

    private var confinementLines: [String] {
        guard let confinement else { return [] }
        return (confinement.superuser ? [] : ["run as an ordinary user"])
            + (confinement.container.map { ["run in a container (\($0))"] } ?? [])  // bounded: joins lists
    }

    /// `storage (9 axes)` where a whole group is meant, otherwise the names.
    private static func named(_ axes: [String]) -> String {
        AxisGroup.grouped(axes, by: \.self).map { group, names in
            let whole = BenchmarkRegistry.names.count { AxisGroup(axis: $0) == group }
            return names.count == whole && whole > 1
                ? "\(group.rawValue) (\(NumberText.count(whole, "axis")))" : names.joined(separator: ", ")
        }.joined(separator: ", ")
    }
}
