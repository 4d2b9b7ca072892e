package import GCXModel

/// Network interfaces. Source: `/sys/class/net` (`Documentation/ABI/testing/sysfs-class-net`).
package enum NetworkSource {
    private static let folder = "sys/class/net"
    /// ARPHRD_LOOPBACK.
    private static let loopbackType = 772

    package static func read(_ root: SystemRoot) -> [Inventory.NetworkInterface] {
        // A file among the folders is a control of the bonding driver.
        root.names(in: folder).filter { root.exists("\(folder)/\($0)/type") }.map { readInterface(root, $0) }
    }

    private static func readInterface(_ root: SystemRoot, _ name: String) -> Inventory.NetworkInterface {
        let path = "\(folder)/\(name)"
        var interface = Inventory.NetworkInterface(name: name, kind: kind(root, path))
        interface.driver = root.linkName("\(path)/device/driver")
        interface.speedMegabitsPerSecond = root.word("\(path)/speed").flatMap(parseSpeed)
        interface.state = root.word("\(path)/operstate")
        interface.mtuBytes = root.integer("\(path)/mtu")
        return interface
    }

    /// Nil for what the kernel says when it does not know: -1, 0, and the largest number of 16 bits (of ethtool's older form)
    /// and of 32.
    package static func parseSpeed(_ text: String) -> Int? {
        Int(text, radix: 10).flatMap { 0 < $0 && $0 < UInt32.max && $0 != UInt16.max ? $0 : nil }
    }

    private static func kind(_ root: SystemRoot, _ path: String) -> Inventory.NetworkInterface.Kind {
        if root.integer("\(path)/type") == loopbackType { return .loopback }
        if root.exists("\(path)/bridge") { return .bridge }
        if root.exists("\(path)/bonding") { return .bond }
        if root.exists("\(path)/tun_flags") { return .tunnel }
        if root.exists("\(path)/wireless") || root.exists("\(path)/phy80211") { return .wireless }
        if fields(ofEvent: root.text("\(path)/uevent") ?? "")["DEVTYPE"] == "vlan" { return .vlan }
        return root.exists("\(path)/device") ? .hardware : .virtual
    }

    /// `NAME=value` lines.
    package static func fields(ofEvent text: String) -> [String: String] {
        let pairs = text.split(whereSeparator: \.isNewline).map { $0.split(separator: "=", maxSplits: 1) }
        // bounded: pairs, counted first
        return Dictionary(pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }) { first, _ in first }
    }
}
