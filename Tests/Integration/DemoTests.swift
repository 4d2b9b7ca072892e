import Foundation
import GCXLinux
import GCXModel
import Glibc
import Testing

extension WholeLeases {
    /// The demonstration is what a newcomer sees first, so it is run as one.
    @Suite("gcx demo")
    struct DemoTests {
        /// What the test reads of the statement; the rest is for people.
        struct Statement: Decodable {
            struct Job: Decodable {
                let receipts: UInt64
                let usage: Usage
                let amount: Amount
            }
            struct Report: Decodable {
                let problems: [String]
                let entries: UInt64
            }
            let job: Job
            let deposit, claimed, ownerBalance: Amount
            let ratings: [Rating]
            let readingNanoseconds: UInt64
            let selfReportedNanoseconds: UInt64
            struct Wire: Decodable {
                struct Place: Decodable {
                    let party, url, key: String
                }
                struct Line: Decodable, Hashable {
                    let from, fromAddress, to, toAddress: String
                }
                let places: [Place]
                let lines: Set<Line>
            }
            let report: Report
            let wire: Wire
        }

        @Test("measures, offers, leases, runs, pays, rates, and leaves nothing behind", .timeLimit(.minutes(3)))
        func wholeLoop() throws {
            let before = try traces()
            let temporary = try TemporaryDirectory("gcx-three-parties")
            // The agent's user goes through it to what is its own.
            chmod(temporary.path, 0o711)
            let demo = try ChildProcess(
                Gcx.program,
                [
                    "demo", "--json", "--seconds", "12", "--benchmark-seconds", "2", "--input",
                    "\(Gcx.repository)/Sources",
                ], environment: ChildProcess.plainEnvironment.merging(["TMPDIR": temporary.path]) { $1 }
            ).spawnDetached(logPath: "\(temporary.path)/said")
            let answers = try plainAnswers(of: temporary.path)
            let status = ChildProcess.wait(demo)
            let said = try Files.text("\(temporary.path)/said")
            try #require(status == .exited(0), "\(said)")
            #expect(try Files.names(in: temporary.path) == ["said"], "it leaves nothing behind")
            let statement = try JSONDecoder().decode(Statement.self, from: Data(said.utf8))
            try expectTLS(statement.wire, answers)
            #expect(statement.job.receipts >= 3)
            #expect(statement.claimed == statement.job.amount)
            #expect(statement.ownerBalance == statement.claimed)
            #expect(statement.claimed > .zero && statement.claimed < statement.deposit)
            #expect(statement.ratings.count == 2)
            #expect(statement.report.problems.isEmpty)
            #expect(statement.report.entries >= 10)
            let (reading, own) = (statement.readingNanoseconds, statement.selfReportedNanoseconds)
            #expect(reading > 0)
            let metered = statement.job.usage.coreNanoseconds - reading
            #expect(own > 4_000_000_000, "the job did no work worth measuring")
            #expect(max(metered, own) - min(metered, own) <= own / 100, "metered \(metered) ns, the job says \(own) ns")
            #expect(try traces() == before)
        }

        /// Three addresses, between which there is nothing but TLS: whoever speaks HTTP without it is not answered.
        private func expectTLS(_ wire: Statement.Wire, _ answers: [String: String]) throws {
            #expect(wire.places.map(\.party) == ["ledger", "provider"])
            #expect(
                wire.places.allSatisfy {
                    $0.url.hasPrefix("https://127.0.0.") && $0.url.lowercased().hasSuffix("#\($0.key)")
                })
            let ways = Set(wire.lines.map { "\($0.from) \($0.to)" })
            #expect(ways == ["buyer ledger", "buyer provider", "provider ledger"], "\(wire.lines)")
            #expect(Set(wire.lines.map(\.fromAddress)) == ["127.0.0.3", "127.0.0.4"])
            for line in wire.lines {
                #expect(wire.places.contains { $0.party == line.to && $0.url.hasPrefix("https://\(line.toAddress)#") })
            }
            #expect(Set(answers.keys) == Set(wire.lines.map(\.toAddress)))
            for (place, answer) in answers { #expect(!answer.contains("HTTP/"), "\(place) answered \(answer)") }
        }

        /// What is answered to HTTP without TLS, by place, while a demonstration runs.
        private func plainAnswers(of temporary: String) throws -> [String: String] {
            var answers: [String: String] = [:]
            let deadline = BootClock.now() + Nanoseconds.of(seconds: 30)
            while answers.count < 2, BootClock.now() < deadline {
                for folder in try Files.names(in: temporary).filter({ $0.hasPrefix("gcx-demo-") }) {
                    for party in ["ledger", "provider"] {
                        let file = Files.textIfThere("\(temporary)/\(folder)/\(party)/gcx.toml") ?? ""
                        let listen = file.split(separator: "\n").filter { $0.hasPrefix("listen = ") }.joined()
                        guard let place = listen.split(separator: "\"").first(where: { $0.hasPrefix("https://") })
                        else { continue }
                        let address = place.dropFirst("https://".count)
                        guard answers[String(address)] == nil, let answer = try plainAnswer(address) else { continue }
                        answers[String(address)] = answer
                    }
                }
                pause(for: .milliseconds(100))
            }
            return answers
        }

        /// Nil while nobody listens there.
        private func plainAnswer(_ address: Substring) throws -> String? {
            let parts = address.split(separator: ":")
            let (host, port) = (parts[0], parts[1])
            let line =
                "exec 3<>/dev/tcp/\(host)/\(port) || exit 9; "
                + "printf 'GET /v1/binding HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | tr -d '\\000'"
            let outcome = try ChildProcess("bash", ["-c", line]).outcome()
            return outcome.status == .exited(9) ? nil : outcome.text
        }

        /// Names that a shell, a list of lines or a program's options would take for something else.
        private static let names = [
            "two words", "it's", "a \"quote\"", "-rf", "--input", "new\nline", "tab\there", "back\\slash", "$(id)", "*",
            "ä€😀",
            "a;b&c|d", ".hidden", String(repeating: "n", count: 200),
        ]

        @Test(
            "works in any directory, with a temporary one of any name, on files of any names", .timeLimit(.minutes(3)))
        func anyNames() throws {
            let made = try ChildProcess("mktemp", ["-d", "/tmp/gcx it's \"a\" démo $(id) XXXXXX"]).run()
            let folder = String(made.dropLast())
            defer {
                chmod(folder, 0o755)
                try? Files.removeTree(folder)
            }
            // What the demonstration takes where nothing is named, with a leading dash among its parents.
            try Files.makeDirectories("\(folder)/- dash/Sources/empty")
            for name in Self.names { try DurableFile.write(name.utf8, to: "\(folder)/- dash/Sources/\(name)") }
            try ChildProcess("ln", ["-s", "nowhere", "\(folder)/- dash/Sources/dangling"]).run()
            try ChildProcess("ln", ["-s", "\(folder)/- dash", "\(folder)/link"]).run()
            chmod("\(folder)/- dash", 0o555)
            // What parts a path from a tag, a layer, an option or a query.
            let temporary = "\(folder)/a:b,c?d#e%2F\nf"
            try Files.makeDirectories(temporary)
            let outcome = try Gcx.run(
                ["demo", "--seconds", "2", "--benchmark-seconds", "1"], in: "\(folder)/link", temporary: temporary,
                timeout: .seconds(150))
            try #require(outcome.status == .exited(0), "\(outcome.errorLine)\n\(outcome.text)")
            #expect(outcome.text.contains(" \(Self.names.count) files hashed"), "\(outcome.text)")
            #expect(outcome.text.contains("ledger verify:  ok"), "\(outcome.text)")
            let readme = ReadmeTranscript(try Files.text("\(Gcx.repository)/README.md"), of: "What you see")
            #expect(readme.differences(from: outcome.text) == [])
        }

        @Test("says what is wrong with a directory that it cannot work on, and leaves nothing behind")
        func noDirectory() throws {
            let before = try traces()
            for (place, input, words) in [
                ("rmdir $d", ".", "the directory that this was started in is gone"),
                ("rmdir $d", "/etc", "the directory that this was started in is gone"),
                ("touch -- -f", "-f", "-f is no directory"),
                ("true", "nothing", "the directory nothing cannot be used"),
            ] {
                let demo = "\(Gcx.program) demo --input=\(input)"
                let line = "d=$(mktemp -d) && cd $d && \(place); \(demo); s=$?; rm -rf $d; exit $s"
                let outcome = try ChildProcess("bash", ["-c", line]).outcome()
                #expect(outcome.status == .exited(78), "\(outcome.errorLine)")
                #expect(outcome.errorLine.hasPrefix("error: \(words)"), "\(outcome.errorLine)")
                #expect(outcome.errorLine.contains("remedy: "), "\(outcome.errorLine)")
            }
            #expect(try traces() == before)
        }

        /// Folders of demonstrations, and processes that work in one.
        private func traces() throws -> Set<String> {
            // `Gcx.run` hands on no TMPDIR.
            let folders = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter {
                $0.hasPrefix("gcx-demo-")
            }
            let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                Int(name) != nil && ((try? Files.text("/proc/\(name)/cmdline")) ?? "").contains("/gcx-demo-")
            }
            return Set(folders + processes)
        }
    }
}
