import Foundation
import GCXClient
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Testing

extension WholeLeases {
    /// A thief who has all of a session: its document, and the TLS key that it is for.
    @Suite("Sessions that a thief has, over TLS")
    struct SessionTests {
        @Test("its use is shown to its buyer, who shuts it out at once, and out of what it follows")
        func stolen() async throws {
            let site = try Site(far: try .onLoopback())
            try site.open()
            let key = site.signing("buyer")
            let lease = try site.lease()
            _ = try site.spawn(
                site.running("echo begun; sleep 50", on: lease, limit: "50"), log: "buyer.out", afar: true)
            try site.wait("the job", seconds: 30) { try Files.text(site.path("buyer.out")).contains("begun") }
            let thief = try Thief(site, lease)
            let log = try await thief.read()
            #expect(log.next > 0)

            let shown = try #require(try sessions(site).first { $0.id == "\(thief.id)" })
            #expect(shown.revokedAt == nil && shown.lastUsedAt.hasSuffix("Z"))
            #expect(shown.places.map(\.from) == ["the machine itself"])
            let table = try site.outcomeAfar(["session", "list", "--no-trunc"] + key)
            #expect(table.text.contains("this command") && table.text.contains("\(thief.id)"), "\(table.text)")

            let follower = try site.spawn(["job", "logs", "--follow", lease] + key, log: "follow.out", afar: true)
            try site.wait("the log", seconds: 10) { try Files.text(site.path("follow.out")).contains("begun") }
            let followed = Task { try await thief.read(from: log.next, waiting: 30) }
            try await Task.sleep(for: .milliseconds(300))
            let start = BootClock.now()
            let revoked = try site.outcomeAfar(["session", "revoke", String("\(thief.id)".prefix(12))] + key)
            #expect(revoked.text == "revoked\n", "\(revoked.text) \(revoked.errorLine)")
            for answer in [followed, Task { try await thief.read() }] {
                let error = await #expect(throws: AgentError.self) { try await answer.value }
                guard case .sessionRevoked = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            #expect(BootClock.now() - start < 15_000_000_000, "the thief read on")
            #expect(!site.hasEnded(follower), "another session of the same account goes on")

            #expect(try site.outcomeAfar(["session", "revoke", "--all"] + key).text.hasPrefix("revoked "))
            #expect(site.finish(follower) == .exited(78))
            #expect(try Files.text(site.path("follow.out")).contains("the account revoked this session"))
            #expect(try site.inspect(lease).phase != .closed, "the job is not touched")
            let after = try sessions(site)
            #expect(after.filter { $0.revokedAt == nil }.count == 1, "the one of this very command")
        }

        private func sessions(_ site: Site) throws -> [Shown] {
            let outcome = try site.outcomeAfar(["session", "list", "--json"] + site.signing("buyer"))
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            return try JSONDecoder().decode([Shown].self, from: Data(outcome.output))
        }
    }
}

/// What `gcx session list --json` says.
private struct Shown: Decodable {
    struct Place: Decodable {
        let from: String
    }

    let id: String
    let lastUsedAt: String
    let revokedAt: String?
    let places: [Place]
}

/// A client with a TLS key of its own, and the buyer's session for that key.
private struct Thief {
    let client: AgentClient
    let caller: Caller
    let id: Digest
    let lease: LeaseID

    init(_ site: Site, _ lease: String) throws {
        let key = try Keystore.decrypt(try KeystoreFile.read(site.path("buyer.json")), password: "a word for a test")
        let domain = try site.domain()
        client = AgentClient(try ServerAddress(try #require(site.farAgent)))
        let machine = try Address(checksummed: site.addresses["machine", default: ""])
        let session = Signed(
            try client.session(of: key.address, machine: machine, at: WallClock.seconds(), seconds: 3_600), by: key,
            in: domain)
        (caller, id) = (.session(session), session.digest(in: domain))
        self.lease = try #require(LeaseID(lease))
    }

    func read(from place: UInt64 = 0, waiting seconds: UInt64 = 0) async throws -> LogPage {
        try await client.log(lease, LogQuery(from: place, waitSeconds: seconds), by: caller)
    }
}
