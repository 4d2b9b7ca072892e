/// What one machine is made of, as far as its own operating system tells: level L0, claimed.
///
/// `gcx-probe` writes it as one JSON document and everything else reads it. A fact no source gave is nil and its key is
/// missing, never zero. Numbers are integers; a key says its unit wherever the type does not.
package struct Inventory: Codable, Equatable, Sendable {
    /// Grows when a reader of the old version would misunderstand the document; a new optional key does not count.
    package static let schemaVersionCurrent = 1

    /// What was looked at.
    package enum Origin: String, Codable, Sendable {
        case liveMachine
        /// An export of a machine's `/sys` and `/proc` with its hwloc topology.
        case machineFolder
        /// An hwloc XML export: topology and devices only.
        case hwlocXML
    }

    package var schemaVersion: Int
    package var origin: Origin
    package var topology: Topology?
    package var processor: Processor?
    package var memory: Memory?
    /// Every PCI function, in address order, known to the id list or not.
    package var pciDevices: [PCIDevice] = []
    /// The graphics and accelerator functions among them, in address order.
    package var gpus: [GPU] = []
    package var blockDevices: [BlockDevice] = []
    package var networkInterfaces: [NetworkInterface] = []
    package var kernel: Kernel?
    package var virtualisation: Virtualisation?
    package var agentLimits: AgentLimits?
    /// Facts on which sources disagree; the inventory shows them and chooses openly.
    package var contradictions: [Contradiction] = []
    /// Sources that could not be read; the rest of the document stands.
    package var problems: [Problem] = []

    package init(origin: Origin) {
        schemaVersion = Self.schemaVersionCurrent
        self.origin = origin
    }

    /// A source that gave nothing, and why.
    package struct Problem: Codable, Equatable, Sendable {
        package var source: String
        package var reason: String

        package init(source: String, reason: String) {
            self.source = source
            self.reason = reason
        }
    }
}

// What the rest of the program asks of a machine.
extension Inventory {
    /// Physical cores; nil where nobody knows of any.
    package var coreCount: Int? { topology.flatMap { $0.cores.isEmpty ? nil : $0.cores.count } }

    /// Processing units (hardware threads); nil without a topology.
    package var puCount: Int? { topology?.pus.count }

    /// Main memory that jobs can get, in bytes: the kernel's MemTotal without huge pages and without nodes that have no
    /// processors, capped by every cgroup above the agent.
    ///
    /// The topology's figure is only the fallback: on a machine with hot-plugged memory it counted a quarter of it.
    package var memoryBytes: UInt64? {
        guard let total = memory?.plainBytes ?? topology?.memoryBytes else { return nil }
        return min(total, agentLimits?.memoryBytesMax ?? total)
    }

    /// The units this process may run on: allowed by the topology, the affinity mask and every cpuset above it.
    package var allowedPUs: PUSet? {
        [topology?.allowedPUs, agentLimits?.affinity, agentLimits?.cpuset].compactMap(\.self)
            .reduce(nil) { (allowed: PUSet?, next) in allowed?.intersection(next) ?? next }
    }

    /// The cores with at least one allowed unit, in topology order; empty without a topology.
    package var allowedCores: [Topology.Core] {
        guard let allowed = allowedPUs, let topology else { return [] }
        return topology.cores.filter { !$0.pus.isDisjoint(with: allowed) }
    }

    /// The GPUs a job could use now.
    package var readyGPUs: [GPU] { gpus.filter { $0.condition == .ready } }

    /// The tightest CPU quota above the agent, in thousandths of a core; nil when there is none.
    package var cpuMillicoresMax: UInt64? { agentLimits?.cpuMillicoresMax }
}

extension Inventory {
    /// Cores that may be used: what affinity and cpuset leave, no more than the quota feeds.
    package var usableCores: UInt64 {
        // bounded: a count is not below 0
        let cores = UInt64(allowedCores.isEmpty ? puCount ?? 0 : allowedCores.count)
        return min(cores, (cpuMillicoresMax ?? .max) / 1_000)
    }

    /// The processing units that jobs can have for themselves: of all cores that may be used but for the first `reserved`, which
    /// stay the owner's; nil without a topology.
    package func pusForSale(reserved: UInt64) -> PUSet? {
        guard let allowed = allowedPUs, !allowedCores.isEmpty else { return nil }
        return allowedCores.dropFirst(Int(clamping: reserved))
            .reduce(PUSet([])) { $0.union($1.pus.intersection(allowed)) }
    }
}
