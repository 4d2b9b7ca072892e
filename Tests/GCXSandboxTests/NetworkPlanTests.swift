import GCXModel
import Testing

@testable import GCXLinux
@testable import GCXSandbox

@Suite("The network of a job, settled")
struct NetworkPlanTests {
    static func network(_ text: String) throws -> IPv4Network { try #require(IPv4Network(text)) }
    static func address(_ text: String) throws -> IPv4Address { try #require(IPv4Address(text)) }

    static func policy(pool: String = "10.213.0.0/28") throws -> NetworkPolicy {
        NetworkPolicy(
            pool: try network(pool), bytesPerSecond: 1_000_000, connectionsMax: 10, deny: [try network("8.8.8.8")],
            publishAddresses: [try address("203.0.113.1"), try address("203.0.113.5")], publishPorts: 20_000...20_002)
    }

    static func tables() throws -> NetworkTables {
        NetworkTables(
            attachments: [
                .init(interface: "eth0", address: try address("203.0.113.1"), network: try network("203.0.113.0/30")),
                .init(
                    interface: "gcx-0ad50002", address: try address("10.213.0.1"), network: try network("10.213.0.0/30")
                ),
            ],
            routes: [
                .init(interface: "eth0", destination: try network("0.0.0.0/0"), gateway: try address("192.0.2.254")),
                .init(interface: "eth0", destination: try network("192.0.2.254"), gateway: nil),
                .init(interface: "eth1", destination: try network("198.51.100.0/24"), gateway: nil),
            ])
    }

    func plan(_ slot: UInt32 = 0, publish: [UInt16] = [], taken: [PublishedPort] = []) throws -> NetworkPlan {
        try Self.policy().plan(
            JobNetwork(mode: .egress, publish: publish), slot: slot, on: Self.tables(), mtu: 1400, taken: taken)
    }

    @Test("each slot has four addresses of its own, and no more jobs than the pool holds have one")
    func slots() throws {
        let (first, last) = (try plan(0), try plan(3))
        #expect("\(first.gateway) \(first.address) \(first.interface)" == "10.213.0.1 10.213.0.2 gcx-0ad50002")
        #expect("\(last.gateway) \(last.address) \(last.interface)" == "10.213.0.13 10.213.0.14 gcx-0ad5000e")
        #expect(throws: SandboxError.slotsFull(limit: 4)) { try plan(4) }
        #expect(NetworkPlan.address(of: first.interface) == first.address)
        #expect(NetworkPlan.address(of: "gcx-ad50002") == nil && NetworkPlan.address(of: "eth0") == nil)
    }

    @Test("what the machine is attached to, its routers and what the owner denies are out of reach")
    func denied() throws {
        let denied = try plan().denied
        for text in ["203.0.113.2", "192.0.2.254", "198.51.100.9", "8.8.8.8", "169.254.169.254", "192.168.1.1"] {
            let address = try Self.address(text)
            #expect(denied.contains { $0.contains(address) }, "\(text)")
        }
        let open = try Self.address("1.1.1.1")
        #expect(!denied.contains { $0.contains(open) })
    }

    @Test("a pool over a network of the machine is refused")
    func overlap() throws {
        let policy = try Self.policy(pool: "203.0.113.0/24")
        let tables = try Self.tables()
        #expect(throws: SandboxError.self) {
            try policy.plan(JobNetwork(mode: .egress), slot: 0, on: tables, mtu: 1500, taken: [])
        }
    }

    @Test("published ports are the lowest free ones, the same on every address, until none is left")
    func published() throws {
        let other = PublishedPort(address: try Self.address("203.0.113.1"), port: 20_001, jobPort: 1)
        let ports = try plan(publish: [80, 443], taken: [other]).published
        #expect(
            ports.map(\.description) == [
                "203.0.113.1:20000 -> 80/tcp", "203.0.113.5:20000 -> 80/tcp", "203.0.113.1:20002 -> 443/tcp",
                "203.0.113.5:20002 -> 443/tcp",
            ])
        #expect(throws: SandboxError.self) { try plan(publish: [80, 443, 22], taken: [other]) }
    }

    @Test("what cannot be asked for is refused by its name")
    func refused() throws {
        let policy = try Self.policy()
        var closed = policy
        closed.publishAddresses = []
        let wrong: [(JobNetwork, NetworkPolicy?)] = [
            (JobNetwork(mode: .egress), nil), (JobNetwork(mode: .none, publish: [80]), policy),
            (JobNetwork(mode: .egress, publish: [80]), closed), (JobNetwork(mode: .egress, publish: [0]), policy),
            (JobNetwork(mode: .egress, publish: [80, 80]), policy),
        ]
        for (request, policy) in wrong {
            let error = #expect(throws: SandboxError.self) { try NetworkPolicy.check(request, by: policy) }
            guard case .invalidSpec("network", _)? = error else {
                Issue.record("\(request): \(String(describing: error))")
                continue
            }
        }
        #expect(throws: Never.self) { try NetworkPolicy.check(.none, by: nil) }
    }

    @Test("the rules of the last job go with the table, those of others alone")
    func removal() {
        let chains: Set = [
            "input", "forward", "from-gcx-0ad50002", "to-gcx-0ad50002", "from-gcx-0ad50006", "to-gcx-0ad50006",
        ]
        #expect(NetworkRules.interfaces(in: chains) == ["gcx-0ad50002", "gcx-0ad50006"])
        let one = NetworkRules.removing(["gcx-0ad50002"], from: chains)
        #expect(one.contains("delete chain inet gcx to-gcx-0ad50002") && one.contains("sources { 10.213.0.2 }"))
        #expect(!one.contains("gcx-0ad50006") && !one.contains("publish"))
        #expect(NetworkRules.removing(["gcx-0ad50002", "gcx-0ad50006"], from: chains) == "delete table inet gcx\n")
    }
}
