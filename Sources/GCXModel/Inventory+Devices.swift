extension Inventory {
    /// A whole block device with its partitions' filesystems.
    package struct BlockDevice: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable {
            case nvme, scsi, virtio, xen, multimediaCard, deviceMapper, raid, loop, compressedMemory, network, other
        }

        package var name: String
        package var kind: Kind
        package var model: String?
        package var sizeBytes: UInt64?
        package var isRotational: Bool?
        package var isReadOnly: Bool?
        package var isRemovable: Bool?
        /// The I/O scheduler in use.
        package var scheduler: String?
        /// What is mounted from it or from its partitions.
        package var filesystems: [Filesystem] = []

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// A mounted filesystem; room is nil where nobody asked the kernel (a machine folder).
    package struct Filesystem: Codable, Equatable, Sendable {
        package var mountPoint: String
        package var type: String
        package var totalBytes: UInt64?
        /// What an unprivileged user can still write.
        package var availableBytes: UInt64?

        package init(mountPoint: String, type: String) {
            self.mountPoint = mountPoint
            self.type = type
        }
    }

    /// A network interface, without its addresses: an inventory travels.
    package struct NetworkInterface: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable {
            /// Backed by a device on a bus.
            case hardware
            case loopback, bridge, bond, vlan, wireless, tunnel
            /// Made by software.
            case virtual
        }

        package var name: String
        package var kind: Kind
        package var driver: String?
        /// Nil when the link is down or the driver does not know.
        package var speedMegabitsPerSecond: Int?
        /// The kernel's word: up, down, unknown…
        package var state: String?
        package var mtuBytes: Int?

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }
}
