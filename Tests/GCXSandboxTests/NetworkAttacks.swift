import GCXJobLog
import GCXModel
import Glibc
import Hostile
import Support
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// What a hostile job with a network tries to reach or to change.
enum NetworkAttacks {
    /// Connects, and says what came of it; whoever listens there says `reached`.
    private static func connect(_ tries: String, _ address: String, by stoppedBy: String, _ evidence: String) -> Attack
    {
        Attack(
            tries, "nc -w 3 \(address) \(NetworkWorld.port) 2>&1 | sed s/reached/ESCAPED/", by: stoppedBy, evidence)
    }

    private static func change(_ tries: String, _ command: String) -> Attack {
        Attack(tries, "\(command) && echo ESCAPED", by: "no capability", "Operation not permitted")
    }

    /// - Parameter other: the address of another job, which listens.
    static func all(other: String) -> [Attack] { reach(other) + changes + writes }

    private static func reach(_ other: String) -> [Attack] {
        let filter = "the filter of its own network"
        return [
            connect("ask the cloud for its credentials", NetworkWorld.metadata, by: filter, "refused"),
            connect("reach the provider's network", "192.168.77.2", by: filter, "refused"),
            connect("reach a private network behind the provider's", NetworkWorld.privateFar, by: filter, "refused"),
            connect("reach a network of the carrier", NetworkWorld.resolver, by: filter, "refused"),
            connect("reach the machine by the job's gateway", "10.213.0.1", by: filter, "refused"),
            connect("reach the machine by the gateway of another job", "10.213.0.5", by: filter, "refused"),
            connect("reach the machine by its public address", "203.0.113.1", by: filter, "refused"),
            connect("reach the machine by its provider's address", "192.168.77.1", by: filter, "refused"),
            connect("reach the router of the machine", "203.0.113.2", by: filter, "refused"),
            connect("reach the machine's loopback", "127.0.0.1", by: "a loopback of its own", "refused"),
            connect(
                "reach the machine's loopback by another address of it", "127.8.8.8", by: "a loopback of its own",
                "refused"),
            connect("reach another job", other, by: filter, "refused"),
            connect("reach this network, as address 0", "0.0.0.0", by: "a loopback of its own", "refused"),
            connect("reach the machine over IPv6", "fe80::1%eth0", by: "no address of IPv6", "nc:"),
            connect("reach a link-local server over IPv6", "ff02::1%eth0", by: "no address of IPv6", "nc:"),
        ]
    }

    private static let changes = [
        change("take another address", "ip address add 203.0.113.9/30 dev eth0"),
        change("lose its address", "ip address del 10.213.0.6/30 dev eth0"),
        change("route past its gateway", "ip route add 192.168.77.0/24 dev eth0"),
        change("change the default route", "ip route replace default dev eth0"),
        change("rewrite the rules of routing", "ip rule add from all lookup 5"),
        change("send larger packets", "ip link set dev eth0 mtu 9000"),
        change("change who its neighbour is", "arp -s 10.213.0.5 02:00:00:00:00:01"),
        change("make another interface", "ip link add d0 type veth"),
    ]

    private static let writes = [
        Attack(
            "take another hardware address", "ip link set dev eth0 address 02:00:00:00:00:01 && echo ESCAPED",
            by: "the filter of system calls", "Function not implemented"),
        Attack(
            "send for others", "echo 1 > /proc/sys/net/ipv4/ip_forward && echo ESCAPED", by: "a read-only /proc/sys",
            "Read-only file system"),
        Attack(
            "route its loopback", "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet && echo ESCAPED",
            by: "a read-only /proc/sys", "Read-only file system"),
        Attack(
            "turn IPv6 on", "echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && echo ESCAPED",
            by: "a read-only /proc/sys", "Read-only file system"),
        Attack(
            "send what it makes up (ping)", "ping -c 1 -W 1 \(NetworkWorld.server) && echo ESCAPED",
            by: "no raw socket", "permi"),
        Attack(
            "ask the neighbours (arping)", "arping -c 1 -I eth0 10.213.0.5 && echo ESCAPED; echo over",
            by: "no packet socket", "over\n"),
        Attack(
            "name its own resolvers for good", "echo nameserver 192.168.77.2 > /etc/resolv.conf && echo ESCAPED",
            by: "a read-only image", "Read-only file system"),
    ]
}

extension RealJobs.Network {
    @Test("a hostile job reaches nothing that is not public, and changes nothing of its network")
    func hostile() throws {
        try onMachine { world, sandbox in
            let (_, other, _) = try waiting(sandbox, "nc -ll -p 7000 -e echo reached job & echo up; wait")
            #expect(other.address == IPv4Address("10.213.0.2"))
            for attack in NetworkAttacks.all(other: "\(other.address)") {
                let ended = try sandbox.run(attack.script) {
                    $0.network = Self.egress
                    $0.wallSecondsMax = 20
                }
                let said = ended.text() + ended.text(.error)
                #expect(said.contains(attack.evidence), "\(attack.tries): not stopped by \(attack.stoppedBy): \(said)")
                #expect(!said.contains("ESCAPED"), "\(attack.tries): got through")
                #expect(ended.exit.reason != .timeLimit, "\(attack.tries): took its whole time")
                try sandbox.driver.release(ended.job)
                try sandbox.driver.wipe(ended.job)
            }
        }
    }

    /// Connections of the namespace that this thread is in. Source: proc(5), /proc/net/tcp: state 01.
    private func established() throws -> Int {
        try Files.text("/proc/thread-self/net/tcp").split(separator: "\n").count { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[3] == "01"
        }
    }

    @Test("a job has no more connections at once than the owner lets it")
    func connections() throws {
        try onMachine { _, sandbox in
            let (_, plan, pid) = try waiting(sandbox)
            var held: [pid_t] = []
            defer {
                for pid in held {
                    kill(-pid, SIGKILL)
                    _ = ChildProcess.wait(pid)
                }
            }
            try NetworkWorld.inside(NetworkNamespace(of: pid)) {
                for _ in 0..<plan.connectionsMax {
                    let idle = "sleep 60 | busybox nc \(NetworkWorld.server) \(NetworkWorld.sinkPort)"
                    held.append(try ChildProcess("sh", ["-c", idle]).spawnDetached())
                }
                let wanted = Int(plan.connectionsMax)
                for _ in 0..<1000 where try established() < wanted { GCXLinux.pause(for: .milliseconds(10)) }
                let count = try established()
                #expect(count == wanted)
                let heard = try NetworkWorld.ask(NetworkWorld.server)
                #expect(heard.isEmpty)
            }
        }
    }
}
