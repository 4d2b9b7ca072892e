import Glibc

/// A device by its numbers, as control groups name it.
package struct BlockDevice: Codable, Equatable, Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// The whole disk that holds the filesystem of `path`; nil where no single disk does (tmpfs, overlay, network).
    ///
    /// The kernel limits whole disks only, so a partition is answered by the disk it is on. Source: sysfs,
    /// `/sys/dev/block`; cgroup-v2, `io.max`.
    package static func holding(_ path: String) -> BlockDevice? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return whole(BlockDevice(status.st_dev))
    }

    /// The device of a device node.
    package static func of(node path: String) -> BlockDevice? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
        return whole(BlockDevice(status.st_rdev))
    }

    private static func whole(_ device: BlockDevice) -> BlockDevice? {
        let entry = "/sys/dev/block/\(device.major):\(device.minor)"
        guard Files.exists(entry) else { return nil }
        guard Files.exists("\(entry)/partition"), let text = Files.lineIfPresent("\(entry)/../dev") else {
            return device
        }
        let numbers = text.split(separator: ":").compactMap { UInt32($0, radix: 10) }
        // bounded: two numbers, counted first
        return numbers.count == 2 ? BlockDevice(major: numbers[0], minor: numbers[1]) : nil
    }

    /// Where sysfs shows the machine's disks: their names, serial numbers, partitions and use. Devices without hardware,
    /// loop devices for one, are in a directory of their own and not among these.
    package static func systemDirectories() -> [String] {
        let links = ["/sys/block", "/sys/class/nvme"].flatMap { folder in
            ((try? Files.names(in: folder)) ?? []).map { "\(folder)/\($0)" }
        }
        let paths = links.compactMap { link -> String? in
            guard let real = unsafe realpath(link, nil) else { return nil }
            defer { unsafe free(real) }
            return unsafe String(cString: real)
        }
        return Set(paths.filter { !$0.hasPrefix("/sys/devices/virtual/block/") }).sorted()
    }

    /// Takes a `dev_t` apart as glibc's `gnu_dev_major` and `gnu_dev_minor` do.
    package init(_ number: dev_t) {
        // bounded here: a number of 64 bits, and parts of it that are cut to 32
        let number = UInt64(number)
        major = UInt32((number >> 8) & 0xFFF) | UInt32((number >> 32) & 0xFFFF_F000)
        minor = UInt32(number & 0xFF) | UInt32((number >> 12) & 0xFFFF_FF00)
    }
}

/// The most that a group may ask of one disk, each way.
package struct IOLimit: Codable, Equatable, Sendable {
    package var device: BlockDevice
    /// Nil sets no limit.
    package var bytesPerSecond: UInt64?
    /// Nil sets no limit.
    package var operationsPerSecond: UInt64?

    package init(device: BlockDevice, bytesPerSecond: UInt64?, operationsPerSecond: UInt64?) {
        self.device = device
        self.bytesPerSecond = bytesPerSecond
        self.operationsPerSecond = operationsPerSecond
    }

    /// As v2's `io.max` takes it.
    var line: String {
        let bytes = bytesPerSecond.map(String.init) ?? "max"
        let operations = operationsPerSecond.map(String.init) ?? "max"
        return "\(device.major):\(device.minor) rbps=\(bytes) wbps=\(bytes) riops=\(operations) wiops=\(operations)"
    }
}
