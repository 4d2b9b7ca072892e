package import GCXModel

/// Source: the amdgpu driver's `mem_info_vram_total` and `product_name` (`Documentation/gpu/amdgpu/driver-misc`).
package struct AMD: GPUVendor {
    package let name = "AMD"
    package let vendorIDs: Set<PCIID> = [PCIID(0x1002)]
    /// Not `radeon`: its chips have no compute stack any more.
    package let computeDrivers: Set<String> = ["amdgpu"]

    package init() {}

    package func addFacts(to gpu: inout Inventory.GPU, of device: Inventory.PCIDevice, in root: SystemRoot) {
        let path = "\(PCISource.folder)/\(device.address)"
        gpu.memoryBytes = root.word("\(path)/mem_info_vram_total").flatMap { UInt64($0) }
        gpu.model = root.word("\(path)/product_name") ?? gpu.model
    }
}
