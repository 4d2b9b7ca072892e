/// A PCI vendor or device number, written as the four hexadecimal digits people know: `10de`.
package struct PCIID: Hashable, Sendable, CustomStringConvertible {
    package let value: UInt16

    package init(_ value: UInt16) {
        self.value = value
    }

    package var description: String { hexadecimal(UInt32(value), digits: 4) }  // bounded: 16 bits in 32
}

/// A PCI class code with subclass and programming interface, six hexadecimal digits: `030200`.
package struct PCIClass: Hashable, Sendable, CustomStringConvertible {
    /// 24 bits: base class, subclass, programming interface.
    package let value: UInt32

    package init(_ value: UInt32) {
        self.value = value & 0xFF_FFFF
    }

    /// The base class: 0x03 is display, 0x06 bridge, 0x12 processing accelerator.
    package var base: UInt8 { UInt8(value >> 16) }  // bounded: a class has 24 bits, `init` cuts it
    /// Base class and subclass, as the id list names them.
    // bounded: a class has 24 bits, `init` cuts it; the cut of its lower ones leaves 16
    package var baseAndSub: UInt16 { UInt16(value >> 8) }
    package var isDisplay: Bool { base == 0x03 }
    package var isBridge: Bool { base == 0x06 }
    package var isAccelerator: Bool { base == 0x12 }

    package var description: String { hexadecimal(value, digits: 6) }
}

extension Inventory {
    /// One PCI function.
    package struct PCIDevice: Codable, Equatable, Sendable {
        /// Domain, bus, device and function: `0000:3b:00.0`.
        package var address: String
        package var vendorID: PCIID
        package var deviceID: PCIID
        package var classCode: PCIClass
        package var subsystemVendorID: PCIID?
        package var subsystemDeviceID: PCIID?
        package var revision: Int?
        /// Names from the id list; nil when it does not know the number.
        package var vendorName: String?
        package var deviceName: String?
        package var className: String?
        /// The kernel driver bound to it now.
        package var driver: String?
        package var numaNode: Int?
        package var link: PCILink?
        package var iommuGroup: Int?
        /// The address of the physical function when this is a virtual one (SR-IOV).
        package var physicalFunction: String?

        package init(address: String, vendorID: PCIID, deviceID: PCIID, classCode: PCIClass) {
            self.address = address
            self.vendorID = vendorID
            self.deviceID = deviceID
            self.classCode = classCode
        }

        /// What the device is called, with bare ids where no list knows it.
        package var title: String {
            let vendor = vendorName ?? "vendor \(vendorID)"
            return "\(vendor) \(deviceName ?? "device \(vendorID):\(deviceID)")"
        }
    }

    /// A PCI Express link: as it runs now and as it could. Speed is per lane, in 10⁶ transfers a second.
    package struct PCILink: Codable, Equatable, Sendable {
        package var speedMegatransfersPerSecond: Int?
        package var speedMegatransfersPerSecondMax: Int?
        package var widthLanes: Int?
        package var widthLanesMax: Int?

        package init(speed: Int?, speedMax: Int?, width: Int?, widthMax: Int?) {
            speedMegatransfersPerSecond = speed
            speedMegatransfersPerSecondMax = speedMax
            widthLanes = width
            widthLanesMax = widthMax
        }
    }
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    // bounded: joins texts of eight digits at most
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension PCIID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = UInt16(text, radix: 16) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(PlainText.excerpt(text))” is no PCI id")
        }
        self.init(value)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension PCIClass: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = UInt32(text, radix: 16), value <= 0xFF_FFFF else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(PlainText.excerpt(text))” is no PCI class")
        }
        self.init(value)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
