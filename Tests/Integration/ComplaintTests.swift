import Foundation
import GCXLinux
import GCXModel
import Glibc
import Testing

/// What gcx says of mistakes. Each row of `Tests/Fixtures/Complaints` is one, with its right text.
@Suite("Complaints")
struct ComplaintTests {
    /// A command line that is wrong, and all that is said of it.
    struct Row: Decodable {
        /// What stands behind `gcx`.
        let line: String
        /// Whom it is typed by, where that matters: `nobody`.
        let user: String?
        let status: Int32
        /// Whether the complaint is JSON, as `--json` asks.
        let json: Bool?
        let error: String
        let remedy: String?
    }

    /// What no complaint has: names of types and libraries, temporary names, and the parser's own words.
    static let forbidden = [
        "Error Domain", "NSCocoa", "NSPOSIX", "DecodingError", "EncodingError", "CodingKeys", "ArgumentParser", "GRDB",
        "SQLite error", "SQLITE_", "NIO", "HTTPClient", "TOMLKit", "operation couldn", ".tmp", "Usage:", "Optional(",
        " seconds no answer", "Missing expected", "is invalid for", "hwloc_",
    ]

    private static let hasNobody = getuid() == 0 && ChildProcess.find("setpriv") != nil

    @Test("each says what is wrong, what is right, and nothing else")
    func table() throws {
        let bench = try ComplaintBench()
        let file = "\(Gcx.repository)/Tests/Fixtures/Complaints/complaints.json"
        let rows = try StrictJSON.decode([Row].self, from: try Files.bytes(file))
        #expect(rows.count >= 150)
        for row in rows where row.user == nil || Self.hasNobody {
            let outcome = try bench.run(row.line.split(separator: " ").map(String.init), as: row.user)
            let said = bench.plain(outcome.error)
            #expect(outcome.status == .exited(row.status), "gcx \(row.line): \(said)")
            #expect(outcome.text == "", "gcx \(row.line): standard output is for results")
            for word in Self.forbidden { #expect(!said.contains(word), "gcx \(row.line): “\(word)” in \(said)") }
            if row.json == true {
                let fault = try #require(Self.fault(outcome.error), "gcx \(row.line): \(said)")
                #expect(
                    bench.plain(fault.error.message) == row.error && fault.error.status == row.status, "\(row.line)")
                #expect(fault.error.remedy.map(bench.plain) == row.remedy, "gcx \(row.line)")
            } else {
                let remedy = row.remedy.map { "remedy: \($0)\n" } ?? ""
                #expect(said == "error: \(row.error)\n\(remedy)", "gcx \(row.line)")
            }
        }
        // The complaint is all that came of it.
        #expect(try bench.names() == ComplaintBench.names)
        #expect(try Files.text("\(bench.folder)/junk.json") == "not json\n", "what was there is not replaced")
    }

    private struct Fault: Decodable {
        struct Body: Decodable {
            let status: Int32
            let message: String
            let remedy: String?
            let retryAfterSeconds: Int64?
        }
        let error: Body
    }

    private static func fault(_ bytes: some Sequence<UInt8>) -> Fault? {
        try? StrictJSON.decode(Fault.self, from: Array(bytes))
    }

    /// A word with its last two letters in the wrong order; nil where nobody would see it.
    private static func slip(_ word: String) -> String? {
        let last = Array(word.suffix(2))
        guard word.count > 2, last[0] != last[1] else { return nil }
        return word.dropLast(2) + String(last.reversed())
    }

    @Test("a command or option with two letters in the wrong order is asked back by its right name, at every level")
    func misspelt() throws {
        let bench = try ComplaintBench()
        var seen: Set<String> = []
        for command in try Shape.all() {
            for verb in command.verbs {
                guard let typed = Self.slip(verb) else { continue }
                let said = bench.plain(try bench.run(command.path + [typed]).error)
                #expect(
                    said.contains("Did you mean `gcx \((command.path + [verb]).joined(separator: " "))`?"), "\(said)")
            }
            // Each name once, and of every command one.
            for (place, option) in command.options.enumerated()
            where seen.insert(option.name).inserted || place == 0 {
                guard let typed = Self.slip(option.name).map({ "--\($0)" }) else { continue }
                let said = bench.plain(try bench.run(command.path + [typed]).error)
                #expect(said.contains("has no option \(typed)\n"), "\(command.path): \(said)")
                #expect(said.contains("Did you mean `--\(option.name)`?"), "\(command.path): \(said)")
            }
        }
    }

    @Test("whatever an option takes, a value that it does not take is answered with the forms that it takes")
    func forms() throws {
        let bench = try ComplaintBench()
        var (refused, seen) = (0, Set<String>())
        for command in try Shape.all() {
            for option in command.options
            where option.takesValue && !Shape.isText(option.name) && seen.insert(option.name).inserted {
                for value in ["¿", "-1"] {
                    let line = command.path + ["--\(option.name)", value]
                    let said = bench.plain(try bench.run(line).error)
                    #expect(said.hasPrefix("error: --\(option.name) "), "\(line): \(said)")
                    #expect(said.contains("\nremedy: Give "), "\(line): \(said)")
                    #expect(!said.contains("Give what `"), "\(line) names no form: \(said)")
                    #expect(value == "¿" || said.contains("-1"), "\(line): \(said)")
                    #expect(!said.contains("missing") && !said.contains("no value"), "\(line): \(said)")
                    refused += 1
                }
            }
        }
        #expect(refused > 40)
    }

    @Test("what the kernel refuses in the middle of a command is told in words of ours")
    func kernel() throws {
        let bench = try ComplaintBench()
        // The kernel lets nobody write beyond this, and its signal would end the program without a word.
        let line =
            "ulimit -f 0; exec \(Gcx.program) key new --light --password-file password --out big.json"
        let outcome = try ChildProcess("bash", ["-c", line], workingDirectory: bench.folder).outcome()
        let said = bench.plain(outcome.error)
        #expect(outcome.status == .exited(78), "\(said)")
        #expect(said.hasPrefix("error: ") && said.contains("File too large") && said.contains("remedy: "), "\(said)")
        for word in Self.forbidden { #expect(!said.contains(word), "“\(word)” in \(said)") }
        #expect(try bench.names() == ComplaintBench.names, "nothing is left of it")
    }
}

/// What the commands take, as they describe themselves.
private struct Shape: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable { let kind, name: String }
        let kind: String
        let names: [Name]?
    }
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [Shape]?

    struct Command {
        let path: [String]
        let verbs: [String]
        let options: [(name: String, takesValue: Bool)]
    }

    static func all() throws -> [Command] {
        struct Document: Decodable { let command: Shape }
        let text = try Gcx.run(["--experimental-dump-help"]).output
        let root = try StrictJSON.decode(Document.self, from: Array(text), unknownFields: .tolerated).command
        return root.commands([])
    }

    private func commands(_ path: [String]) -> [Command] {
        let options = (arguments ?? []).compactMap { argument in
            argument.names?.first { $0.kind == "long" }.map { ($0.name, argument.kind == "option") }
        }
        let verbs = (subcommands ?? []).filter { $0.commandName != "help" }
        let own = Command(path: path, verbs: verbs.map(\.commandName), options: options)
        return [own] + verbs.flatMap { $0.commands(path + [$0.commandName]) }
    }

    /// Options that take any text, or say in words of their own what is wrong with it.
    static func isText(_ name: String) -> Bool {
        let texts: Set = [
            "key", "password-file", "ledger", "agent", "config", "check", "out", "label", "reason", "reference",
            "comment",
            "head", "database", "file", "image", "input", "input-sha256", "output", "env", "workdir", "journal",
            "session-key", "grep", "hwloc-xml", "machine", "path", "only", "compare", "peer", "listen", "json",
            "markdown",
            "html", "region", "duration", "threads", "limit",
        ]
        return texts.contains(name)
    }
}

/// A folder with what people name by mistake.
private final class ComplaintBench {
    let folder: String
    let address: String

    static let names = [
        "agent.toml", "blank", "closed.json", "empty.json", "folder", "junk.json", "key.json", "list.json",
        "money.toml",
        "open.json", "password", "table.toml", "twice.toml", "unknown.toml", "wrong",
    ]

    init() throws {
        let made = try ChildProcess("mktemp", ["-d", "/tmp/gcx-complaints-XXXXXX"]).run()
        folder = made.trimmingCharacters(in: .whitespacesAndNewlines)
        chmod(folder, 0o755)
        let place = folder
        func write(_ text: String, _ name: String) throws { try DurableFile.write(text.utf8, to: "\(place)/\(name)") }
        for (name, text) in [
            ("password", "a word\n"), ("wrong", "another\n"), ("blank", ""), ("empty.json", "{}\n"),
            ("list.json", "[1,2]\n"), ("junk.json", "not json\n"), ("closed.json", "{}\n"),
            ("unknown.toml", "[offer]\nregoin = \"x\"\n"), ("table.toml", "[ofer]\nregion = \"x\"\n"),
            ("money.toml", "[price]\ncore_hour_base_units = 1.5\n"), ("twice.toml", "[offer]\n\n[offer]\n"),
            (
                "agent.toml",
                """
                [machine]
                keystore = "\(place)/key.json"
                password_file = "\(place)/password"
                grant = "\(place)/nothing"
                [ledger]
                endpoint = "unix:\(place)/none.sock"

                """
            ),
        ] { try write(text, name) }
        try Files.makeDirectory("\(place)/folder")
        let key = try Gcx.run(
            ["key", "new", "--light", "--password-file", "password", "--out", "key.json"], in: place)
        address = key.text.trimmingCharacters(in: .whitespacesAndNewlines)
        try DurableFile.write(try Files.bytes("\(place)/key.json"), to: "\(place)/open.json", mode: 0o644)
    }

    deinit { try? Files.removeTree(folder) }

    func names() throws -> [String] { try Files.names(in: folder).sorted() }

    private static let digest = "0x" + String(repeating: "0", count: 64)

    /// The address with one letter of the wrong size.
    private var mistyped: String {
        let place = address.dropFirst(2).firstIndex { $0.isLetter } ?? address.startIndex
        let letter = String(address[place])
        let other = letter == letter.uppercased() ? letter.lowercased() : letter.uppercased()
        return address[..<place] + other + address[address.index(after: place)...]
    }

    /// Runs `gcx` with what stands for the bench's own names filled in.
    func run(_ words: [String], as user: String? = nil) throws -> ChildProcess.Outcome {
        let arguments = words.map {
            $0.replacing("$ADDRESS", with: address).replacing("$MISTYPED", with: mistyped)
                .replacing("$DIGEST", with: Self.digest).replacing("$FOLDER", with: folder)
        }
        let line = [Gcx.program] + arguments
        let whole = user == nil ? line : ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + line
        let environment = ChildProcess.plainEnvironment.merging([
            "GCX_LEDGER": "unix:\(folder)/none.sock", "GCX_AGENT": "unix:\(folder)/none.sock",
        ]) { $1 }
        return try ChildProcess(
            whole[0], Array(whole.dropFirst()), environment: environment, workingDirectory: folder,
            timeout: .seconds(60)
        ).outcome()
    }

    func plain(_ bytes: some Sequence<UInt8>) -> String { plain(String(decoding: Array(bytes), as: UTF8.self)) }

    /// A text with the bench's own names taken out.
    func plain(_ text: String) -> String {
        text.replacing(mistyped, with: "$MISTYPED").replacing(address, with: "$ADDRESS")
            .replacing(Self.digest, with: "$DIGEST").replacing(folder, with: "$FOLDER")
    }
}
