import CPCI
import GCXModel
import Glibc

/// PCI functions and their names through libpci. One thread only: the library keeps global state.
enum PCILibrary {
    /// Every function below a sysfs bus folder (`…/sys/bus/pci`), in address order.
    ///
    /// C: pci_init, pci_scan_bus, pci_fill_info, pci_lookup_name.
    static func scan(
        sysfs: String, idList: String?
    ) -> (devices: [Inventory.PCIDevice], problems: [Inventory.Problem]) {
        guard let access = unsafe open(sysfs: sysfs, idList: idList) else { return ([], [problem()]) }
        defer { unsafe pci_cleanup(access) }
        guard unsafe gcx_pci_scan(access) == 0 else { return ([], [problem()]) }
        var devices: [Inventory.PCIDevice] = []
        var problems: [Inventory.Problem] = []
        var next = unsafe access.pointee.devices
        while let device = unsafe next {
            if unsafe gcx_pci_fill(device, fillFlags) != 0 { problems.append(problem()) }
            unsafe devices.append(describe(device.pointee))
            unsafe next = unsafe device.pointee.next
        }
        unsafe addNames(to: &devices, access)
        return (devices.sorted { $0.address < $1.address }, problems)
    }

    /// Names for devices that another source found.
    static func addNames(to devices: inout [Inventory.PCIDevice], idList: String?) {
        guard let access = unsafe open(sysfs: "/sys/bus/pci", idList: idList) else { return }
        defer { unsafe pci_cleanup(access) }
        unsafe addNames(to: &devices, access)
    }

    private static let fillFlags = PCI_FILL_IDENT | PCI_FILL_CLASS | PCI_FILL_CLASS_EXT | PCI_FILL_SUBSYS

    private static func open(sysfs: String, idList: String?) -> UnsafeMutablePointer<pci_access>? {
        let access = unsafe sysfs.withCString { unsafe gcx_pci_open(UnsafeMutablePointer(mutating: $0)) }
        // libpci frees the copy with the handle.
        if let access = unsafe access, let idList { unsafe pci_set_name_list_path(access, strdup(idList), 1) }
        return unsafe access
    }

    private static func problem() -> Inventory.Problem {
        unsafe Inventory.Problem(source: "libpci", reason: String(cString: gcx_pci_last_error()))
    }

    private static func describe(_ found: pci_dev) -> Inventory.PCIDevice {
        var device = unsafe Inventory.PCIDevice(
            // bounded here: 16 and 8 bits in 32, of which 24 are used
            address: address(domain: Int(found.domain), found.bus, found.dev, found.func),
            vendorID: PCIID(found.vendor_id), deviceID: PCIID(found.device_id),
            classCode: PCIClass(UInt32(found.device_class) << 8 | UInt32(found.prog_if)))
        // Zero is how a bridge, and 0xffff how a device that fell silent, says that it has none.
        if unsafe found.subsys_vendor_id != 0 && found.subsys_vendor_id != 0xFFFF {
            device.subsystemVendorID = unsafe PCIID(found.subsys_vendor_id)
            device.subsystemDeviceID = unsafe PCIID(found.subsys_id)
        }
        device.revision = unsafe Int(found.rev_id)
        return device
    }

    /// `0000:3b:00.0`, as sysfs names its folders.
    static func address(domain: Int, _ bus: UInt8, _ device: UInt8, _ function: UInt8) -> String {
        // bounded: bytes
        "\(hexadecimal(domain, 4)):\(hexadecimal(Int(bus), 2)):\(hexadecimal(Int(device), 2)).\(function)"
    }

    private static func hexadecimal(_ value: Int, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text  // bounded: joins texts
    }

    private static func addNames(to devices: inout [Inventory.PCIDevice], _ access: UnsafeMutablePointer<pci_access>) {
        for index in devices.indices {
            // bounded here: an index of the list; 16 bits in 32
            let (vendor, device) = (Int32(devices[index].vendorID.value), Int32(devices[index].deviceID.value))
            let code = Int32(devices[index].classCode.baseAndSub)
            devices[index].vendorName = unsafe name { unsafe gcx_pci_vendor_name(access, $0, $1, vendor) }
            devices[index].deviceName = unsafe name { unsafe gcx_pci_device_name(access, $0, $1, vendor, device) }
            devices[index].className = unsafe name { unsafe gcx_pci_class_name(access, $0, $1, code) }
        }
    }

    private static func name(
        _ lookUp: (UnsafeMutablePointer<CChar>, Int32) -> UnsafePointer<CChar>?
    ) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            // bounded: a constant
            unsafe buffer.baseAddress.flatMap { unsafe lookUp($0, Int32(buffer.count)) }.map {
                unsafe String(cString: $0)
            }
        }
    }
}
