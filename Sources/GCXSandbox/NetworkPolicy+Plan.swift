import GCXLinux
import GCXModel

extension NetworkPolicy {
    /// The network of a job: a pure function of the policy and of what the machine is attached to now.
    ///
    /// - Parameters:
    ///   - slot: the job's number; no two jobs have the same one.
    ///   - taken: ports that other jobs publish.
    func plan(
        _ request: JobNetwork, slot: UInt32, on tables: NetworkTables, mtu: UInt64, taken: [PublishedPort]
    ) throws(SandboxError) -> NetworkPlan {
        try Self.check(request, by: self)
        let others = tables.attachments.filter { !$0.interface.hasPrefix(NetworkPlan.interfacePrefix) }
        if let other = others.first(where: { $0.network.overlaps(pool) }) {
            throw .noNetwork(
                reason: "the jobs' addresses \(pool) overlap \(other.network), which is next to \(other.interface)",
                fix: "Give another private network as network.pool.")
        }
        // bounded here: a slot is below the number of the pool's networks, so its addresses lie in it
        let slots = UInt32(1) << UInt32(NetworkPlan.networkPrefix - min(pool.prefix, NetworkPlan.networkPrefix))
        guard slot < slots else { throw .slotsFull(limit: slots) }
        let base = pool.first.bits + slot << 2
        let address = IPv4Address(bits: base + 2)
        return NetworkPlan(
            interface: NetworkPlan.interface(of: address), gateway: IPv4Address(bits: base + 1), address: address,
            mtu: mtu, pool: pool, denied: denied(tables), allowed: allow, dnsServers: dnsServers,
            bytesPerSecond: bytesPerSecond, connectionsMax: connectionsMax,
            published: try publish(request.publish, beside: taken))
    }

    /// The networks that are always out of reach, those that the machine is attached to, its addresses and its routers,
    /// and what the owner adds.
    private func denied(_ tables: NetworkTables) -> [IPv4Network] {
        let attached = tables.attachments.flatMap { [$0.network, $0.address.alone] }
        let routed = tables.routes.flatMap { route in
            [route.gateway?.alone, route.gateway == nil && route.destination.prefix > 0 ? route.destination : nil]
                .compactMap(\.self)
        }
        let ranges = Self.neverReached + attached.filter { $0.prefix > 0 } + routed + deny  // bounded: joins lists
        return Set(ranges).sorted { ($0.first, $0.prefix) < ($1.first, $1.prefix) }
    }

    /// The lowest free port for each, the same on every address.
    private func publish(
        _ jobPorts: [UInt16], beside taken: [PublishedPort]
    ) throws(SandboxError) -> [PublishedPort] {
        var free = publishPorts.filter { port in !taken.contains { $0.port == port } }.makeIterator()
        var published: [PublishedPort] = []
        for jobPort in jobPorts {
            guard let port = free.next() else {
                throw .noNetwork(
                    reason: "all ports from \(publishPorts.lowerBound) to \(publishPorts.upperBound) are taken by jobs",
                    fix: "Wait until a job ends, or widen network.publish_port_first to network.publish_port_last.")
            }
            // bounded: joins lists
            published += publishAddresses.map { PublishedPort(address: $0, port: port, jobPort: jobPort) }
        }
        return published
    }
}
