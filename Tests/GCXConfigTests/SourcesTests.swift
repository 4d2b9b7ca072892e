import Foundation
import GCXModel
import Testing

@testable import GCXConfig

@Suite("Where a configuration comes from")
struct SourcesTests {
    private func read(
        _ text: String, _ environment: [String: String], credentials: String? = nil
    ) throws(ConfigError) -> Configuration {
        try Configuration.parse(
            text, name: "test.toml",
            sources: ConfigurationSources(environment: environment, credentials: credentials))
    }

    private func problems(_ text: String, _ environment: [String: String]) -> [ConfigProblem] {
        do {
            _ = try read(text, environment)
            return []
        } catch {
            if case .invalid(_, let problems) = error { return problems }
            Issue.record("an unexpected error: \(error)")
            return []
        }
    }

    @Test("a variable goes before the file, and the file before the default")
    func precedence() throws {
        let text = "[agent]\nlisten = \"unix:/file\"\n[probe]\ntimeout_seconds = 7\n"
        let found = try read(text, ["GCX_AGENT_LISTEN": "unix:/variable", "PATH": "/bin"])
        #expect(found.agent.listen == ["unix:/variable"])
        #expect(found.probe.timeoutSeconds == 7)
        #expect(found.probe.intervalSeconds == Configuration().probe.intervalSeconds)
    }

    @Test("every kind of value can be given by a variable")
    func kinds() throws {
        let address = "0x" + String(repeating: "ab", count: 20)
        let found = try read(
            "",
            [
                "GCX_LEDGER_TEST_NETWORK": "true", "GCX_PRICE_CORE_HOUR_BASE_UNITS": "99999999999999999999",
                "GCX_OFFER_ALLOW": "\(address), \(address)", "GCX_NETWORK_DENY": "198.51.100.0/24,203.0.113.7",
                "GCX_NETWORK_DNS_SERVERS": "9.9.9.9", "GCX_JOB_LOG_KEEP": "beginning",
                "GCX_OFFER_REGION": "a \"b\" \\c",
                "GCX_IMAGE_ALLOW": "", "GCX_JOB_PIDS_MAX": "64",
            ])
        #expect(found.ledger.testNetwork && found.price.coreHour == Amount("99999999999999999999"))
        #expect(found.offer.allow.count == 2 && found.network.deny.count == 2 && found.network.dnsServers.count == 1)
        #expect(found.job.logKeep == "beginning" && found.offer.region == "a \"b\" \\c" && found.job.pidsMax == 64)
        #expect(found.image.allow.isEmpty)
    }

    @Test("each key has a variable of its own, of upper-case letters, digits and underscores")
    func names() {
        let names = ConfigurationKey.all.map(\.variable)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /GCX_[A-Z0-9_]+/) != nil })
        #expect(ConfigurationKey.all.map { SourceProviders.variable(of: $0.path) } == names)
    }

    @Test("an error names the line or the variable that it came from, also where two values do not fit together")
    func places() {
        let text = "# a comment\n[offer]\n\n  grace_seconds = -1\nlease_seconds_min = 20\n"
        let found = problems(
            text, ["GCX_OFFER_LEASE_SECONDS_MAX": "ten", "GCX_JOB_PIDS_MAX": "-3", "GCX_AGENT_STATE_DIRECTORY": "here"])
        let sources = Dictionary(found.map { ($0.place, $0.source) }) { first, _ in first }
        #expect(sources["offer.grace_seconds"] == "line 4")
        #expect(sources["offer.lease_seconds_max"] == "GCX_OFFER_LEASE_SECONDS_MAX")
        #expect(sources["job.pids_max"] == "GCX_JOB_PIDS_MAX")
        #expect(sources["agent.state_directory"] == "GCX_AGENT_STATE_DIRECTORY")
        #expect(found.contains { $0.description.hasPrefix("offer.grace_seconds (line 4): ") })
    }

    @Test("a misspelt variable is refused with the one that was meant; other programs' variables are left alone")
    func strangers() {
        let found = problems("", ["GCX_AGNET_LISTEN": "x", "GCX_OFFER_REGIONAL": "y", "GCX_SEED": "1", "HOME": "/"])
        #expect(found.map(\.place) == ["GCX_AGNET_LISTEN", "GCX_OFFER_REGIONAL"])
        #expect(found.first?.remedy.contains("GCX_AGENT_LISTEN") == true)
        #expect(found.last?.remedy.contains("GCX_OFFER_REGION?") == true)
        #expect(problems("", ["GCX_LEDGER": "unix:/x", "GCX_AGENT": "unix:/y", "GCX_PROBE": "/p"]).isEmpty)
    }

    @Test("a credential of a key's name is that key's file, after a variable and before the configuration's own")
    func credentials() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gcx-credentials-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["machine.password_file", "machine.grant", "agent.listen"] {
            try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        let text = "[machine]\npassword_file = \"/file\"\nkeystore = \"/key\"\n"
        let found = try read(text, ["GCX_MACHINE_GRANT": "/variable"], credentials: folder)
        #expect(found.machine.passwordFile == "\(folder)/machine.password_file")
        #expect(found.machine.grant == "/variable" && found.machine.keystore == "/key")
        #expect(found.agent.listen == Configuration().agent.listen)
    }
}
