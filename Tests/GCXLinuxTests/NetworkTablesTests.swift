import GCXModel
import Testing

@testable import GCXLinux

@Suite("Tables of the network")
struct NetworkTablesTests {
    @Test("routes are read as the kernel writes them")
    func routes() throws {
        let text = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
            eth1\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            """
        let routes = NetworkTables.routes(in: text)
        #expect(routes.map(\.interface) == ["eth0", "eth1"])
        #expect(routes.map(\.destination.description) == ["0.0.0.0/0", "198.51.100.0/24"])
        #expect(routes.map(\.gateway) == [IPv4Address("192.0.2.1"), nil])
        #expect(NetworkTables(attachments: [], routes: routes).uplinks == ["eth0"])
    }

    @Test("bytes of an interface are read by its whole name")
    func bytes() throws {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets
              eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0
            eth0.5:70 8 0 0 0 0 0 0 90 1 0 0 0 0 0 0
            """
        let found = try #require(NetworkTables.bytes(of: "eth0.5", in: text))
        #expect(found == (70, 90))
        #expect(NetworkTables.bytes(of: "eth", in: text) == nil)
    }

    @Test("the loopback of this machine is there, and a name that nobody has is not")
    func here() throws {
        let tables = try NetworkTables.read()
        #expect(tables.attachments.contains { $0.interface == "lo" && "\($0.network)" == "127.0.0.0/8" })
        #expect(NetworkTables.hasInterface("lo") && !NetworkTables.hasInterface("gcx-none"))
        #expect(NetworkTables.bytes(of: "lo") != nil && NetworkTables.bytes(of: "gcx-none") == nil)
    }
}
