extension Inventory {
    /// A graphics processor or accelerator, found by its PCI class and explained by its vendor's file.
    package struct GPU: Codable, Equatable, Sendable {
        /// What stands between this device and a job.
        package enum Condition: String, Codable, Sendable {
            /// The vendor's compute driver holds it.
            case ready
            /// No driver is bound: install or load one.
            case noDriver
            /// `vfio-pci` or `pci-stub` holds it for a virtual machine.
            case heldForPassthrough
            /// A driver for displays is bound; it runs no compute jobs.
            case displayOnly
            /// No vendor file claims it: listed with its bare ids, and not sold.
            case unrecognised
        }

        package var pciAddress: String
        /// The vendor file's name, the id list's, or the bare id.
        package var vendor: String
        /// The model; nil when neither the driver nor the id list knows it.
        package var model: String?
        package var driver: String?
        package var condition: Condition
        /// Device memory in bytes, where sysfs tells.
        package var memoryBytes: UInt64?
        package var numaNode: Int?

        package init(pciAddress: String, vendor: String, condition: Condition) {
            self.pciAddress = pciAddress
            self.vendor = vendor
            self.condition = condition
        }
    }
}
