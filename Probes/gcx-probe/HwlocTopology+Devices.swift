import CHwloc
import GCXHardware
import GCXModel

// Devices as hwloc knows them: all there is when the machine itself is elsewhere.
extension HwlocTopology {
    /// PCI functions, bridges included, in address order. Without driver, link width and group: an export holds none.
    func pciDevices() -> [Inventory.PCIDevice] {
        let plain = unsafe objects(HWLOC_OBJ_PCI_DEVICE).compactMap { unsafe $0.attr?.pointee.pcidev }
        let bridges = unsafe objects(HWLOC_OBJ_BRIDGE).compactMap { object -> hwloc_pcidev_attr_s? in
            // A host bridge is the processor's side of the bus, not a function on it.
            guard let bridge = unsafe object.attr?.pointee.bridge, bridge.upstream_type == HWLOC_OBJ_BRIDGE_PCI else {
                return nil
            }
            return unsafe bridge.upstream.pci
        }
        // bounded: joins two lists
        return (plain + bridges).map { Self.describe($0) }.sorted { $0.address < $1.address }
    }

    private static func describe(_ found: hwloc_pcidev_attr_s) -> Inventory.PCIDevice {
        var device = Inventory.PCIDevice(
            address: PCILibrary.address(domain: Int(clamping: found.domain), found.bus, found.dev, found.func),
            vendorID: PCIID(found.vendor_id), deviceID: PCIID(found.device_id),
            classCode: PCIClass(UInt32(clamping: found.class_id) &<< 8))
        if found.subvendor_id != 0 {
            device.subsystemVendorID = PCIID(found.subvendor_id)
            device.subsystemDeviceID = PCIID(found.subdevice_id)
        }
        device.revision = Int(clamping: found.revision)
        return device
    }

    func blockDevices() -> [Inventory.BlockDevice] {
        unsafe osDevices(HWLOC_OBJ_OSDEV_BLOCK).map { object, name in
            var device = Inventory.BlockDevice(name: name, kind: BlockSource.kind(ofName: name))
            device.model = unsafe Self.info(object, "Model")
            // hwloc counts KiB (hwloc manual, "Misc Objects", info `Size`).
            device.sizeBytes = unsafe Self.info(object, "Size").flatMap { UInt64($0, radix: 10) }
                .map { $0.multipliedReportingOverflow(by: 1024) }.flatMap { $0.overflow ? nil : $0.partialValue }
            return device
        }
    }

    func networkInterfaces() -> [Inventory.NetworkInterface] {
        unsafe osDevices(HWLOC_OBJ_OSDEV_NETWORK).map {
            unsafe Inventory.NetworkInterface(name: $0.name, kind: .hardware)
        }
    }

    private func osDevices(_ type: hwloc_obj_osdev_type_t) -> [(object: hwloc_obj, name: String)] {
        unsafe objects(HWLOC_OBJ_OS_DEVICE).filter { unsafe $0.attr?.pointee.osdev.type == type }.compactMap { object in
            unsafe object.name.map { unsafe (object, String(cString: $0)) }
        }
    }
}
