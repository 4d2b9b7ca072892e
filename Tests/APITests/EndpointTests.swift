import GCXModel
import Testing

@testable import GCXClient
@testable import GCXWire

@Suite struct EndpointTests {
    @Test("what is on this machine is an endpoint, and prints as it was written")
    func local() throws {
        for text in [
            "unix:/run/gcx/ledger.sock", "http://127.0.0.1:8080", "http://[::1]:65535",
            "https://ledger.example.org:443",
            "https://192.0.2.1:8443", "https://[2001:db8::1]:443",
        ] {
            #expect(try Endpoint(text).description == text)
        }
        #expect(try Endpoint("http://localhost:80/") == .loopback(.v4, port: 80))
    }

    @Test(
        "what is on another machine, or might be, is refused with the rule",
        arguments: [
            "http://0.0.0.0:80", "http://[::]:80", "http://192.168.0.1:80", "http://example.org:80",
            "ftp://127.0.0.1:80", "http://127.0.0.1.example.org:80", "http://user@127.0.0.1:80",
            "http://localhost.:80", "http://127.0.0.2:80", "http://::1:80",
        ])
    func remote(_ text: String) {
        #expect(throws: EndpointError.notLocal(text)) { try Endpoint(text) }
        #expect(EndpointError.notLocal(text).description.contains("without TLS"))
    }

    @Test(
        "what is no address is refused with the reason",
        arguments: [
            "", "unix:", "unix:relative/path", "unix:/line\nbreak", "unix:/directory/", "127.0.0.1:80",
            "http://127.0.0.1",
            "http://127.0.0.1:", "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:+80",
            "http://127.0.0.1:80/path", "http://[::1]", "unix:/" + String(repeating: "s", count: 107),
            "https://", "https://host", "https://host:0", "https://host:65536", "https://1.2.3:443",
            "https://1.2.3.256:443",
            "https://-a:443", "https://a..b:443", "https://a_b:443", "https://A:443", "https://[::g]:443",
            "https://::1:443",
            "https://user@host:443", "https://host:443/path", "https://host:443#0x", "https://[fe80::1%eth0]:443",
            "https://" + String(repeating: "a", count: 64) + ":443", "https://\u{0}:443",
        ])
    func malformed(_ text: String) throws {
        let error = try #require(throws: EndpointError.self) { try Endpoint(text) }
        guard case .invalid(text, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test("an IPv6 address has one spelling")
    func spelling() throws {
        #expect(try Endpoint("https://[2001:DB8:0:0::1]:443").description == "https://[2001:db8::1]:443")
        #expect(try Endpoint("https://[2001:db8::1]:443").urlBase == "https://[2001:db8::1]:443")
    }

    @Test("a server on another machine is named with whoever has to answer there")
    func signers() throws {
        let signer = Address(checkedBytes: [UInt8](repeating: 0xab, count: 20))
        let address = try ServerAddress("https://a.example:443#\(signer)")
        #expect(address.signer == signer && address.description == "https://a.example:443#\(signer)")
        #expect(try ServerAddress("unix:/a").signer == nil)
        #expect(throws: EndpointError.noSigner("https://a.example:443")) { try ServerAddress("https://a.example:443") }
        for text in [
            "https://a.example:443#", "https://a.example:443#0xab", "https://a.example#\(signer)",
            "unix:/a/#\(signer)/",
        ] {
            #expect(throws: EndpointError.self) { try ServerAddress(text) }
        }
    }

    @Test("a socket's path takes the place of the host in a URL, whatever it contains")
    func socketURL() {
        #expect(Endpoint.unix(path: "/run/a b/é%.sock").urlBase == "http+unix://%2Frun%2Fa%20b%2F%C3%A9%25.sock")
    }
}
