import GCXModel
import Testing

@Suite("IPv4 addresses and networks")
struct IPv4Tests {
    @Test(
        "only four plain numbers are an address",
        arguments: [
            "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.-4", "1.2.3.+4", "", "a.b.c.d", "1.2.3.4 ", "1..2.3",
        ])
    func notAnAddress(_ text: String) { #expect(IPv4Address(text) == nil) }

    @Test(
        "an address and a network read back as they were written",
        arguments: ["0.0.0.0", "255.255.255.255", "10.1.2.3"])
    func roundTrip(_ text: String) throws {
        #expect(try #require(IPv4Address(text)).description == text)
        #expect(try #require(IPv4Network(text)).description == text)
    }

    @Test(
        "a network has no bits beyond its prefix",
        arguments: ["10.1.2.3/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0/8"])
    func notANetwork(_ text: String) { #expect(IPv4Network(text) == nil) }

    @Test("a network knows its ends and what it meets")
    func ends() throws {
        let network = try #require(IPv4Network("172.16.0.0/12"))
        #expect("\(network.first) \(network.last)" == "172.16.0.0 172.31.255.255")
        #expect(network.overlaps(try #require(IPv4Network("172.31.255.255"))))
        #expect(!network.overlaps(try #require(IPv4Network("172.32.0.0/16"))))
        let all = try #require(IPv4Network("0.0.0.0/0"))
        #expect("\(all.last)" == "255.255.255.255" && all.overlaps(network))
    }

    @Test("merged ranges do not touch and hold the same addresses")
    func merged() {
        let networks = ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.7", "255.255.255.255", "240.0.0.0/4", "9.0.0.0/8"]
        let ranges = IPv4Range.merged(networks.compactMap { IPv4Network($0) })
        #expect(ranges.map(\.description) == ["9.0.0.0-10.0.1.255", "240.0.0.0-255.255.255.255"])
    }
}
