extension Inventory {
    /// What the kernel says of the processors apart from their shape.
    package struct Processor: Codable, Equatable, Sendable {
        package var vendor: String?
        package var model: String?
        /// Instruction set flags as the kernel spells them, sorted.
        package var flags: [String] = []
        /// Entries in `/proc/cpuinfo`.
        package var listedPUCount: Int?
        /// `/sys/devices/system/cpu/online`.
        package var onlinePUs: PUSet?
        package var clock = Clock()
        /// The last cache that `/proc/cpuinfo` names, bytes.
        package var cpuinfoCacheBytes: UInt64?
        /// The highest level cache of the first CPU in sysfs, bytes.
        package var sysfsLastLevelCacheBytes: UInt64?

        package init() {}

        /// Every clock rate a source claims, in kilohertz. None of them is measured.
        package struct Clock: Codable, Equatable, Sendable {
            /// The highest `cpu MHz` of `/proc/cpuinfo`.
            package var cpuinfoKilohertz: UInt64?
            /// `cpufreq/cpuinfo_max_freq`.
            package var cpufreqKilohertzMax: UInt64?
            /// `cpufreq/base_frequency`.
            package var cpufreqKilohertzBase: UInt64?
            /// What follows the @ in the model name.
            package var modelNameKilohertz: UInt64?
            /// The kernel's loop calibration, which on x86 is the time stamp counter's rate.
            package var timeStampCounterKilohertz: UInt64?

            package init() {}
        }
    }

    /// Main memory as the kernel counts it, in bytes; nil is what it does not say.
    ///
    /// Source: `/proc/meminfo`, and sysfs for nodes, huge pages and memory blocks.
    package struct Memory: Codable, Equatable, Sendable {
        /// MemTotal.
        package var totalBytes: UInt64
        /// MemAvailable at the moment of the probe.
        package var availableBytes: UInt64?
        package var swapTotalBytes: UInt64?
        package var swapFreeBytes: UInt64?
        package var hugePageBytes: UInt64?
        package var hugePagesTotal: UInt64?
        package var hugePagesFree: UInt64?
        /// What the owner has set aside as huge pages of whatever size, used or not: no job gets any of it.
        package var hugeBytes: UInt64?
        /// The sum over the NUMA nodes that have memory and no processors: a GPU's, an expander's, persistent memory.
        package var processorlessBytes: UInt64?
        /// The sum of MemTotal over the NUMA nodes' own meminfo.
        package var nodesTotalBytes: UInt64?
        /// The memory blocks that are online, as the hot-plug interface counts them; firmware's own share included.
        package var onlineBlocksBytes: UInt64?

        package init(totalBytes: UInt64) {
            self.totalBytes = totalBytes
        }

        /// What plain memory is left for jobs, whoever uses it now: all of it, less what was set aside as huge pages and what lies
        /// on nodes without processors.
        package var plainBytes: UInt64 {
            let other = (hugeBytes ?? 0).saturatingSum(processorlessBytes ?? 0)
            return totalBytes > other ? totalBytes - other : 0  // bounded: the smaller from the larger
        }
    }

    /// The kernel that runs, and the distribution around it.
    package struct Kernel: Codable, Equatable, Sendable {
        package var release: String
        package var architecture: String?
        /// Changes at every boot; counters of two boots never compare.
        package var bootID: String?
        package var distribution: String?

        package init(release: String) {
            self.release = release
        }
    }

    /// Whether this is a virtual machine or a container, and what says so.
    package struct Virtualisation: Codable, Equatable, Sendable {
        package struct Evidence: Codable, Equatable, Sendable {
            package var source: String
            package var value: String
            /// Whether this source, alone, would mean a virtual machine.
            package var saysVirtual: Bool

            package init(source: String, value: String, saysVirtual: Bool) {
                self.source = source
                self.value = value
                self.saysVirtual = saysVirtual
            }
        }

        /// `kvm`, `vmware`…, `unknown` when only the fact is known; nil when nothing speaks for a hypervisor.
        package var hypervisor: String?
        /// `docker`, `lxc`…; nil when nothing speaks for a container.
        package var container: String?
        package var evidence: [Evidence]

        package init(hypervisor: String?, container: String?, evidence: [Evidence]) {
            self.hypervisor = hypervisor
            self.container = container
            self.evidence = evidence
        }
    }
}
