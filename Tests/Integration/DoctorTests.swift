import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Glibc
import Testing

@testable import gcx

@Suite("What the doctor makes of what it sees")
struct DoctorRuleTests {
    private let now: UInt64 = 1_800_000_000

    @Test("a ledger's clock a little off is a warning, and one that makes papers void a fault, either way")
    func clocks() {
        for (ledger, level) in [
            (now, Finding.Level.ok), (now + 5, .ok), (now + 6, .warning), (now - 60, .warning), (now + 61, .fault),
            (now - 3_600, .fault),
        ] {
            let found = ClockCheck.comparison(ledger: ledger, ours: now)
            #expect(found.level == level, "\(found)")
            #expect((found.remedy == nil) == (level == .ok))
        }
        #expect(ClockCheck.comparison(ledger: now - 90, ours: now).detail.contains("90 s behind"))
    }

    @Test("a grant that is over is a fault, and one that soon will be a warning that says how soon")
    func grants() {
        func level(_ end: UInt64) -> Finding.Level {
            let nobody = Address(checkedBytes: [UInt8](repeating: 1, count: 20))
            let grant = MachineGrant(
                owner: nobody, machine: nobody, label: "", issuedAt: 0, expiresAt: end, nonce: Digest.random())
            return AgentChecks.term(of: grant, at: now).level
        }
        #expect(level(now) == .fault)
        #expect(level(now + 1) == .warning)
        #expect(level(now + AgentStatusText.soonSeconds) == .ok)
    }

    @Test("a disk without the reserve is a fault, and one that holds less than is for sale a warning")
    func disks() {
        let reserve = SandboxLimits.diskReserveBytes
        #expect(AgentChecks.room(free: reserve, sold: 0, in: "/x").level == .fault)
        #expect(AgentChecks.room(free: reserve + 9, sold: 10, in: "/x").level == .warning)
        #expect(AgentChecks.room(free: reserve + 10, sold: 10, in: "/x").level == .ok)
        #expect(AgentChecks.nearest("/tmp/no-such-folder-\(getpid())/a/b") == "/tmp")
        #expect(AgentChecks.nearest("/no-such-folder-\(getpid())") == "/")
    }

    @Test("programs find what they found before, and the level beside it")
    func json() throws {
        let found = Finding.warning("disk", "small", fix: "Free some.")
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(found)) as? [String: Any]
        let fields = try #require(object)
        #expect(fields["check"] as? String == "disk" && fields["ok"] as? Bool == true)
        #expect(fields["detail"] as? String == "small" && fields["remedy"] as? String == "Free some.")
        #expect(fields["level"] as? String == "warning")
        #expect(found.lines(width: nil) == ["warn  disk: small", "      remedy: Free some."])
        #expect(found.lines(width: 18) == ["warn  disk: small", "      remedy: Free", "      some."])
        #expect(Finding.ok("a", "b\n  c").lines(width: nil) == ["ok    a: b", "        c"])
    }

    @Test(
        "a socket of a group that is not there, or that is not open to it, is a warning with the command that mends it")
    func sockets() throws {
        let missing = SocketCheck(.unix(path: "/s"), group: "no-such-group-\(getpid())").finding
        #expect(missing.level == .warning && missing.remedy?.contains("groupadd") == true)
        #expect(SocketCheck(.unix(path: "/s"), group: "").finding.level == .ok)
        let closed = SocketCheck(.unix(path: "/dev/null"), group: "4711").finding
        #expect(closed.level == .warning && closed.remedy?.contains("Restart the agent") == true)
    }

    @Test(
        "a helper that does not listen, that its agent cannot reach, or that is another program, is told from one that is well"
    )
    func helper() throws {
        let folder = try ChildProcess("mktemp", ["-d", "/tmp/gcx-helper-XXXXXX"]).run()
            .trimmingCharacters(in: .whitespacesAndNewlines)
        defer { try? Files.removeTree(folder) }
        let path = folder + "/s"
        let (own, other) = (UserAccount(user: 4_711, group: getegid()), UserAccount(user: 4_711, group: 4_712))
        func look(_ account: UserAccount, hasUnit: Bool = true, as user: UInt32 = 0) -> Finding {
            HelperCheck(path: path, account: account, hasUnit: hasUnit).finding(for: user)
        }
        #expect(look(own, hasUnit: false).level == .ok, "an agent that root starts brings its own")
        #expect(look(own).level == .fault && look(own).remedy?.contains("systemctl start gcx-helper") == true)
        #expect(look(own, hasUnit: false, as: own.user).level == .fault)
        let listener = try UnixListener(at: path, group: getegid())
        let strange = look(own)
        #expect(strange.level == .warning && strange.detail.contains("process \(getpid())"), "\(strange)")
        #expect(strange.remedy?.contains("systemctl restart gcx-helper") == true)
        let closed = look(other)
        #expect(closed.level == .fault && closed.detail.contains("4711"), "\(closed)")
        #expect(chmod(path, 0o600) == 0)
        #expect(look(own).level == .fault)
        withExtendedLifetime(listener) {}
    }

    @Test("a socket is open to its group by its mode, and by its group")
    func modes() throws {
        let made = try ChildProcess("mktemp", ["/tmp/gcx-socket-XXXXXX"]).run()
        let path = made.trimmingCharacters(in: .whitespacesAndNewlines)
        defer { unlink(path) }
        for (mode, level) in [(0o600, .warning), (0o640, .warning), (0o660, .ok)] as [(mode_t, Finding.Level)] {
            #expect(chmod(path, mode) == 0)
            #expect(SocketCheck(.unix(path: path), group: "\(getegid())").finding.level == level, "\(mode)")
        }
        #expect(SocketCheck(.unix(path: path), group: "\(getegid() + 1)").finding.level == .warning)
    }
}

extension WholeLeases {
    @Suite("The doctor, as agent and as buyer")
    struct DoctorTests {
        private struct Seen: Decodable {
            var check: String
            var ok: Bool
            var detail: String
            var remedy: String?
        }

        private func look(_ site: Site, _ arguments: String...) throws -> (status: WaitStatus, found: [String: Seen]) {
            let outcome = try site.outcome(["doctor", "--config", site.configuration, "--json"] + arguments)
            #expect(!outcome.text.contains("a word for a test"), "the password is shown")
            let found = try JSONDecoder().decode([Seen].self, from: Data(outcome.output))
            return (outcome.status, Dictionary(found.map { ($0.check, $0) }) { $1 })
        }

        @Test("an agent that has all is well in each part; what is broken is named with its remedy, part by part")
        func agent() throws {
            let site = try Site()
            try site.open()
            let parts = [
                "configuration", "machine's key", "grant", "ledger", "clock of the ledger", "clock", "disk", "helper",
                "socket", "agent", "offer",
            ]
            let well = try look(site).found
            for part in parts { #expect(well[part]?.ok == true, "\(part): \(String(describing: well[part]))") }

            #expect(chmod(site.path("machine.json"), 0o644) == 0)
            let ill = try look(site)
            #expect(ill.status == .exited(78) && ill.found["machine's key"]?.ok == false)
            #expect(ill.found["machine's key"]?.detail.contains("644") == true, "\(ill.found)")
            #expect(chmod(site.path("machine.json"), 0o600) == 0)

            try ChildProcess("mv", [site.path("grant.json"), site.path("kept.json")]).run()
            let absent = try #require(try look(site).found["grant"])
            #expect(!absent.ok && absent.remedy?.contains("--out \(site.path("grant.json"))") == true)
            try ChildProcess("mv", [site.path("kept.json"), site.path("grant.json")]).run()

            let grant = try Documents.digest(of: site.path("grant.json"), on: try site.domain())
            _ = try site.outcome(["key", "revoke"] + site.signing("owner") + ["\(grant)"])
            let revoked = try #require(try look(site).found["grant"])
            #expect(!revoked.ok && revoked.detail.contains("took it back"), "\(revoked)")
        }

        @Test("without its ledger the agent's doctor says so, and how to start it; a file that is wrong is said whole")
        func broken() throws {
            let site = try Site()
            let silent = try look(site)
            #expect(silent.status == .exited(78))
            #expect(silent.found["ledger"]?.remedy?.contains("gcx ledger serve") == true)
            #expect(silent.found["agent"]?.ok == true && silent.found["agent"]?.remedy?.contains("Start it") == true)
            let text = try Files.text(site.configuration)
            try DurableFile.write((text + "\n[prize]\n[agant]\n").utf8, to: site.configuration)
            let wrong = try #require(try look(site).found["configuration"])
            #expect(!wrong.ok && wrong.detail.contains("[price]") && wrong.detail.contains("[agent]"), "\(wrong)")
        }

        @Test("a buyer's doctor looks at the ledger, the agent, the key and the money")
        func buyer() throws {
            let site = try Site()
            try site.open()
            let key = ["--key", site.path("buyer.json"), "--password-file", site.path("password")]
            let outcome = try site.outcome(["doctor", "--as", "buyer"] + key)
            #expect(outcome.status == .exited(0), "\(outcome.text)")
            for part in ["ledger", "agent", "offers", "key", "money"] {
                #expect(outcome.text.contains("ok    \(part): "), "\(part): \(outcome.text)")
            }
            #expect(!outcome.text.contains("a word for a test"))
            let poor = try site.outcome(["doctor", "--as", "buyer", "--key", site.path("owner.json")])
            #expect(poor.status == .exited(0) && poor.text.contains("warn  money: 0 TEST free"), "\(poor.text)")
            #expect(poor.text.contains("gcx ledger faucet"))
            site.stop(.ledger)
            let away = try site.outcome(["doctor", "--as", "buyer"] + key)
            #expect(away.status == .exited(78) && away.text.contains("FAIL  ledger"), "\(away.text)")
        }
    }
}

extension Documents {
    /// The digest of a grant in a file.
    fileprivate static func digest(of path: String, on domain: EIP712Domain) throws -> Digest {
        let grant: Signed<MachineGrant> = try read(path, what: "machine grant")
        return grant.digest(in: domain)
    }
}
