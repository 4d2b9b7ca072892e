import FoundationEssentials
import GCXConfig
import GCXModel
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    static func problems(_ text: String) -> [ConfigProblem] {
        do {
            _ = try Configuration.parse(text, name: "test.toml")
            return []
        } catch {
            if case .invalid(_, let problems) = error { return problems }
            Issue.record("an unexpected error: \(error)")
            return []
        }
    }

    @Test("the example file is what the code generates")
    func example() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/\(root)/Config/gcx.example.toml"))
        #expect(String(decoding: data, as: UTF8.self) == Configuration.exampleTOML, "run `gcx agent config`")
    }

    @Test("the example is read as the defaults, and so is an empty file")
    func defaults() throws {
        #expect(try Configuration.parse(Configuration.exampleTOML, name: "example") == Configuration())
        #expect(try Configuration.parse("", name: "empty") == Configuration())
    }

    @Test("a configuration written as TOML is read back as it was")
    func roundTrip() throws {
        var configuration = Configuration()
        configuration.offer.region = "a \"quoted\"\nplace\\"
        configuration.offer.creditLimit = Amount(.max)
        configuration.offer.allow = [Address(checkedBytes: [UInt8](repeating: 3, count: 20))]
        configuration.ledger.testNetwork = true
        #expect(try Configuration.parse(configuration.toml, name: "written") == configuration)
    }

    @Test("an unknown key is refused with the nearest known one")
    func unknown() {
        let problems = Self.problems("[offer]\nlease_second_min = 5\n[prices]\n")
        #expect(problems.map(\.place).sorted() == ["offer.lease_second_min", "prices"])
        #expect(problems.contains { $0.remedy.contains("lease_seconds_min") })
        #expect(problems.contains { $0.remedy.contains("[price]") })
    }

    @Test("money is never a float, and may be text beyond what TOML integers hold")
    func money() throws {
        #expect(Self.problems("[price]\ncore_hour_base_units = 1.5").first?.place == "price.core_hour_base_units")
        #expect(Self.problems("[price]\ncore_hour_base_units = -1").first?.place == "price.core_hour_base_units")
        let large = try Configuration.parse("[price]\ncore_hour_base_units = \"99999999999999999999\"", name: "t")
        #expect(large.price.coreHour == Amount("99999999999999999999"))
    }

    @Test("money may be text in a currency, which the ledger has to know, and is written again as it was")
    func typedMoney() throws {
        let text = "[price]\ncore_hour_base_units = \"0.04 TEST/core-hour\"\nlease_hour_base_units = 7"
        let read = try Configuration.parse(text, name: "t")
        #expect(read.typed == ["price.core_hour_base_units": try TypedMoney("0.04 TEST/core-hour")])
        #expect(read.price.leaseHour == 7)
        #expect(try Configuration.parse(read.toml, name: "written") == read)
        var known = read
        known.resolve(40_000_000, at: "price.core_hour_base_units")
        #expect(known.typed.isEmpty && known.price.coreHour == 40_000_000)
        #expect(Configuration().reload(read, in: .agent).adopted == read)
        #expect(read.reload(known, in: .agent).adopted == known)
        for wrong in ["1.5", "-1 TEST", "1e6 TEST", "1,5 TEST", "cheap", ""] {
            let problem = Self.problems("[price]\ncore_hour_base_units = \"\(wrong)\"").first
            #expect(
                problem?.place == "price.core_hour_base_units" && problem?.remedy.hasPrefix("Give ") == true, "\(wrong)"
            )
        }
    }

    @Test("a currency has a symbol of capital letters")
    func currency() throws {
        let gold = try Configuration.parse("[ledger]\ncurrency_symbol = \"GOLD\"\ncurrency_decimals = 4", name: "t")
        #expect(gold.ledger.currency == Currency(symbol: "GOLD", decimals: 4))
        #expect(Configuration().ledger.currency == nil)
        #expect(Self.problems("[ledger]\ncurrency_symbol = \"gold\"").map(\.place) == ["ledger.currency_symbol"])
        #expect(Self.problems("[ledger]\ncurrency_decimals = 31").map(\.place) == ["ledger.currency_decimals"])
    }

    @Test("the network of jobs: addresses and networks are checked, and so are pool and ports")
    func network() throws {
        let good = try Configuration.parse(
            """
            [network]
            dns_servers = ["9.9.9.9"]
            deny = ["198.51.100.0/24", "192.0.2.1"]
            """, name: "t")
        #expect(good.network.dnsServers == [IPv4Address("9.9.9.9")])
        #expect(good.network.deny.map(\.description) == ["198.51.100.0/24", "192.0.2.1"])
        #expect(try Configuration.parse(good.toml, name: "written") == good)
        let problems = Self.problems(
            """
            [network]
            pool = "198.51.100.0/24"
            dns_servers = ["dns.example"]
            allow = ["10.0.0.1/8"]
            publish_port_first = 30000
            """)
        #expect(
            Set(problems.map(\.place)) == [
                "network.pool", "network.dns_servers", "network.allow", "network.publish_port_first",
            ])
    }

    @Test("broken TOML is refused with its line and column")
    func broken() {
        let problem = Self.problems("[agent]\nlisten = \n").first
        #expect(problem?.place.hasPrefix("line 2") == true, "\(String(describing: problem))")
    }

    @Test("all problems are told at once")
    func allProblems() {
        let problems = Self.problems(
            """
            [agent]
            listen = "http://0.0.0.0:80"
            log_level = "loud"
            [offer]
            lease_seconds_min = 100
            lease_seconds_max = 10
            receipt_seconds = "ten"
            sign_seconds = 2
            [price]
            reservation_percent = 101
            [job]
            runtime = "docker"
            """)
        #expect(
            Set(problems.map(\.place)) == [
                "agent.listen", "agent.log_level", "offer.lease_seconds_min", "offer.receipt_seconds",
                "offer.sign_seconds", "price.reservation_percent", "job.runtime",
            ])
        #expect(problems.allSatisfy { !$0.reason.isEmpty && !$0.remedy.isEmpty })
    }

    @Test(
        "nothing listens beyond this machine",
        arguments: [
            "http://0.0.0.0:8080", "http://192.0.2.1:80", "https://127.0.0.1", "unix:relative",
            "http://127.0.0.1:99999",
        ])
    func listening(endpoint: String) {
        #expect(Self.problems("[ledger]\nlisten = \"\(endpoint)\"").first?.place == "ledger.listen")
    }

    @Test("the agent listens at several places, of which one is on this machine")
    func severalPlaces() throws {
        let text = "[agent]\nlisten = [\"unix:/run/a\", \"https://[::]:443\"]\nreached_at = [\"https://a.example:443\"]"
        let agent = try Configuration.parse(text, name: "test").agent
        #expect(agent.listen == ["unix:/run/a", "https://[::]:443"])
        #expect(agent.ownDoor == "unix:/run/a")
        #expect(agent.told == ["unix:/run/a", "https://a.example:443"])
        for wrong in [
            "listen = []", "listen = [\"https://[::]:443\"]", "listen = [\"unix:/run/a\", \"http://192.0.2.1:80\"]",
            "listen = 7", "listen = [7]",
        ] {
            #expect(Self.problems("[agent]\n\(wrong)").map(\.place) == ["agent.listen"], "\(wrong)")
        }
        for wrong in ["https://a.example", "http://127.0.0.1:80", "https://a b:443"] {
            let text = "[agent]\nlisten = [\"unix:/a\", \"https://[::]:443\"]\nreached_at = [\"\(wrong)\"]"
            #expect(Self.problems(text).map(\.place) == ["agent.reached_at"], "\(wrong)")
        }
    }

    @Test("a ledger on another machine is named with its operator")
    func farLedger() throws {
        let operatorKey = "0x" + String(repeating: "ab", count: 20)
        for (text, isGood) in [
            ("https://ledger.example:443#\(operatorKey)", true), ("https://ledger.example:443", false),
            ("https://ledger.example:443#", false), ("https://ledger.example:443#0xab", false),
            ("https://ledger.example#\(operatorKey)", false),
        ] {
            let problems = Self.problems("[ledger]\nendpoint = \"\(text)\"")
            #expect(problems.map(\.place) == (isGood ? [] : ["ledger.endpoint"]), "\(text)")
        }
    }

    @Test("a file that is not there is named")
    func missing() {
        #expect(throws: ConfigError.self) { try Configuration.load(path: "/nonexistent/gcx.toml") }
    }
}
