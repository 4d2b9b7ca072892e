import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// Requests that are none, sessions that prove nothing, and questions with the largest numbers.
enum SentConnections {
    static let all = heads + sessions + questions

    /// The same bytes to the agent's port and to the ledger's socket; what is refused by one and not by the other is told.
    private static func raw(
        _ sends: String, by stoppedBy: String, _ expected: Expected, then finishes: Bool = false,
        check: @escaping @Sendable (Reply) -> [String] = { _ in [] }, _ bytes: @escaping @Sendable () -> [UInt8]
    ) -> [Sending] {
        ["agent", "ledger"].map { name in
            Sending(.connections, "\(sends), to the \(name)", by: stoppedBy, expected) { ground in
                let peer = try Peer(name == "agent" ? ground.agent.from("127.0.0.66") : ground.ledger, seconds: 15)
                peer.send(bytes())
                if finishes { peer.finish() }
                let began = BootClock.now()
                let reply = peer.reply()
                let seconds = (BootClock.now() - began) / 1_000_000_000
                return Answer(
                    reply.status, reply.head,
                    wrong: check(reply) + (seconds >= 14 ? ["nothing came for \(seconds) s"] : []))
            }
        }
    }

    private static let parser = "the HTTP parser"
    private static let get = "GET /healthz HTTP/1.1\r\nHost: gcx\r\n"

    private static let heads =
        raw("a megabyte of headers", by: "the size of a head", .refused([431, 400])) {
            Array(
                (get + (0..<16).map { "X-\($0): \(String(repeating: "a", count: 65_000))\r\n" }.joined() + "\r\n").utf8)
        }
        + raw("10,000 headers", by: "the number of headers", .dropped) {
            Array((get + (0..<10_000).map { "X-\($0): 1\r\n" }.joined() + "\r\n").utf8)
        }
        + raw("a path of a megabyte", by: "the size of a head", .dropped) {
            Array("GET /\(String(repeating: "a", count: 1 << 20)) HTTP/1.1\r\nHost: gcx\r\n\r\n".utf8)
        }
        + raw("chunks that are none", by: parser, .dropped) {
            Array(
                "POST /v1/entries HTTP/1.1\r\nHost: gcx\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n0\r\n\r\n".utf8)
        }
        + raw(
            "HEAD", by: "routes without bodies", .answered,
            check: { $0.bytes.isEmpty ? [] : ["HEAD was answered with a body"] }
        ) {
            Array("HEAD /healthz HTTP/1.1\r\nHost: gcx\r\nConnection: close\r\n\r\n".utf8)
        }
        + raw("rubbish after a request", by: parser, .dropped, then: true) {
            Array((get + "\r\n").utf8) + (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        }
        + raw("a TLS hello", by: parser, .dropped, then: true) {
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03] + [UInt8](repeating: 7, count: 512)
        }
        + raw("zero bytes", by: parser, .dropped, then: true) { [UInt8](repeating: 0, count: 100_000) }
        + raw("HTTP/2", by: parser, .dropped, then: true) { Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) }
        + raw("a request of which only half comes", by: "the end of the connection", .dropped, then: true) {
            Array("GET /heal".utf8)
        }
        + raw(
            "a request, and its sender's half of the connection ended", by: "a server that answers all the same",
            .taken, then: true
        ) {
            Array((get + "\r\n").utf8)
        }
        + raw("an entry of 100 MB that only says so", by: "the size of a body", .dropped) {
            Array(
                "POST /v1/entries HTTP/1.1\r\nHost: gcx\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n"
                    .utf8)
                + [UInt8](repeating: 0x20, count: 2 << 20)
        }
        + raw("a method that nobody knows", by: "the routes", .dropped) {
            Array("BREW /healthz HTTP/1.1\r\nHost: gcx\r\nConnection: close\r\n\r\n".utf8)
        }
        + raw("a header split by a line end of its own", by: parser, .dropped) {
            Array((get + "X: a\0b\r\nConnection: close\r\n\r\n").utf8)
        }
        + raw("a path that climbs", by: "the routes", .refused([400, 404])) {
            Array("GET /v1/../../../etc/passwd HTTP/1.1\r\nHost: gcx\r\nConnection: close\r\n\r\n".utf8)
        }

    private static func session(
        _ sends: String, by stoppedBy: String, _ header: @escaping @Sendable (Ground) throws -> [String]
    ) -> Sending {
        Sending(.connections, sends, by: stoppedBy, .refused([400, 401, 403, 404, 431])) { ground in
            Answer(
                try ground.ask(
                    ground.agent, HTTPText.request("GET", "/v1/leases/\(ground.ended)/job", try header(ground))))
        }
    }

    private static let sessions = [
        session("no session", by: "sessions") { _ in [] },
        session("a session of another buyer", by: "the account that the lease names") {
            [try $0.session(by: .generate())]
        },
        session("a session that somebody else signed in the buyer's name", by: "the signature") { ground in
            let buyer = ground.buyer.address
            return [try ground.session(by: .generate()) { ($0.account, $0.session) = (buyer, buyer) }]
        },
        session("a session that begins and ends in the far future", by: "the longest session, from now") {
            [try $0.session { ($0.issuedAt, $0.expiresAt) = (.max - 1, .max - 1) }]
        },
        session("a session of ten years", by: "the longest session") {
            [try $0.session { $0.expiresAt += 315_360_000 }]
        },
        session("a session that ends before it begins", by: "the longest session") {
            [try $0.session { $0.issuedAt = .max }]
        },
        session("a session that is over", by: "its end") {
            [try $0.session { ($0.issuedAt, $0.expiresAt) = ($0.issuedAt - 7_200, $0.issuedAt - 3_600) }]
        },
        session("a session for another machine", by: "the audience") { [try $0.session { $0.audience = .zero }] },
        session("a session for another ledger", by: "the domain") {
            [try $0.session(in: EIP712Domain(chainId: 7, verifyingContract: $0.domain.verifyingContract))]
        },
        session("a session that is no base64", by: "the token's form") { _ in ["Authorization: GCX-Session ~~~"] },
        session("a session of 60,000 bytes", by: "the token's size") { _ in
            ["Authorization: GCX-Session \(String(repeating: "A", count: 60_000))"]
        },
        session("another scheme", by: "the scheme") { _ in ["Authorization: Basic b3duZXI6b3duZXI="] },
        session("two sessions", by: "sessions that are there once") { ground in
            [try ground.session(by: .generate()), try ground.session(by: .generate())]
        },
        Sending(
            .connections, "a voucher again, without a session", by: "an answer without what only the buyer may know",
            .answered
        ) { ground in
            let lease = try ground.openLease()
            _ = try ground.put(.image, lease, Ground.rootfs)
            let job = Array(try Ground.json(Ground.job("busybox sleep 15")))
            _ = try ground.read(JobStatus.self, ground.call("POST", "/v1/leases/\(lease)/job", body: job))
            let reply = try replay(ground, lease)
            let isEnded = try ground.settle(lease)
            let told = ["\"usage\"", "\"live\"", "\"logBytes\"", "\"phase\""].filter { reply.body.contains($0) }
            return Answer(
                reply.status, reply.body,
                wrong: (told.isEmpty ? [] : ["it tells a stranger \(told)"])
                    + (isEnded ? [] : ["the lease does not end"]))
        },
    ]

    /// Promises for the first receipt, and once more.
    private static func replay(_ ground: Ground, _ lease: LeaseID) throws -> Reply {
        for _ in 0..<100 {
            let path = "/v1/leases/\(lease)/receipts"
            if let first = try ground.read([Signed<Receipt>].self, ground.call("GET", path)).first {
                _ = try ground.vouch(for: first)
                return try ground.vouch(for: first)
            }
            pause(for: .milliseconds(100))
        }
        throw LinuxError.timedOut(operation: "wait for", object: "a receipt", after: .seconds(10))
    }

    /// A question of the buyer's whose numbers are at their ends.
    private static func question(_ path: String, _ expected: Expected = .answered) -> Sending {
        Sending(.connections, "GET \(path)", by: "checked arithmetic and bounded pages", expected) { ground in
            Answer(try ground.call("GET", path.replacing("LEASE", with: "\(ground.ended)")))
        }
    }

    private static func toLedger(_ path: String, _ expected: Expected = .answered) -> Sending {
        Sending(.connections, "GET \(path) of the ledger", by: "checked arithmetic and bounded pages", expected) {
            ground in
            Answer(
                try ground.ask(ground.ledger, HTTPText.request("GET", path.replacing("OFFER", with: "\(ground.offer)")))
            )
        }
    }

    private static let most = UInt64.max

    private static let questions = [
        question("/v1/leases/LEASE/log?from=1&tail=\(most)&max=\(most)"),
        question("/v1/leases/LEASE/log?from=\(most)"), question("/v1/leases/LEASE/log?since=\(most)&tail=0"),
        question("/v1/leases/LEASE/log?max=0"), question("/v1/leases/LEASE/log?from=-1", .refused([400])),
        question("/v1/leases/LEASE/receipts?after=\(most)"),
        question("/v1/leases/LEASE/events?after=\(most)"), question("/v1/leases/%00", .refused([400, 404])),
        toLedger("/v1/entries?from=\(most)&limit=\(Int.max)"), toLedger("/v1/entries?limit=-1"),
        toLedger("/v1/entries?limit=\(Int.min)"), toLedger("/v1/entries/\(most)"),
        toLedger("/v1/offers/OFFER/free?from=0&until=\(most)"), toLedger("/v1/offers/OFFER/free?from=\(most)&until=0"),
        toLedger("/v1/proofs/inclusion?index=\(most)&treeSize=\(most)"),
        toLedger("/v1/proofs/consistency?from=0&to=\(most)"), toLedger("/v1/proofs/consistency?from=\(most)&to=0"),
        toLedger("/v1/accounts/0x%1b%5b2J", .refused([400, 404])),
    ]
}
