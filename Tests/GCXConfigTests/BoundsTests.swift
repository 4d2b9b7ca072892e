import GCXModel
import Testing

@testable import GCXConfig

/// Every key with the values that it takes and those that it does not, from the table of keys itself.
@Suite("What each key takes") struct BoundsTests {
    /// Lines of a file that set one key, and what is to come of them.
    struct Line: Sendable, CustomTestStringConvertible {
        let key: String
        let value: String
        let isTaken: Bool
        var testDescription: String { "\(key) = \(PlainText.excerpt(value))" }

        var text: String {
            let parts = key.split(separator: ".")
            return "[\(parts[0])]\n\(parts[1]) = \(value)\n"
        }
    }

    private static func lines(of key: ConfigurationKey) -> [Line] {
        func all(_ good: [String], _ bad: [String]) -> [Line] {
            good.map { Line(key: key.path, value: $0, isTaken: true) }
                + bad.map { Line(key: key.path, value: $0, isTaken: false) }
        }
        let wrong = ["1.5", "2026-01-01", "{}", "[[]]", "inf"]
        switch key.slot {
        case .number(_, let range):
            let (low, high) = (range.lowerBound, range.upperBound)
            let below = low == 0 ? "-1" : "\(low - 1)"
            return all(
                ["\(low)", "\(high)"],
                wrong + [below, "\(high + 1)", "-9223372036854775808", "\"\(low)\"", "true", "\(low).0", ""])
        case .flag: return all(["true", "false"], wrong + ["1", "0", "\"true\"", "True"])
        case .amount:
            return all(
                ["0", "\(Int64.max)", "\"\(UInt128.max)\"", "\"0\""],
                wrong + [
                    "-1", "1e3", "\"-1\"", "\"1.5\"", "\"\"", "\"340282366920938463463374607431768211456\"",
                    "\"1_000\"", "true",
                ])
        case .choice(_, let choices):
            return all(
                choices.map { "\"\($0)\"" },
                wrong + [
                    "\"\"", "\"\(choices[0].uppercased())\"", "\"\(choices[0]) \"", choices[0], "[\"\(choices[0])\"]",
                ])
        case .text: return all([], wrong + ["1", "true", "[\"a\"]"])
        case .places: return all([], wrong + ["1", "true", "[1]", "[\"unix:/a\", 1]"])
        case .addresses: return all(["[]"], wrong + ["\"\"", "[1]", "[\"0x12\"]", "[\"\"]", "[[]]"])
        case .hosts:
            return all(
                ["[]", "[\"9.9.9.9\"]"], wrong + ["\"9.9.9.9\"", "[9]", "[\"9.9.9\"]", "[\"::1\"]", "[\"9.9.9.9/32\"]"])
        case .networks:
            return all(
                ["[]", "[\"10.0.0.0/8\", \"1.2.3.4\"]"],
                wrong + ["\"10.0.0.0/8\"", "[\"10.0.0.1/8\"]", "[\"10.0.0.0/33\"]", "[0]"])
        case .texts: return all(["[]"], wrong + ["\"a\"", "[1]", "[\"a\", 1]", "[true]"])
        }
    }

    static let all = ConfigurationKey.all.flatMap(lines)

    /// What is said of a value that is no value of its key; what two keys are to each other has other words.
    private static let forms = [
        "Give a whole number", "Give true", "Give one of", "Give text", "Give a text", "Give a list", "Give an amount",
        "Write TOML",
    ]

    @Test(
        "a value at its bounds is taken, and one beyond them is told with its key, its line and what to give",
        arguments: all)
    func bounds(_ line: Line) {
        let problems = ConfigurationTests.problems(line.text).filter { problem in
            Self.forms.contains { problem.remedy.hasPrefix($0) }
        }
        #expect(problems.count == (line.isTaken ? 0 : 1), "\(problems)")
        for problem in problems {
            #expect(
                problem.place.hasPrefix("line 2") || (problem.place == line.key && problem.source == "line 2"),
                "\(problem)")
            #expect(!problem.reason.isEmpty)
        }
    }

    /// What a variable of the environment says: text, whatever the key takes.
    static let variables: [(key: String, text: String, isTaken: Bool)] = [
        ("job.pids_max", "16", true), ("job.pids_max", "15", false), ("job.pids_max", "", false),
        ("job.pids_max", " 16", false),
        ("job.pids_max", "+16", false), ("job.pids_max", "016", false), ("job.pids_max", "0x10", false),
        ("job.pids_max", "1_6", false),
        ("job.pids_max", "99999999999999999999999", false), ("job.pids_max", "16\nruntime = \"crun\"", false),
        ("job.pids_max", "١٦", false),
        ("price.core_hour_base_units", "0", true), ("price.core_hour_base_units", "-0", false),
        ("price.core_hour_base_units", "00", false),
        ("price.core_hour_base_units", "1,5", false), ("price.core_hour_base_units", "", false),
        ("ledger.test_network", "false", true),
        ("ledger.test_network", "no", false), ("ledger.test_network", "1", false), ("ledger.test_network", "", false),
        ("network.dns_servers", "9.9.9.9,", true), ("network.dns_servers", " 9.9.9.9 , 1.1.1.1 ", true),
        ("network.dns_servers", "", true),
        ("network.dns_servers", "9.9.9.9;1.1.1.1", false), ("network.dns_servers", "\"9.9.9.9\"", false),
        ("job.runtime", "auto", true),
        ("job.runtime", "\"auto\"", false), ("job.runtime", "", false), ("offer.region", "a\u{0}b\"\\\n]", true),
    ]

    @Test("a variable is read as a line of the file would be, and refused in the same words", arguments: variables)
    func ofEnvironment(key: String, text: String, isTaken: Bool) throws {
        let variable = try #require(ConfigurationKey.all.first { $0.path == key }?.variable)
        do throws(ConfigError) {
            let found = try Configuration.parse(
                "", name: "t", sources: ConfigurationSources(environment: [variable: text], credentials: nil))
            #expect(isTaken)
            let again = try Configuration.parse(found.toml, name: "written")
            #expect(again == found, "what was taken can be written down")
        } catch {
            guard case .invalid(_, let problems) = error, !isTaken else { return #expect(Bool(false), "\(error)") }
            #expect(problems.map(\.place) == [key] && problems.first?.source == variable)
            let isOfText = problems.first?.remedy == "Give plain text."
            #expect(problems.first?.remedy.hasPrefix("Give ") == true && !isOfText, "\(problems)")
        }
    }

    /// What two values have to be to each other, and what a text has to name.
    static let together: [(key: String, text: String, isGood: Bool)] = [
        ("offer.lease_seconds_min", "[offer]\nlease_seconds_min = 10\nlease_seconds_max = 10", true),
        ("offer.lease_seconds_min", "[offer]\nlease_seconds_min = 11\nlease_seconds_max = 10", false),
        ("offer.receipt_seconds", "[offer]\nreceipt_seconds = 10\nlease_seconds_max = 10", true),
        ("offer.receipt_seconds", "[offer]\nreceipt_seconds = 11\nlease_seconds_max = 10", false),
        ("offer.sign_seconds", "[offer]\nsign_seconds = 0", true),
        ("offer.sign_seconds", "[offer]\nsign_seconds = 1", false),
        ("offer.sign_seconds", "[offer]\nsign_seconds = 2", false),
        ("offer.sign_seconds", "[offer]\nsign_seconds = 3", true),
        ("network.publish_port_first", "[network]\npublish_port_first = 5\npublish_port_last = 5", true),
        ("network.publish_port_first", "[network]\npublish_port_first = 6\npublish_port_last = 5", false),
        ("network.pool", "[network]\npool = \"10.0.0.0/8\"", true),
        ("network.pool", "[network]\npool = \"10.0.0.0/7\"", false),
        ("network.pool", "[network]\npool = \"192.168.0.0/28\"", true),
        ("network.pool", "[network]\npool = \"192.168.0.0/29\"", false),
        ("network.pool", "[network]\npool = \"100.64.0.0/10\"", true),
        ("network.pool", "[network]\npool = \"100.0.0.0/8\"", false),
        ("network.pool", "[network]\npool = \"172.32.0.0/16\"", false),
        ("network.pool", "[network]\npool = \"\"", false),
        ("agent.state_directory", "[agent]\nstate_directory = \"/\"", true),
        ("agent.state_directory", "[agent]\nstate_directory = \"\"", false),
        ("machine.keystore", "[machine]\nkeystore = \"~/key\"", false),
        ("ledger.database", "[ledger]\ndatabase = \"a\"", false),
        ("job.input_urls_allow", "[job]\ninput_urls_allow = [\"https://a/\"]", true),
        ("job.input_urls_allow", "[job]\ninput_urls_allow = [\"https://a\"]", false),
        ("job.input_urls_allow", "[job]\ninput_urls_allow = [\"http://a/\"]", false),
        ("job.input_urls_allow", "[job]\ninput_urls_allow = [\"https:///a\"]", false),
        ("job.input_urls_allow", "[job]\ninput_urls_allow = [\"https://\"]", false),
        ("image.allow", "[image]\nallow = [\"*\", \"ghcr.io\"]", true),
        ("image.allow", "[image]\nallow = [\"\"]", false),
        ("image.deny", "[image]\ndeny = [\"GHCR.io/App\"]", false),
        ("image.auth_file", "[image]\nauth_file = \"\"", true),
        ("image.auth_file", "[image]\nauth_file = \"a\"", false),
        ("image.policy_file", "[image]\npolicy_file = \"a\"", false),
        ("image.insecure_registries", "[image]\ninsecure_registries = [\"a.b:5000\"]", true),
        ("image.insecure_registries", "[image]\ninsecure_registries = [\"a.b/c\"]", false),
        ("image.insecure_registries", "[image]\ninsecure_registries = [\"\"]", false),
    ]

    @Test(
        "values that do not fit together, and texts that name nothing, are told with what to give", arguments: together)
    func fits(key: String, text: String, isGood: Bool) {
        let problems = ConfigurationTests.problems(text)
        #expect(problems.map(\.place) == (isGood ? [] : [key]), "\(problems)")
        #expect(problems.allSatisfy { $0.remedy.hasPrefix("Give ") && $0.source != nil }, "\(problems)")
    }

    static let places: [(String, Bool)] = [
        ("unix:/run/a", true), ("unix:/", false), ("unix:/run/", false), ("unix:run", false), ("unix:", false),
        ("", false),
        ("unix:/" + String(repeating: "s", count: 106), true), ("unix:/" + String(repeating: "s", count: 107), false),
        ("http://127.0.0.1:1", true), ("http://127.0.0.1:65535", true), ("http://127.0.0.1:65536", false),
        ("http://127.0.0.1:0", false),
        ("http://127.0.0.1:+80", false), ("http://127.0.0.1:", false), ("http://127.0.0.1", false),
        ("http://127.0.0.1:80/a", false),
        ("http://[::1]:80", true), ("http://localhost:80", true), ("http://localhost.:80", false),
        ("HTTP://127.0.0.1:80", false),
        ("http://127.0.0.2:80", false), ("http://127.0.0.1:٨٠", false),
    ]

    @Test(
        "where something listens is a socket or a port of this machine, or is refused before anything starts",
        arguments: places)
    func listens(text: String, isGood: Bool) {
        for key in ["agent.listen", "ledger.listen", "ledger.endpoint"] {
            let parts = key.split(separator: ".")
            let problems = ConfigurationTests.problems("[\(parts[0])]\n\(parts[1]) = \"\(text)\"")
            #expect(problems.map(\.place) == (isGood ? [] : [key]), "\(problems)")
        }
    }
}
