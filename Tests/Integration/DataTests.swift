import Foundation
import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc
import Support
import Testing

extension WholeLeases {
    @Suite("What goes into a job and what comes out")
    struct DataTests {
        @Test("input and output are named by their digests in signed receipts, and the output is fetched later")
        func digests() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let input = try Self.input(of: site)
            let program = "cat /input/words; cat /input/words /input/words > /output/twice"
            var arguments = site.running(program, on: lease)
            arguments.insert(contentsOf: ["--input", input], at: try #require(arguments.firstIndex(of: "--")))
            let outcome = try site.outcome(arguments)
            #expect(outcome.text == "some words\n", "\(outcome.errorLine)")
            let fetched = try site.gcx(
                "job", "output", lease, "--out", site.path("fetched"))
            #expect(try Files.text(site.path("fetched/twice")) == "some words\nsome words\n")
            let events = try site.receipts(lease).flatMap(\.events)
            #expect(events.contains { $0.hasPrefix("input sha256:") })
            #expect(events.contains { $0.hasPrefix("output \(fetched) of ") }, "\(events), \(fetched)")
            #expect(
                try site.report(lease).facts?.exit?.outputDigest == fetched.split(separator: ":").last.map(String.init))
        }

        @Test("an output over the limit is not kept, and the job's end is its own")
        func tooLarge() throws {
            let site = try Site(["job.output_bytes_max": "100000"])
            try site.open()
            let lease = try site.lease()
            let outcome = try site.outcome(
                site.running("dd if=/dev/urandom of=/output/x bs=1M count=2; exit 4", on: lease))
            #expect(outcome.status == .exited(4))
            let refused = try site.outcome(["job", "output", lease, "--out", site.path("fetched")])
            #expect(refused.status != .exited(0) && refused.errorLine.contains("there is no output"))
            #expect(!Files.exists(site.path("fetched")))
            let events = try site.receipts(lease).flatMap(\.events)
            #expect(events.contains("the output is larger than 100,000 bytes and was not kept"))
        }

        static let lacks = ["openssl", "python3", "curl"].first { ChildProcess.find($0) == nil }

        @Test(
            "an input is fetched by https from where the owner allows, compared with its digest, and from nowhere else",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func https() throws {
            let server = try TLSFileServer()
            let site = try Site([
                "job.input_urls_allow": "[\"https://localhost:\(server.port)/\"]",
                "job.input_certificates": "\"\(server.certificate)\"",
            ])
            try site.open()
            try Unpacker.located().pack(directory: try Self.input(of: site), into: "\(server.directory)/input.tar")
            let digest = try SHA256Hex.ofFile("\(server.directory)/input.tar").hex
            let address = "https://localhost:\(server.port)/input.tar"

            let lease = try site.lease()
            for (url, word) in [
                ("https://127.0.0.1:\(server.port)/input.tar", "fetches no input from there"),
                ("https://localhost:\(server.port)/../input.tar", "not a plain https address"),
            ] {
                let refused = try site.outcome(Self.running(site, lease, url, digest))
                #expect(refused.status != .exited(0) && refused.errorLine.contains(word), "\(refused.errorLine)")
                #expect(try site.inspect(lease).phase == .open)
            }
            let outcome = try site.outcome(Self.running(site, lease, address, digest))
            #expect(outcome.text == "some words\n", "\(outcome.errorLine)")
            #expect(try site.receipts(lease).flatMap(\.events).contains { $0.hasPrefix("input sha256:\(digest)") })

            let other = try site.lease()
            let wrong = try site.outcome(Self.running(site, other, address, String(repeating: "0", count: 64)))
            #expect(wrong.status == .exited(78))
            let note = try site.report(other).events.map(\.text.shown).joined(separator: "\n")
            #expect(note.contains("the input cannot be used: it is sha256:\(digest), and sha256:0000"), "\(note)")
        }

        private static func running(_ site: Site, _ lease: String, _ url: String, _ digest: String) -> [String] {
            var arguments = site.running("cat /input/words", on: lease)
            let place = arguments.firstIndex(of: "--") ?? arguments.endIndex
            arguments.insert(contentsOf: ["--input", url, "--input-sha256", digest], at: place)
            return arguments
        }

        static func input(of site: Site) throws -> String {
            let input = site.path("words-of-buyer")
            try Files.makeDirectories(input, mode: 0o755)
            try DurableFile.write("some words\n".utf8, to: "\(input)/words", mode: 0o644)
            return input
        }
    }
}

/// A directory served by https on loopback, with a certificate of its own.
final class TLSFileServer {
    let directory: String
    let port: UInt16
    private var pid: pid_t = 0

    var certificate: String { "\(directory)/certificate.pem" }

    init() throws {
        directory = try ChildProcess("mktemp", ["-d", "/tmp/gcx-https-XXXXXX"]).run()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        // The agent's user reads the certificate in it.
        chmod(directory, 0o755)
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        port = try #require(listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        _ = consume listener
        try ChildProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", "\(directory)/key.pem", "-out",
                "\(directory)/certificate.pem",
            ]
        ).run()
        let program = """
            import http.server, ssl, sys
            directory, port = sys.argv[1], int(sys.argv[2])
            handler = lambda *a: http.server.SimpleHTTPRequestHandler(*a, directory=directory)
            server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(directory + "/certificate.pem", directory + "/key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.serve_forever()
            """
        pid = try ChildProcess("python3", ["-c", program, directory, "\(port)"]).spawnDetached(
            logPath: "\(directory)/log")
        for _ in 0..<200 {
            if (try? ChildProcess("curl", ["-s", "--cacert", certificate, "https://localhost:\(port)/"]).run()) != nil {
                return
            }
            pause(for: .milliseconds(50))
        }
        throw LinuxError.timedOut(operation: "wait for", object: "the https server", after: .seconds(10))
    }

    deinit {
        if pid > 0 {
            kill(pid, SIGKILL)
            _ = ChildProcess.wait(pid)
        }
        try? Files.removeTree(directory)
    }
}
