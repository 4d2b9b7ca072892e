import GCXModel

/// How much of an offer its leases hold, over time: one step for each moment at which that changes.
///
/// Kept as leases open and close, so that asking costs one pass over the steps, whoever asks.
struct LoadTimeline: Equatable, Sendable {
    /// What begins less what ends at a moment, or a load. Signed and so wide that no number of leases overflows it.
    struct Load: Equatable, Sendable {
        var cores: Int128 = 0
        var memoryBytes: Int128 = 0
        var storageBytes: Int128 = 0
        var gpus: Int128 = 0

        mutating func add(_ other: Load, times sign: Int128 = 1) {
            // bounded here: 128 bits hold 2^63 loads of 64
            cores += sign * other.cores
            memoryBytes += sign * other.memoryBytes
            storageBytes += sign * other.storageBytes
            gpus += sign * other.gpus
        }

        mutating func raise(to other: Load) {
            cores = max(cores, other.cores)
            memoryBytes = max(memoryBytes, other.memoryBytes)
            storageBytes = max(storageBytes, other.storageBytes)
            gpus = max(gpus, other.gpus)
        }
    }

    private var moments: [UInt64] = []
    private var changes: [Load] = []

    /// A lease that holds so much from one second up to another. O(steps) at worst, for the arrays stay in order.
    mutating func add(_ resources: Resources, from: UInt64, until: UInt64) {
        step(Load(resources), at: from, times: 1)
        step(Load(resources), at: until, times: -1)
    }

    /// A lease that was added before.
    mutating func remove(_ resources: Resources, from: UInt64, until: UInt64) {
        step(Load(resources), at: from, times: -1)
        step(Load(resources), at: until, times: 1)
    }

    /// The most of each part that is held at any moment in `from ..< until`. O(steps).
    func peak(from: UInt64, until: UInt64) -> Load {
        var (load, peak) = (Load(), Load())
        // bounded here: the index is below the number of moments, and there are as many changes
        var index = 0
        while index < moments.count, moments[index] <= from {
            load.add(changes[index])
            index += 1
        }
        peak.raise(to: load)
        while index < moments.count, moments[index] < until {
            load.add(changes[index])
            peak.raise(to: load)
            index += 1
        }
        return peak
    }

    private mutating func step(_ load: Load, at moment: UInt64, times sign: Int128) {
        // bounded here: a place is at most the number of moments, and there are as many changes
        let index = place(of: moment)
        if index == moments.count || moments[index] != moment {
            moments.insert(moment, at: index)
            changes.insert(Load(), at: index)
        }
        changes[index].add(load, times: sign)
        if changes[index] == Load() {
            moments.remove(at: index)
            changes.remove(at: index)
        }
    }

    /// The first step at or after `moment`.
    private func place(of moment: UInt64) -> Int {
        // bounded here: low and high stay in the list
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = low + (high - low) / 2
            if moments[middle] < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LoadTimeline.Load {
    init(_ resources: Resources) {
        self.init(
            cores: Int128(resources.cores), memoryBytes: Int128(resources.memoryBytes),
            storageBytes: Int128(resources.storageBytes), gpus: Int128(resources.gpus))
    }
}
