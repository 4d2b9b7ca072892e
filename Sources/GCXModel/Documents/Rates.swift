/// Prices in token base units, each for one hour of its resource, egress for one GiB.
///
/// Only `GCXPricing` multiplies them.
package struct Rates: Codable, Equatable, Hashable, Sendable {
    /// For each hour of the lease, used or not.
    package var leaseHour: Amount
    /// For each hour of CPU time of one core.
    package var coreHour: Amount
    /// For each GiB of memory held for an hour.
    package var memoryGiBHour: Amount
    /// For each hour of one GPU.
    package var gpuHour: Amount
    /// For each GiB of storage held for an hour.
    package var storageGiBHour: Amount
    /// For each GiB that leaves the machine.
    package var egressGiB: Amount

    package init(
        leaseHour: Amount, coreHour: Amount, memoryGiBHour: Amount, gpuHour: Amount, storageGiBHour: Amount,
        egressGiB: Amount
    ) {
        self.leaseHour = leaseHour
        self.coreHour = coreHour
        self.memoryGiBHour = memoryGiBHour
        self.gpuHour = gpuHour
        self.storageGiBHour = storageGiBHour
        self.egressGiB = egressGiB
    }
}
