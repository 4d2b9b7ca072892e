import GCXModel

/// The packet filter, as text for `nft`: pure functions of a job's plan.
///
/// On the machine there is one table, `inet gcx`. A packet of a job finds the job's chain by its interface in a map,
/// so other traffic pays for two look-ups, however many jobs there are. A second, smaller filter stands in the job's
/// own namespace, where the job may not touch it: it holds on when somebody empties the machine's tables.
///
/// Source: nft(8), version 1.0.6.
enum NetworkRules {
    static let table = "inet gcx"

    /// Adds a job in one transaction. What all jobs share is made anew each time, which heals what somebody changed.
    static func adding(_ plan: NetworkPlan) -> String {
        let (from, to) = (fromChain(plan.interface), toChain(plan.interface))
        var lines =
            shared
            // bounded here: joins lists
            + [from, to].flatMap { ["add chain \(table) \($0)", "flush chain \(table) \($0)"] }
            + fromJob(plan).map { "add rule \(table) \(from) \($0)" }
            + toJob(plan).map { "add rule \(table) \(to) \($0)" }
            + [
                "add element \(table) from_job { \"\(plan.interface)\" : jump \(from) }",
                "add element \(table) to_job { \"\(plan.interface)\" : jump \(to) }",
                "add element \(table) sources { \(plan.address) }",
            ]
        if !plan.published.isEmpty {
            let chain = publishChain(plan.interface)
            lines.append("add chain \(table) \(chain) { type nat hook prerouting priority dstnat ; }")
            lines.append("flush chain \(table) \(chain)")
            // bounded: joins lists
            lines += plan.published.map {
                // Not for jobs: one job does not reach another by the machine's address either.
                "add rule \(table) \(chain) iifname != \(anyJob) ip daddr \($0.address) tcp dport \($0.port) "
                    + "dnat ip to \(plan.address):\($0.jobPort)"
            }
        }
        return text(lines)
    }

    /// Removes everything of the jobs with these interfaces; with the last of them goes the table.
    ///
    /// - Parameter chains: all chains of the table, as they are now.
    static func removing(_ interfaces: [String], from chains: Set<String>) -> String {
        let left = chains.filter { $0.hasPrefix(fromPrefix) }.subtracting(interfaces.map(fromChain))
        if left.isEmpty { return text(["delete table \(table)"]) }
        return text(
            interfaces.flatMap { interface in
                var lines = [
                    "delete element \(table) from_job { \"\(interface)\" }",
                    "delete element \(table) to_job { \"\(interface)\" }",
                ]
                if let address = NetworkPlan.address(of: interface) {
                    lines.append("delete element \(table) sources { \(address) }")
                }
                let own = [fromChain(interface), toChain(interface), publishChain(interface)].filter(chains.contains)
                // bounded: joins lists
                return lines + own.flatMap { ["flush chain \(table) \($0)", "delete chain \(table) \($0)"] }
            })
    }

    /// The interfaces of the jobs that have rules.
    static func interfaces(in chains: Set<String>) -> [String] {
        chains.filter { $0.hasPrefix(fromPrefix) }.map { String($0.dropFirst(fromPrefix.count)) }.sorted()
    }

    /// The second filter, for the job's own namespace. It looks at no connections, so that loopback stays fast there.
    static func inside(_ plan: NetworkPlan) -> String {
        let chain = "\(table) sent"
        var rules = ["oifname \"lo\" accept", "meta nfproto != ipv4 drop", "ip saddr != \(plan.address) drop"]
        // Whoever asked may be answered; the machine's filter knows who did.
        if !plan.published.isEmpty { rules.append("tcp sport \(list(jobPorts(plan))) accept") }
        rules += destinations(plan)  // bounded: joins lists
        return text(
            ["add table \(table)", "add chain \(chain) { type filter hook output priority filter ; }"]
                + rules.map { "add rule \(chain) \($0)" })
    }

    private static let anyJob = "\"\(NetworkPlan.interfacePrefix)*\""
    private static let fromPrefix = "from-"
    private static func fromChain(_ interface: String) -> String { fromPrefix + interface }  // bounded: joins texts
    private static func toChain(_ interface: String) -> String { "to-\(interface)" }
    private static func publishChain(_ interface: String) -> String { "publish-\(interface)" }

    private static let shared: [String] = {
        let chains = [
            ("input", "filter hook input priority filter"), ("forward", "filter hook forward priority filter"),
            ("postrouting", "nat hook postrouting priority srcnat"),
        ]
        let rules = [
            // The machine itself, by whichever of its addresses.
            ("input", "iifname \(anyJob) meta l4proto tcp reject with tcp reset"),
            ("input", "iifname \(anyJob) reject with icmpx admin-prohibited"),
            ("forward", "iifname vmap @from_job"), ("forward", "oifname vmap @to_job"),
            // A job that has no rules yet, or no more.
            ("forward", "iifname \(anyJob) drop"), ("forward", "oifname \(anyJob) drop"),
            ("postrouting", "ip saddr @sources oifname != \(anyJob) masquerade"),
        ]
        return [
            "add table \(table)", "add map \(table) from_job { type ifname : verdict ; }",
            "add map \(table) to_job { type ifname : verdict ; }", "add set \(table) sources { type ipv4_addr ; }",
        ] + chains.flatMap { ["add chain \(table) \($0.0) { type \($0.1) ; }", "flush chain \(table) \($0.0)"] }
            + rules.map { "add rule \(table) \($0.0) \($0.1)" }  // bounded: joins lists
    }()

    private static func fromJob(_ plan: NetworkPlan) -> [String] {
        [
            "meta nfproto != ipv4 drop", "ip saddr != \(plan.address) drop", "ct state established accept",
            "ct state related meta l4proto icmp accept", "ct count over \(plan.connectionsMax) drop",
        ] + destinations(plan) + ["accept"]
    }

    private static func toJob(_ plan: NetworkPlan) -> [String] {
        var rules = ["ct state established accept", "ct state related meta l4proto icmp accept"]
        if !plan.published.isEmpty {
            rules.append("ct count over \(plan.connectionsMax) drop")
            rules.append("ct status dnat tcp dport \(list(jobPorts(plan))) accept")
        }
        return rules + ["drop"]
    }

    /// First what no exception opens, then the exceptions, then what is out of reach.
    private static func destinations(_ plan: NetworkPlan) -> [String] {
        var rules = refusal(of: "\(plan.pool)")
        if !plan.dnsServers.isEmpty {
            rules.append("ip daddr \(list(plan.dnsServers)) meta l4proto { tcp, udp } th dport 53 accept")
        }
        if !plan.allowed.isEmpty { rules.append("ip daddr \(list(IPv4Range.merged(plan.allowed))) accept") }
        return rules + refusal(of: list(IPv4Range.merged(plan.denied)))  // bounded: joins lists
    }

    /// A refused connection ends at once: after ICMP, a program would wait for a second and try again.
    private static func refusal(of destinations: String) -> [String] {
        [
            "ip daddr \(destinations) meta l4proto tcp reject with tcp reset",
            "ip daddr \(destinations) reject with icmp admin-prohibited",
        ]
    }

    private static func jobPorts(_ plan: NetworkPlan) -> [UInt16] { Set(plan.published.map(\.jobPort)).sorted() }

    private static func list(_ items: [some CustomStringConvertible]) -> String {
        "{ \(items.map(\.description).joined(separator: ", ")) }"
    }

    private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
