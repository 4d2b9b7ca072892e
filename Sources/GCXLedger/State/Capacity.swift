import GCXModel

// dictionaries: running, leases

/// The parts of ``Resources``, so that a rule on all of them is written once.
enum ResourcePart: String, CaseIterable {
    case cores
    case memory = "bytes of memory"
    case storage = "bytes of storage"
    case gpus = "GPUs"

    func amount(of resources: Resources) -> UInt64 {
        switch self {
        case .cores: UInt64(clamping: resources.cores)
        case .memory: resources.memoryBytes
        case .storage: resources.storageBytes
        case .gpus: UInt64(clamping: resources.gpus)
        }
    }
}

extension LedgerState {
    /// What of the offer no live lease holds at any moment in `from ..< until`, whichever revision it was opened on.
    ///
    /// - Complexity: O(n²) in the live leases of the offer that overlap the time.
    func freeCapacity(of offer: Offer, from: UInt64, until: UInt64) -> Resources {
        let held = (running[offer.series] ?? []).compactMap { leases[$0]?.terms }
            .filter { $0.startsAt < until && from < $0.endsAt }
        // The load only ever grows at the start of a lease, so its peak is at one of the starts.
        let moments = [from] + held.map(\.startsAt).filter { $0 > from }  // bounded: joins two lists
        func free(_ part: ResourcePart) -> UInt64 {
            let loads = moments.map { moment in
                held.filter { $0.startsAt <= moment && moment < $0.endsAt }
                    .map { part.amount(of: $0.resources) }.reduce(0, saturatingSum)
            }
            let (peak, capacity) = (loads.max() ?? 0, part.amount(of: offer.capacity))
            return capacity > peak ? capacity - peak : 0  // bounded: the smaller from the larger
        }
        return Resources(
            cores: UInt32(clamping: free(.cores)), memoryBytes: free(.memory), storageBytes: free(.storage),
            gpus: UInt32(clamping: free(.gpus)))
    }
}

private func saturatingSum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
