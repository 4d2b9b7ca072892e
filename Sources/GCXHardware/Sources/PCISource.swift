package import GCXModel

/// What sysfs knows of a PCI function beyond its ids: driver, node, link, group. The ids and names come from libpci.
///
/// Source: `/sys/bus/pci/devices/<address>` (`Documentation/ABI/testing/sysfs-bus-pci`).
package enum PCISource {
    package static let folder = "sys/bus/pci/devices"

    package static func readFacts(_ root: SystemRoot, into device: inout Inventory.PCIDevice) {
        let path = "\(folder)/\(device.address)"
        device.driver = root.linkName("\(path)/driver")
        // The kernel says -1 on a machine with one node.
        device.numaNode = root.integer("\(path)/numa_node").flatMap { $0 >= 0 ? $0 : nil }
        device.iommuGroup = root.linkName("\(path)/iommu_group").flatMap { Int($0) }
        device.physicalFunction = root.linkName("\(path)/physfn")
        device.link = readLink(root, path)
    }

    private static func readLink(_ root: SystemRoot, _ path: String) -> Inventory.PCILink? {
        let link = Inventory.PCILink(
            speed: root.word("\(path)/current_link_speed").flatMap(parseSpeed),
            speedMax: root.word("\(path)/max_link_speed").flatMap(parseSpeed),
            width: root.word("\(path)/current_link_width").flatMap(parseWidth),
            widthMax: root.word("\(path)/max_link_width").flatMap(parseWidth))
        return link == Inventory.PCILink(speed: nil, speedMax: nil, width: nil, widthMax: nil) ? nil : link
    }

    /// `16.0 GT/s PCIe` → 16000; nil for `Unknown`.
    package static func parseSpeed(_ text: String) -> Int? {
        let parts = text.split(separator: " ")
        // bounded here: two parts or more, counted first; kilohertz are below 2^30
        guard parts.count >= 2, parts[1] == "GT/s" else { return nil }
        return ProcessorSource.kilohertz(parts[0]).map { Int($0) }
    }

    /// `16` → 16; nil for 0 and 255, which are how a device without a link says so.
    package static func parseWidth(_ text: String) -> Int? {
        Int(text, radix: 10).flatMap { (1...32).contains($0) ? $0 : nil }
    }
}
