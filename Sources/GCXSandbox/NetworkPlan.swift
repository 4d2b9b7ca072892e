package import GCXModel

/// The network of one job, settled before it starts.
package struct NetworkPlan: Codable, Equatable, Sendable {
    /// The machine's end of the pair; the job's is `jobInterface`. The name holds the job's address, so that whatever
    /// is found on the machine says whose it is.
    package var interface: String
    /// The address of the machine's end.
    package var gateway: IPv4Address
    package var address: IPv4Address
    package var mtu: UInt64
    /// All addresses that gcx gives to jobs.
    package var pool: IPv4Network
    /// What the job may not reach, beyond the machine itself and the pool.
    package var denied: [IPv4Network]
    /// What it may reach although it lies in one of these.
    package var allowed: [IPv4Network]
    package var dnsServers: [IPv4Address]
    package var bytesPerSecond: UInt64
    package var connectionsMax: UInt64
    package var published: [PublishedPort]

    static let jobInterface = "eth0"
    /// How the machine's ends of all jobs begin. With eight digits, a name has 12 of the 15 bytes that the kernel allows.
    static let interfacePrefix = "gcx-"
    /// A network of four addresses: itself, the machine's end, the job, and the broadcast address.
    static let networkPrefix: UInt8 = 30

    static func interface(of address: IPv4Address) -> String {
        let digits = String(address.bits, radix: 16)
        // bounded: joins texts; 32 bits have at most 8 digits
        return interfacePrefix + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The job's address that a name holds; nil for the name of another interface.
    static func address(of interface: String) -> IPv4Address? {
        guard interface.hasPrefix(interfacePrefix), let bits = UInt32(interface.dropFirst(4), radix: 16) else {
            return nil
        }
        let address = IPv4Address(bits: bits)
        return Self.interface(of: address) == interface ? address : nil
    }
}

/// What the owner decided about the network of jobs.
package struct NetworkPolicy: Equatable, Sendable {
    /// Private addresses, which the machine uses for nothing else.
    package var pool: IPv4Network
    package var bytesPerSecond: UInt64
    package var connectionsMax: UInt64
    package var dnsServers: [IPv4Address]
    package var deny: [IPv4Network]
    package var allow: [IPv4Network]
    /// Addresses of the machine on which ports of jobs may be reached; none means that nothing is published.
    package var publishAddresses: [IPv4Address]
    package var publishPorts: ClosedRange<UInt16>

    package init(
        pool: IPv4Network, bytesPerSecond: UInt64, connectionsMax: UInt64, dnsServers: [IPv4Address] = [],
        deny: [IPv4Network] = [], allow: [IPv4Network] = [], publishAddresses: [IPv4Address] = [],
        publishPorts: ClosedRange<UInt16> = 20_000...20_999
    ) {
        self.pool = pool
        self.bytesPerSecond = bytesPerSecond
        self.connectionsMax = connectionsMax
        self.dnsServers = dnsServers
        self.deny = deny
        self.allow = allow
        self.publishAddresses = publishAddresses
        self.publishPorts = publishPorts
    }

    /// Networks that no job may reach, whatever the machine is attached to.
    ///
    /// Source: IANA IPv4 Special-Purpose Address Registry. The ranges for documentation are left out: nobody is there.
    package static let neverReached = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { IPv4Network($0) }

    /// Checks a request against this policy without looking at the machine.
    ///
    /// - Throws: ``SandboxError/invalidSpec(field:reason:)``.
    package static func check(_ request: JobNetwork, by policy: NetworkPolicy?) throws(SandboxError) {
        guard request.mode == .egress else {
            guard request.publish.isEmpty else {
                throw .invalidSpec(field: "network", reason: "a job without a network has no port to publish")
            }
            return
        }
        guard let policy else {
            throw .invalidSpec(
                field: "network", reason: "this machine gives no job a network (`network.egress_enabled` is false)")
        }
        let ports = Set(request.publish)
        guard ports.count == request.publish.count, !ports.contains(0), ports.count <= SandboxLimits.portsPublishedMax
        else {
            throw .invalidSpec(
                field: "network",
                reason: "at most \(SandboxLimits.portsPublishedMax) different ports from 1 to 65535 are published")
        }
        guard ports.isEmpty || !policy.publishAddresses.isEmpty else {
            throw .invalidSpec(
                field: "network", reason: "this machine publishes no ports (`network.publish_addresses` is empty)")
        }
    }
}
