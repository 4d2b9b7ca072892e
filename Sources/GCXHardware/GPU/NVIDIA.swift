package import GCXModel

/// Source: `/proc/driver/nvidia/gpus/<address>/information`. Memory needs the vendor's library and stays unknown here.
package struct NVIDIA: GPUVendor {
    package let name = "NVIDIA"
    package let vendorIDs: Set<PCIID> = [PCIID(0x10DE)]
    /// Not `nouveau`: it drives displays.
    package let computeDrivers: Set<String> = ["nvidia"]

    package init() {}

    package func addFacts(to gpu: inout Inventory.GPU, of device: Inventory.PCIDevice, in root: SystemRoot) {
        let text = root.text("proc/driver/nvidia/gpus/\(device.address)/information")
        // The driver knows models that are younger than the id list.
        gpu.model = text.flatMap { fields(of: $0)["Model"] } ?? gpu.model
    }
}
