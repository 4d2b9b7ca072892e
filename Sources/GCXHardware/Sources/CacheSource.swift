/// The kernel's own view of the caches, to compare with hwloc's. Source: `/sys/devices/system/cpu/cpu0/cache`.
package enum CacheSource {
    /// The size of the highest level cache of the first CPU, in bytes; nil where the kernel shows none.
    package static func lastLevelBytes(_ root: SystemRoot) -> UInt64? {
        let folder = "sys/devices/system/cpu/cpu0/cache"
        let levels = root.names(in: folder).filter { numberSuffix($0, after: "index") != nil }
            .compactMap { index in root.integer("\(folder)/\(index)/level").map { (level: $0, index: index) } }
        guard let last = levels.max(by: { $0.level < $1.level }) else { return nil }
        return root.word("\(folder)/\(last.index)/size").flatMap(parseSize)
    }

    /// `32768K`, `36M`.
    package static func parseSize(_ text: String) -> UInt64? {
        // dictionaries: factors
        let factors: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        guard let unit = text.last, let factor = factors[unit], let count = UInt64(text.dropLast()) else {
            return UInt64(text, radix: 10)
        }
        return count < 1 << 32 ? count * factor : nil  // bounded: below 2^32 times 2^30 at most
    }
}
