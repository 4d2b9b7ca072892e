package import GCXLinux
import GCXModel
import Glibc

/// What gcx changes of a machine's network, and takes back again.
///
/// Everything is found again by the names of interfaces, without the plan of a job: rules whose interface is gone
/// belong to nobody, whichever agent made them.
package struct HostNetwork: Sendable {
    /// Held while rules are added or removed, because the last job takes the table with it.
    let lockPath: String

    package init(lockPath: String = "\(SandboxPaths().root)/network.lock") { self.lockPath = lockPath }

    /// Why no job can have a network here, with the remedy; nil when one can.
    ///
    /// gcx forwards for its own interfaces only. That the machine forwards what comes back by its uplink is the owner's
    /// decision, because it makes a router of the machine.
    package static func obstacle() -> (reason: String, fix: String)? {
        for (tool, package) in [("ip", "iproute2"), ("tc", "iproute2"), ("nft", "nftables")]
        where ChildProcess.find(tool) == nil {
            return ("`\(tool)` is not installed", "Install it: apt-get install \(package).")
        }
        guard let tables = try? NetworkTables.read(), !tables.uplinks.isEmpty else {
            return ("this machine has no default route", "Connect it, or set network.egress_enabled = false.")
        }
        for uplink in tables.uplinks where setting(uplink, "forwarding") != 1 {
            return (
                "`\(uplink)` does not forward, so nothing would come back to a job",
                "Run `sysctl -w net.ipv4.conf.\(uplink).forwarding=1`, and put it into /etc/sysctl.d to keep it."
            )
        }
        return nil
    }

    /// The largest packet for a job: what the uplinks take.
    static func mtu(_ tables: NetworkTables) -> UInt64 {
        let sizes = tables.uplinks.compactMap { Files.numberIfPresent("/sys/class/net/\($0)/mtu") }
        return min(max(sizes.min() ?? SandboxLimits.mtuMax, SandboxLimits.mtuMin), SandboxLimits.mtuMax)
    }

    /// Makes the pair of interfaces, both of them down, one in the network namespace of a process.
    ///
    /// - Parameter scratch: a directory of our own for lists of commands.
    func makeLink(_ plan: NetworkPlan, of pid: pid_t, scratch: String) throws(LinuxError) {
        let link = "link add name \(plan.interface) mtu \(plan.mtu) type veth"
        try ip(["\(link) peer name \(NetworkPlan.jobInterface) mtu \(plan.mtu) netns \(pid)"], scratch)
    }

    /// Connects a job that was created and not started: first the filters and the limits, then the link.
    func connect(
        _ plan: NetworkPlan, to namespace: borrowing NetworkNamespace, scratch: String
    ) throws(LinuxError) {
        try configure(plan.interface)
        try locked { () throws(LinuxError) in try nft(NetworkRules.adding(plan)) }
        try ip(
            [
                "address add \(plan.gateway)/\(NetworkPlan.networkPrefix) dev \(plan.interface)",
                "link set dev \(plan.interface) up",
            ], scratch)
        try limit(plan.interface, plan)
        try namespace.inside { () throws(LinuxError) in
            try nft(NetworkRules.inside(plan))
            try limit(NetworkPlan.jobInterface, plan)
            try ip(
                [
                    // No address of IPv6: nothing would filter it, and nothing would come of it.
                    "link set dev \(NetworkPlan.jobInterface) addrgenmode none",
                    "address add \(plan.address)/\(NetworkPlan.networkPrefix) dev \(NetworkPlan.jobInterface)",
                    "link set dev \(NetworkPlan.jobInterface) up",
                    "route add default via \(plan.gateway) dev \(NetworkPlan.jobInterface)",
                ], scratch)
        }
    }

    /// Takes the interface down and removes its rules; what is not there is fine.
    func disconnect(_ interface: String) throws(LinuxError) {
        if NetworkTables.hasInterface(interface) {
            do { try tool("ip", ["link", "delete", "dev", interface]) } catch {
                // It may have gone with the job's namespace in this very moment.
                if NetworkTables.hasInterface(interface) { throw error }
            }
        }
        try sweep()
    }

    /// Removes the rules of all jobs whose interface is gone.
    package func sweep() throws(LinuxError) {
        guard ChildProcess.find("nft") != nil else { return }
        try locked { () throws(LinuxError) in
            let chains = try chains()
            let stale = NetworkRules.interfaces(in: chains).filter { !NetworkTables.hasInterface($0) }
            if !stale.isEmpty { try nft(NetworkRules.removing(stale, from: chains)) }
        }
    }

    /// Bytes that a job has sent and received since it began: whole frames, as they cross its interface.
    ///
    /// - Parameter supervisor: nil once it is gone.
    static func bytes(_ plan: NetworkPlan, supervisor: pid_t? = nil) -> (sent: UInt64, received: UInt64)? {
        NetworkTables.bytes(of: plan.interface, process: supervisor).map { (sent: $0.received, received: $0.sent) }
    }

    /// The kernel's settings of the machine's end: forwarding in, and nothing that a job could make use of.
    private func configure(_ interface: String) throws(LinuxError) {
        let settings = [
            ("forwarding", 1), ("rp_filter", 1), ("accept_redirects", 0), ("send_redirects", 0),
            ("accept_source_route", 0), ("proxy_arp", 0), ("route_localnet", 0),
        ]
        for (name, value) in settings { try Files.control("/proc/sys/net/ipv4/conf/\(interface)/\(name)", "\(value)") }
        let version6 = "/proc/sys/net/ipv6/conf/\(interface)/disable_ipv6"
        if Files.exists(version6) { try Files.control(version6, "1") }
    }

    private static func setting(_ interface: String, _ name: String) -> UInt64? {
        Files.numberIfPresent("/proc/sys/net/ipv4/conf/\(interface)/\(name)")
    }

    /// A token bucket: what an interface sends is slowed down to the rate, and nothing needs to be dropped for it.
    private func limit(_ interface: String, _ plan: NetworkPlan) throws(LinuxError) {
        // A fiftieth of a second, and at least two of the largest packets that the kernel hands down in one piece.
        let burst = min(max(plan.bytesPerSecond / 50, 128 << 10), 64 << 20)
        let rate = "\(UInt128(plan.bytesPerSecond) * 8)bit"  // bounded: 64 bits and 3 in 128
        let bucket = ["tbf", "rate", rate, "burst", "\(burst)", "latency", "100ms"]
        try tool("tc", ["qdisc", "add", "dev", interface, "root"] + bucket)
    }

    private func chains() throws(LinuxError) -> Set<String> {
        struct Listing: Decodable {
            struct Item: Decodable { var chain: Chain? }
            struct Chain: Decodable { var family, table, name: String }
            var nftables: [Item]
        }
        let text = try tool("nft", ["--json", "list", "chains", "inet"])
        let listing = try JSONFile.decode(Listing.self, Array(text.utf8), object: "output of nft")
        return Set(listing.nftables.compactMap(\.chain).filter { $0.table == "gcx" }.map(\.name))
    }

    private func nft(_ commands: String) throws(LinuxError) { try tool("nft", [commands]) }

    private func ip(_ commands: [String], _ scratch: String) throws(LinuxError) {
        let path = "\(scratch)/network.batch"
        try DurableFile.replace(path, with: Array(commands.map { "\($0)\n" }.joined().utf8))
        try tool("ip", ["-batch", path])
    }

    @discardableResult
    private func tool(_ name: String, _ arguments: [String]) throws(LinuxError) -> String {
        try ChildProcess(name, arguments, timeout: SandboxLimits.networkToolTimeout).run()
    }

    private func locked<Value>(_ body: () throws(LinuxError) -> Value) throws(LinuxError) -> Value {
        let folder = lockPath.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        try Files.makeDirectories(folder, mode: 0o755)
        let lock = try FileLock.wait(lockPath, timeout: SandboxLimits.networkLockTimeout)
        defer { _ = lock.number }
        return try body()
    }
}
