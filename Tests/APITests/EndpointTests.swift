import GCXModel
import Testing

@testable import GCXClient
@testable import GCXWire

@Suite struct EndpointTests {
    @Test("what is on this machine is an endpoint, and prints as it was written")
    func local() throws {
        for text in ["unix:/run/gcx/ledger.sock", "http://127.0.0.1:8080", "http://[::1]:65535"] {
            #expect(try Endpoint(text).description == text)
        }
        #expect(try Endpoint("http://localhost:80/") == .loopback(.v4, port: 80))
    }

    @Test(
        "what is on another machine, or might be, is refused with the rule",
        arguments: [
            "http://0.0.0.0:80", "http://[::]:80", "http://192.168.0.1:80", "http://example.org:80",
            "https://127.0.0.1:80", "http://127.0.0.1.example.org:80", "http://user@127.0.0.1:80",
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
        ])
    func malformed(_ text: String) throws {
        let error = try #require(throws: EndpointError.self) { try Endpoint(text) }
        guard case .invalid(text, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test("a socket's path takes the place of the host in a URL, whatever it contains")
    func socketURL() {
        #expect(Endpoint.unix(path: "/run/a b/é%.sock").urlBase == "http+unix://%2Frun%2Fa%20b%2F%C3%A9%25.sock")
    }
}
