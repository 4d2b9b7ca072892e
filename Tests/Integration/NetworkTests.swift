import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Testing

/// What these tests run besides gcx.
private enum NetworkTools {
    static let areThere = ["ip", "tc", "nft", "unshare"].allSatisfy { ChildProcess.find($0) != nil }
}

extension WholeLeases {
    /// A job that sends, from the buyer's command to the claim on the ledger.
    @Suite("A lease with a network", .enabled(if: NetworkTools.areThere, "needs iproute2 and nftables"))
    struct NetworkTests {
        /// Two network namespaces, the machine's and the world's, joined by a cable; they end with this value.
        private final class TwoPlaces {
            let machine: pid_t
            let world: pid_t
            private var server: pid_t?

            init() throws {
                (machine, world) = (try Self.hold(), try Self.hold())
                try at(machine) {
                    try Self.ip("link add up0 type veth peer name cable0 netns \(world)")
                    try Self.ip("address add 203.0.113.1/30 dev up0")
                    try Self.ip("link set up0 up")
                    try Self.ip("route add default via 203.0.113.2")
                    try Files.control("/proc/sys/net/ipv4/conf/up0/forwarding", "1")
                }
                try at(world) {
                    try Self.ip("address add 203.0.113.2/30 dev cable0")
                    try Self.ip("link set cable0 up")
                    try Self.ip("address add 198.51.100.10 dev lo")
                    let sink = ["600", "busybox", "nc", "-ll", "-p", "7001", "-e", "/bin/cat"]
                    server = try ChildProcess("timeout", sink).spawnDetached()
                }
            }

            deinit {
                for pid in [server, machine, world].compactMap(\.self) {
                    kill(-pid, SIGKILL)
                    _ = ChildProcess.wait(pid)
                }
            }

            /// Runs `body` in the network of a process; children that it starts stay there.
            func at(_ pid: pid_t, _ body: () throws -> Void) throws {
                try NetworkNamespace(of: pid).inside { () throws(LinuxError) in Result { try body() } }.get()
            }

            private static func hold() throws -> pid_t {
                let pid = try ChildProcess("unshare", ["--net", "sleep", "600"]).spawnDetached()
                for _ in 0..<500 where Files.lineIfPresent("/proc/\(pid)/comm") != "sleep" {
                    pause(for: .milliseconds(2))
                }
                return pid
            }

            private static func ip(_ command: String) throws {
                try ChildProcess("ip", command.split(separator: " ").map(String.init)).run()
            }
        }

        private func command(_ site: Site, _ lease: String, _ options: [String], _ program: String) -> [String] {
            let plain = site.running(program, on: lease)
            return Array(plain[..<4]) + options + plain[4...]
        }

        @Test("the bytes that a job sends stand in the receipts, are vouched for and claimed")
        func sends() throws {
            let places = try TwoPlaces()
            // One base unit for each byte.
            let site = try Site(["network.egress_enabled": "true", "price.egress_gib_base_units": "1073741824"])
            try places.at(places.machine) { try site.open() }
            let lease = try site.lease()
            let program = "busybox head -c 20000 /dev/zero | busybox nc -w 5 198.51.100.10 7001 | busybox wc -c"
            let outcome = try site.outcome(command(site, lease, ["--network", "egress"], program))
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            #expect(outcome.text == "20000\n")
            try site.wait("the lease's end", seconds: 20) { try site.inspect(lease).phase == .closed }
            let status = try site.inspect(lease)
            #expect((20_000...24_000).contains(status.usage.egressBytes), "\(status.usage.egressBytes) bytes")
            #expect(status.amount.value >= UInt128(status.usage.egressBytes) && status.claimed == status.amount)
        }

        @Test("a network is refused where the owner gives none, and the lease stays open")
        func refused() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            for (options, word) in [
                (["--network", "egress"], "network.egress_enabled"), (["--publish", "80"], "no port to publish"),
            ] {
                let outcome = try site.outcome(command(site, lease, options, "true"))
                #expect(outcome.status != .exited(0))
                let said = String(decoding: outcome.error, as: UTF8.self)
                #expect(said.contains(word), "\(said)")
            }
            #expect(try site.inspect(lease).phase == .open)
        }
    }
}
