import GCXModel
import Glibc
import Support
import Testing

@testable import GCXLinux
@testable import GCXSandbox

/// A machine, its provider's network and the world outside, as three network namespaces: the real machine's network is
/// not touched.
///
/// ```
///  lan 192.168.77.2 ── 192.168.77.1 machine 203.0.113.1 ── 203.0.113.2 outside
/// ```
///
/// The outside has no route back to the jobs, so an answer proves that their addresses were replaced. Everybody answers
/// everybody on port 7000.
final class NetworkWorld {
    static let uplink = IPv4Address("203.0.113.1")!
    /// Addresses of the outside: a public one, a resolver, the cloud's metadata, and private ones that are routed there.
    static let server = "198.51.100.10"
    static let resolver = "100.64.0.53"
    static let metadata = "169.254.169.254"
    static let privateFar = "10.99.0.1"
    static let port = 7000
    /// Port on which the outside keeps what it gets, in ``received``.
    static let sinkPort = 7001
    /// Port on which the outside sends without end.
    static let floodPort = 7002

    static let policy = NetworkPolicy(
        pool: IPv4Network("10.213.0.0/16")!, bytesPerSecond: 100_000_000, connectionsMax: 64,
        publishAddresses: [uplink], publishPorts: 20_000...20_003)

    /// Processes that do nothing but hold a namespace each, and those that listen.
    private var holders: [String: pid_t] = [:]
    private var servers: [pid_t] = []
    let received = "/tmp/gcx-test-received-\(getpid())"

    init() throws {
        for name in ["machine", "outside", "lan"] {
            holders[name] = try Self.hold()
            try at(name) { try Self.ip("link set lo up") }
        }
        try cable("up0", "203.0.113.1/30", to: "outside", "203.0.113.2/30")
        try cable("lan0", "192.168.77.1/24", to: "lan", "192.168.77.2/24")
        try machine { try Self.ip("route add default via 203.0.113.2") }
        try at("lan") { try Self.ip("route add default via 192.168.77.1") }
        for address in [Self.server, Self.resolver, Self.metadata, Self.privateFar] {
            try at("outside") { try Self.ip("address add \(address) dev lo") }
        }
        try setForwarding(true)
        for name in ["machine", "outside", "lan"] { try serve(name, Self.port, "echo reached \(name)") }
        try serve("outside", 53, "echo reached resolver")
        try serve("outside", Self.sinkPort, "exec cat >> \(received)")
        try serve("outside", Self.floodPort, "exec cat /dev/zero")
        for (name, address) in [
            ("lan", "192.168.77.1"), ("outside", "203.0.113.1"), ("machine", "192.168.77.2"), ("machine", Self.server),
        ] { try waitFor(name, address) }
    }

    deinit {
        for pid in servers + holders.values {
            kill(-pid, SIGKILL)
            _ = ChildProcess.wait(pid)
        }
        unlink(received)
    }

    /// Runs `body` on the machine: this thread and the children it starts are in the machine's network.
    @discardableResult
    func machine<Value>(_ body: () throws -> Value) throws -> Value { try at("machine", body) }

    @discardableResult
    func at<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
        try Self.inside(NetworkNamespace(of: holder(name)), body)
    }

    @discardableResult
    static func inside<Value>(_ namespace: borrowing NetworkNamespace, _ body: () throws -> Value) throws -> Value {
        try namespace.inside { () throws(LinuxError) in Result { try body() } }.get()
    }

    private func holder(_ name: String) throws -> pid_t { try #require(holders[name]) }

    /// A process in a new network namespace; it ends by itself when the tests are killed.
    private static func hold() throws -> pid_t {
        let pid = try ChildProcess("unshare", ["--net", "sleep", "600"]).spawnDetached()
        for _ in 0..<500 where Files.lineIfPresent("/proc/\(pid)/comm") != "sleep" {
            GCXLinux.pause(for: .milliseconds(2))
        }
        return pid
    }

    /// What a place of this world hears from an address; empty when nothing.
    func ask(_ name: String, _ address: String, _ port: Int = NetworkWorld.port) throws -> String {
        try at(name) { try Self.ask(address, port) }
    }

    static func ask(_ address: String, _ port: Int = NetworkWorld.port) throws -> String {
        try ChildProcess("busybox", ["nc", "-w", "2", address, "\(port)"]).outcome().text
    }

    func setForwarding(_ isOn: Bool) throws {
        try machine {
            for link in ["up0", "lan0"] {
                try Files.control("/proc/sys/net/ipv4/conf/\(link)/forwarding", isOn ? "1" : "0")
            }
        }
    }

    private func cable(_ here: String, _ address: String, to place: String, _ other: String) throws {
        try machine { try Self.ip("link add \(here) type veth peer name cable0 netns \(holder(place))") }
        for (name, link, address) in [("machine", here, address), (place, "cable0", other)] {
            try at(name) {
                try Self.ip("address add \(address) dev \(link)")
                try Self.ip("link set \(link) up")
            }
        }
    }

    private func serve(_ name: String, _ port: Int, _ script: String) throws {
        let server = ["600", "busybox", "nc", "-ll", "-p", "\(port)", "-e", "/bin/sh", "-c", script]
        servers.append(try at(name) { try ChildProcess("timeout", server).spawnDetached() })
    }

    /// Waits until a server answers, which shows that what a job cannot reach could be reached.
    private func waitFor(_ name: String, _ address: String) throws {
        for _ in 0..<500 {
            if try ask(name, address).hasPrefix("reached") { return }
            GCXLinux.pause(for: .milliseconds(10))
        }
        throw LinuxError.timedOut(operation: "ask", object: address, after: .seconds(5))
    }

    private static func ip(_ command: String) throws {
        try ChildProcess("ip", command.split(separator: " ").map(String.init)).run()
    }
}

extension Machine {
    /// What these tests lack, tried out: a kernel may have neither veth pairs, nor nft with NAT, nor token buckets.
    static let lacksNetwork: String? = {
        if let tool = lacks("crun", "busybox", "mke2fs", "tar", "ip", "tc", "nft", "unshare") { return tool }
        let script = """
            ip link add a0 type veth peer name b0 && tc qdisc add dev a0 root tbf rate 1mbit burst 64k latency 9ms &&
            nft 'add table inet t; add chain inet t c { type nat hook postrouting priority 100 ; };
                 add rule inet t c ct count over 9 drop; add rule inet t c ip saddr 10.0.0.1 masquerade'
            """
        let outcome = try? ChildProcess("unshare", ["--net", "sh", "-c", script]).outcome()
        return outcome?.status == .exited(0)
            ? nil : "the kernel has no veth, nft NAT or tbf: \(outcome?.errorLine ?? "")"
    }()
    static var hasNetwork: Bool { lacksNetwork == nil }
}
