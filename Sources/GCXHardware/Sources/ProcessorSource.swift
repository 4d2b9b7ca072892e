package import GCXModel

/// Processor model, flags and every claimed clock. Source: `/proc/cpuinfo`, `/sys/devices/system/cpu`.
package enum ProcessorSource {
    private static let cpus = "sys/devices/system/cpu"

    package static func read(_ root: SystemRoot) -> Inventory.Processor? {
        guard var processor = root.text("proc/cpuinfo").flatMap(parse) else { return nil }
        processor.onlinePUs = root.word("\(cpus)/online").flatMap { PUSet(list: $0) }
        processor.clock.cpufreqKilohertzMax = highest(root, "cpuinfo_max_freq")
        processor.clock.cpufreqKilohertzBase = highest(root, "base_frequency")
        processor.sysfsLastLevelCacheBytes = CacheSource.lastLevelBytes(root)
        return processor
    }

    /// Reads x86 and Arm spellings; nil when the text lists no processor.
    package static func parse(_ text: String) -> Inventory.Processor? {
        let entries = text.split(separator: "\n\n").map { fields(of: $0) }.filter { $0["processor"] != nil }
        guard let first = entries.first else { return nil }
        var processor = Inventory.Processor()
        processor.listedPUCount = entries.count
        processor.vendor = first["vendor_id"] ?? first["CPU implementer"].flatMap(armImplementer)
        processor.model = first["model name"] ?? first["CPU part"].map { "part \($0)" }
        processor.flags = (first["flags"] ?? first["Features"] ?? "").split(separator: " ").map(String.init).sorted()
        processor.cpuinfoCacheBytes = first["cache size"].flatMap(kibibytes)
        processor.clock.cpuinfoKilohertz = entries.compactMap { $0["cpu MHz"].flatMap(kilohertz) }.max()
        processor.clock.modelNameKilohertz = first["model name"].flatMap(clockInName)
        processor.clock.timeStampCounterKilohertz = first["bogomips"].flatMap(kilohertz).map { $0 / 2 }
        return processor
    }

    /// `2596.128` in MHz; read as text because a clock is no reason for floating point.
    static func kilohertz(_ megahertz: some StringProtocol) -> UInt64? {
        let parts = megahertz.split(separator: ".", omittingEmptySubsequences: false)
        // bounded here: one part or two, counted first; megahertz are below a million, and three digits follow at most
        guard (1...2).contains(parts.count), let whole = UInt64(parts[0]), whole < 1_000_000 else { return nil }
        let decimals = parts.count == 2 ? String(parts[1].prefix(3)) : ""
        guard let thousandths = UInt64(decimals + String(repeating: "0", count: 3 - decimals.count)) else { return nil }
        return whole * 1000 + thousandths
    }

    /// `… CPU @ 2.60GHz` → 2 600 000.
    static func clockInName(_ name: String) -> UInt64? {
        guard let word = name.split(separator: "@").dropFirst().first.map(trimmed), word.hasSuffix("GHz") else {
            return nil
        }
        return kilohertz(word.dropLast(3)).map { $0 * 1000 }  // bounded: kilohertz are below 2^30
    }

    private static func kibibytes(_ size: String) -> UInt64? {
        let parts = size.split(separator: " ")
        // bounded here: two parts, counted first, and fewer than 2^40 KiB
        guard parts.count == 2, parts[1] == "KB", let count = UInt64(parts[0]), count < 1 << 40 else { return nil }
        return count * 1024
    }

    /// Arm's implementer codes (Arm Architecture Reference Manual, MIDR_EL1); a code not listed stays a code.
    private static func armImplementer(_ code: String) -> String {
        let known = [
            "0x41": "Arm", "0x42": "Broadcom", "0x43": "Cavium", "0x48": "HiSilicon", "0x4e": "NVIDIA",
            "0x50": "Applied Micro", "0x51": "Qualcomm", "0x61": "Apple", "0x6d": "Microsoft", "0xc0": "Ampere",
        ]
        return known[code] ?? "implementer \(code)"  // bounded: a dictionary
    }

    private static func highest(_ root: SystemRoot, _ file: String) -> UInt64? {
        root.names(in: cpus).filter { numberSuffix($0, after: "cpu") != nil }
            .compactMap { root.word("\(cpus)/\($0)/cpufreq/\(file)").flatMap { UInt64($0) } }.max()
    }
}
