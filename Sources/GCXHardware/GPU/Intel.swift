package import GCXModel

/// Source: the i915 driver's `lmem_total_bytes` of the card; a processor's own graphics have no memory of their own.
package struct Intel: GPUVendor {
    package let name = "Intel"
    /// Intel, and Habana, whose accelerators kept their own number.
    package let vendorIDs: Set<PCIID> = [PCIID(0x8086), PCIID(0x1DA3)]
    package let computeDrivers: Set<String> = ["i915", "xe", "habanalabs"]

    package init() {}

    package func addFacts(to gpu: inout Inventory.GPU, of device: Inventory.PCIDevice, in root: SystemRoot) {
        guard let card = root.drmCard(of: device) else { return }
        gpu.memoryBytes = root.word("\(card)/lmem_total_bytes").flatMap { UInt64($0) }
    }
}
