package import GCXModel

/// Finds the facts on which the sources of one inventory disagree. Pure: it reads only the inventory.
package enum Contradictions {
    package typealias Contradiction = Inventory.Contradiction

    package static func find(in inventory: Inventory, hwlocPCICount: Int? = nil) -> [Contradiction] {
        [
            memory(inventory), puCount(inventory), clock(inventory), virtualisation(inventory),
            lastLevelCache(inventory), pciDevices(inventory, hwlocPCICount),
        ].compactMap(\.self)
    }

    private static func claim(_ source: String, _ value: (some CustomStringConvertible)?) -> Contradiction.Claim? {
        value.map { Contradiction.Claim(source: source, value: $0.description) }
    }

    private static func memory(_ inventory: Inventory) -> Contradiction? {
        guard let memory = inventory.memory else { return nil }
        let total = memory.totalBytes
        let hwloc = inventory.topology?.memoryBytes
        let blocks = memory.onlineBlocksBytes
        let tolerance = HardwareLimits.memoryTolerancePerMille
        // hwloc leaves out nodes that a driver names as a GPU's.
        let without = total.subtractingReportingOverflow(memory.processorlessBytes ?? 0)
        let isLeftOut =
            hwloc.map { !without.overflow && isNear($0, without.partialValue, perMille: tolerance) } ?? false
        let claims = isLeftOut ? [memory.nodesTotalBytes] : [hwloc, memory.nodesTotalBytes]
        let agree =
            claims.allSatisfy { $0.map { isNear($0, total, perMille: tolerance) } ?? true }
            && blocks.map { isNear($0, total, perMille: HardwareLimits.memoryBlocksTolerancePerMille) } ?? true
        guard !agree else { return nil }
        return Contradiction(
            fact: .memoryBytes,
            claims: [
                claim("meminfo MemTotal", total), claim("hwloc", hwloc), claim("node meminfo", memory.nodesTotalBytes),
                claim("online memory blocks", blocks),
            ].compactMap(\.self),
            trusted: "meminfo MemTotal",
            explanation: "Memory that was hot-plugged is missing from some of the kernel's own counts.")
    }

    private static func puCount(_ inventory: Inventory) -> Contradiction? {
        let claims = [
            claim("hwloc", inventory.puCount), claim("cpu/online", inventory.processor?.onlinePUs?.count),
            claim("cpuinfo", inventory.processor?.listedPUCount),
            claim("affinity", inventory.agentLimits?.affinity?.count),
        ].compactMap(\.self)
        guard Set(claims.map(\.value)).count > 1 else { return nil }
        return Contradiction(
            fact: .puCount, claims: claims, trusted: "hwloc",
            explanation:
                "Units are offline, or an affinity mask keeps this process, and so its jobs, from some of them.")
    }

    /// A running clock below the highest one is normal; above it, or another base clock, is not.
    private static func clock(_ inventory: Inventory) -> Contradiction? {
        guard let clock = inventory.processor?.clock else { return nil }
        let tolerance = HardwareLimits.clockTolerancePerMille
        let isAboveMaximum =
            if let now = clock.cpuinfoKilohertz, let most = clock.cpufreqKilohertzMax {
                now > most && !isNear(now, most, perMille: tolerance)
            } else { false }
        let nominals = [
            clock.cpufreqKilohertzBase, clock.modelNameKilohertz, clock.timeStampCounterKilohertzOnX86(inventory),
        ].compactMap(\.self)
        // bounded: the closure runs only when there is a second one
        let nominalsAgree = nominals.dropFirst().allSatisfy { isNear($0, nominals[0], perMille: tolerance) }
        guard isAboveMaximum || !nominalsAgree else { return nil }
        return Contradiction(
            fact: .clockKilohertz, claims: claims(of: clock, inventory), trusted: nil,
            explanation: "No source measures the clock; only a timed chain of dependent additions does.")
    }

    private static func claims(of clock: Inventory.Processor.Clock, _ inventory: Inventory) -> [Contradiction.Claim] {
        [
            claim("cpuinfo", clock.cpuinfoKilohertz), claim("cpufreq maximum", clock.cpufreqKilohertzMax),
            claim("cpufreq base", clock.cpufreqKilohertzBase), claim("model name", clock.modelNameKilohertz),
            claim("time stamp counter", clock.timeStampCounterKilohertzOnX86(inventory)),
        ].compactMap(\.self)
    }

    private static func virtualisation(_ inventory: Inventory) -> Contradiction? {
        guard let evidence = inventory.virtualisation?.evidence, Set(evidence.map(\.saysVirtual)).count > 1 else {
            return nil
        }
        return Contradiction(
            fact: .virtualisation,
            claims: evidence.compactMap { claim($0.source, "\($0.value) (\($0.saysVirtual ? "virtual" : "bare"))") },
            trusted: nil,
            explanation: "A hypervisor hides itself from some sources, or firmware names its host's maker.")
    }

    private static func lastLevelCache(_ inventory: Inventory) -> Contradiction? {
        let processor = inventory.processor
        // Intel's cpuinfo names the last level; AMD's names the second.
        let cpuinfo = processor?.vendor == "GenuineIntel" ? processor?.cpuinfoCacheBytes : nil
        let claims = [
            claim("hwloc", inventory.topology?.lastLevelCaches.first?.sizeBytes),
            claim("sysfs", processor?.sysfsLastLevelCacheBytes), claim("cpuinfo", cpuinfo),
        ].compactMap(\.self)
        guard Set(claims.map(\.value)).count > 1 else { return nil }
        return Contradiction(
            fact: .lastLevelCacheBytes, claims: claims, trusted: "hwloc",
            explanation: "A virtual machine often shows a cache that it shares with strangers, or none.")
    }

    private static func pciDevices(_ inventory: Inventory, _ hwlocCount: Int?) -> Contradiction? {
        guard let hwlocCount, hwlocCount != inventory.pciDevices.count else { return nil }
        return Contradiction(
            fact: .pciDeviceCount,
            claims: [claim("libpci", inventory.pciDevices.count), claim("hwloc", hwlocCount)].compactMap(\.self),
            trusted: "libpci", explanation: "A device came or went between the two looks, or one library filters it.")
    }

    /// Whether `value` differs from `reference` by at most the given thousandths of it.
    static func isNear(_ value: UInt64, _ reference: UInt64, perMille: UInt64) -> Bool {
        // bounded here: the smaller from the larger; the rest is asked in 128 bits
        let difference = value > reference ? value - reference : reference - value
        let allowed = reference.multipliedFullWidth(by: perMille)
        let asked = difference.multipliedFullWidth(by: 1000)
        return (asked.high, asked.low) <= (allowed.high, allowed.low)
    }
}

extension Inventory.Processor.Clock {
    /// Elsewhere the kernel's loop calibration runs on a timer that has nothing to do with the processor's clock.
    fileprivate func timeStampCounterKilohertzOnX86(_ inventory: Inventory) -> UInt64? {
        inventory.processor?.flags.contains("tsc") == true ? timeStampCounterKilohertz : nil
    }
}
