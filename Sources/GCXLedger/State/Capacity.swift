import GCXModel

// dictionaries: running, leases, loads, loadsOfMachine

extension LedgerState {
    /// What of the offer no live lease holds at any moment in `from ..< until`.
    ///
    /// Capacity belongs to the machine: what is sold on one of its offers, of whatever revision, is free on none.
    ///
    /// - Parameter ofMachine: false counts only leases of this offer, which was the rule when an old journal was written.
    /// - Complexity: O(n) in the live leases of the machine: one pass over its ``LoadTimeline``.
    func freeCapacity(of offer: Offer, from: UInt64, until: UInt64, ofMachine: Bool = true) -> Resources {
        let load = ofMachine ? loadsOfMachine[offer.machine] : loads[offer.series]
        let peak = load?.peak(from: from, until: until) ?? LoadTimeline.Load()
        func free(_ capacity: some BinaryInteger, _ held: Int128) -> UInt64 {
            UInt64(clamping: Int128(capacity) - held)  // bounded: 128 bits of sums of 64
        }
        return Resources(
            cores: UInt32(clamping: free(offer.capacity.cores, peak.cores)),
            memoryBytes: free(offer.capacity.memoryBytes, peak.memoryBytes),
            storageBytes: free(offer.capacity.storageBytes, peak.storageBytes),
            gpus: UInt32(clamping: free(offer.capacity.gpus, peak.gpus)))
    }
}
