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

    @Test("connections that stand are read as the kernel writes them, those that do not are left out")
    func connections() throws {
        let text = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0200007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
               1: 0400007F:8001 0200007F:9C41 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
               2: 0300007F:8002 0200007F:9C41 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0
               3: half a line
            """
        let (ledger, buyer) = (try #require(IPv4Address("127.0.0.2")), try #require(IPv4Address("127.0.0.4")))
        #expect(
            ConnectionTable.established(in: text) == [
                .init(own: .init(buyer, 0x8001), other: .init(ledger, 0x9C41))
            ])
        #expect(try !ConnectionTable.read().contains(.init(own: .init(buyer, 0), other: .init(ledger, 0))))
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
