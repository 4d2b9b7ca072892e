import GCXModel

extension ConfigurationKey {
    /// The network of jobs.
    static let network = [
        ConfigurationKey(
            "network.egress_enabled", .flag(\.network.egressEnabled),
            "Whether jobs may reach public addresses, over IPv4. Needs iproute2, nftables and an uplink that forwards."),
        ConfigurationKey(
            "network.pool", .text(\.network.pool),
            "Private network for the jobs, /8 to /28, which this machine uses for nothing else; four addresses a job."),
        ConfigurationKey(
            "network.bytes_per_second", .number(\.network.bytesPerSecond, 8_000...100_000_000_000),
            "The most that one job sends, and the most that it gets, bytes per second."),
        ConfigurationKey(
            "network.connections_max", .number(\.network.connectionsMax, 1...1_000_000),
            "Connections of one job at once."),
        ConfigurationKey(
            "network.dns_servers", .hosts(\.network.dnsServers),
            "Resolvers for jobs, public ones best; they are reached on port 53 wherever they lie. Empty gives none."),
        ConfigurationKey(
            "network.deny", .networks(\.network.deny),
            "Networks out of reach, besides the machine, the networks it is attached to, private and link-local ones."),
        ConfigurationKey(
            "network.allow", .networks(\.network.allow),
            "Networks that jobs reach although they lie in one that is out of reach; the machine itself never."),
        ConfigurationKey(
            "network.publish_addresses", .hosts(\.network.publishAddresses),
            "Addresses of this machine on which jobs may publish TCP ports. Empty publishes nothing."),
        ConfigurationKey(
            "network.publish_port_first", .number(\.network.publishPortFirst, 1...65_535),
            "The first port for that, port number."),
        ConfigurationKey(
            "network.publish_port_last", .number(\.network.publishPortLast, 1...65_535),
            "The last port for that, port number."),
    ]
}
