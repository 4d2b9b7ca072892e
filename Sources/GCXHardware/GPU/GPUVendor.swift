package import GCXModel

/// What a file in this folder knows of one vendor's graphics processors and accelerators.
///
/// A new vendor is a new file with one type, and a line in ``GPUVendors/all``.
package protocol GPUVendor: Sendable {
    /// As people say it: `NVIDIA`.
    var name: String { get }
    /// The vendor's PCI numbers. The board partner's number (subsystem) says nothing about the chip and is never asked.
    var vendorIDs: Set<PCIID> { get }
    /// Drivers that run compute jobs.
    var computeDrivers: Set<String> { get }
    /// What only this vendor's files tell: model and memory. Leave alone what is not known.
    func addFacts(to gpu: inout Inventory.GPU, of device: Inventory.PCIDevice, in root: SystemRoot)
}

/// The vendors this project knows. A device of another one is listed too, by its PCI numbers.
package enum GPUVendors {
    package static let all: [any GPUVendor] = [NVIDIA(), AMD(), Intel()]

    /// Drivers that hold a device for a virtual machine.
    private static let passthroughDrivers: Set<String> = ["vfio-pci", "pci-stub", "pciback"]

    /// The display controllers and processing accelerators among `devices`, each explained as far as anyone can.
    package static func gpus(among devices: [Inventory.PCIDevice], in root: SystemRoot) -> [Inventory.GPU] {
        devices.filter { $0.classCode.isDisplay || $0.classCode.isAccelerator }.map { describe($0, in: root) }
    }

    private static func describe(_ device: Inventory.PCIDevice, in root: SystemRoot) -> Inventory.GPU {
        let vendor = all.first { $0.vendorIDs.contains(device.vendorID) }
        var gpu = Inventory.GPU(
            pciAddress: device.address, vendor: vendor?.name ?? device.vendorName ?? "\(device.vendorID)",
            condition: condition(of: device, vendor))
        gpu.model = device.deviceName
        gpu.driver = device.driver
        gpu.numaNode = device.numaNode
        vendor?.addFacts(to: &gpu, of: device, in: root)
        return gpu
    }

    private static func condition(
        of device: Inventory.PCIDevice, _ vendor: (any GPUVendor)?
    ) -> Inventory.GPU.Condition {
        guard let vendor else { return .unrecognised }
        guard let driver = device.driver else { return .noDriver }
        if passthroughDrivers.contains(driver) { return .heldForPassthrough }
        return vendor.computeDrivers.contains(driver) ? .ready : .displayOnly
    }
}

extension SystemRoot {
    /// The DRM card folder of a PCI function, such as `…/drm/card0`; nil when the driver made none.
    func drmCard(of device: Inventory.PCIDevice) -> String? {
        let folder = "\(PCISource.folder)/\(device.address)/drm"
        return names(in: folder).first { numberSuffix($0, after: "card") != nil }.map { "\(folder)/\($0)" }
    }
}
