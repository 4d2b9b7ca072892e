import ArgumentParser
import GCXClient
import GCXConfig
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Glibc

/// Whether to write for programs.
struct OutputOptions: ParsableArguments {
    @Flag(
        name: .long,
        help:
            "Write JSON for programs: money in base units, times in Unix seconds and, beside them, as RFC 3339 (createdAt, createdAtUTC)."
    )
    var json = false

    @OptionGroup var times: TimeOptions
}

/// Whose clock times are shown by. `Audience.of` finds it among the arguments, for an error is shown by it too.
struct TimeOptions: ParsableArguments {
    @Flag(name: .long, help: "Show times in UTC, and not by this machine's clock.")
    var utc = false
}

/// How much a table shows. `Audience.of` finds it among the arguments.
struct TableOptions: ParsableArguments {
    @Flag(name: .long, help: "Show ids whole, however narrow the terminal is.")
    var noTrunc = false
}

/// Which ledger to talk to.
struct LedgerOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "The ledger: unix:PATH, http://127.0.0.1:PORT or https://HOST:PORT#0xOPERATOR. Default: $GCX_LEDGER, `gcx ledger use`, /etc/gcx/gcx.toml."
    )
    var ledger: String?

    func open() throws -> HTTPLedger { HTTPLedger(try ServerAddress(place())) }

    /// Where it is, as it was said.
    func place() throws -> String { try choice().place }

    func choice() throws -> LedgerChoice { try LedgerChoice.find(named: ledger) }

    /// The same, but for another place where none was named.
    func orElse(_ place: String?) -> LedgerOptions {
        var options = self
        options.ledger = ledger ?? place
        return options
    }
}

/// Which agent to talk to.
struct AgentOptions: ParsableArguments {
    @Option(
        name: .long,
        help:
            "The agent: unix:PATH, http://127.0.0.1:PORT or https://HOST:PORT#0xMACHINE. Default: $GCX_AGENT, then /etc/gcx/gcx.toml."
    )
    var agent: String?

    /// For whoever needs the agent of one machine.
    func search() throws -> AgentSearch {
        if let named { return AgentSearch(named: try ServerAddress(named), installed: nil) }
        return try Self.anywhere
    }

    /// This machine's own agent, or those that the offer names.
    static var anywhere: AgentSearch {
        get throws {
            AgentSearch(named: nil, installed: try ServerAddress(Installed.configuration().agent.ownDoor))
        }
    }

    /// The agent that the caller insists on.
    var named: String? { agent ?? Environment.value("GCX_AGENT") }

    func open() throws -> AgentClient {
        AgentClient(try ServerAddress(named ?? Installed.configuration().agent.ownDoor))
    }
}

/// A key to sign with.
struct KeyOptions: ParsableArguments {
    @Option(name: .long, help: "The key that signs: a keystore file, or a name from `gcx key list`.")
    var key: String

    @Option(name: .long, help: "File whose first line is the keystore's password. Default: ask on the terminal.")
    var passwordFile: String?

    func unlock() throws -> KeystoreCustody {
        try KeyFile.unlock(key, passwordFile: passwordFile)
    }
}

/// A key as it is named: by its file, or by its name in the user's folder.
enum KeyFile {
    static func path(_ named: String) throws -> String { try UserFolder.own?.keystore(named) ?? named }

    static func unlock(_ named: String, passwordFile: String?) throws -> KeystoreCustody {
        let path = try path(named)
        return try KeystoreCustody(path: path, password: try Password.read(passwordFile, for: path))
    }
}

/// The configuration of this machine's own agent and ledger.
enum Installed {
    static let path = "/etc/gcx/gcx.toml"

    /// The installed file, or the defaults where there is none that this user may read.
    static func configuration() throws -> Configuration {
        unsafe access(path, R_OK) == 0
            ? try Configuration.load(path: path)
            : try Configuration.parse("", name: "of the environment", sources: .process)
    }
}

enum Environment {
    static func value(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
}

/// Passwords come from a file or the terminal, never from an argument that others could see.
enum Password {
    static func read(_ file: String?, for keystore: String) throws -> String {
        if let file { return try firstLine(of: file) }
        guard isatty(STDIN_FILENO) == 1, let prompt = PasswordPrompt("Password of \(keystore): ") else {
            throw CommandError(
                "no password for \(keystore): standard input is no terminal", fix: "Name a file with --password-file.")
        }
        return try prompt.line()
    }

    /// The password of a new key: from the file, or typed twice, because a slip of the finger would lose the key.
    static func choose(_ file: String?, for keystore: String) throws -> String {
        let password = try read(file, for: keystore)
        guard file == nil else { return password }
        guard let prompt = PasswordPrompt("The same again: "), try prompt.line() == password else {
            throw CommandError("the two passwords differ; no key was made", fix: "Try again.")
        }
        return password
    }

    static func firstLine(of path: String) throws -> String { try SecretFile.password(path) }
}

/// An address typed by a person: mixed case must match its checksum.
extension Address: ExpressibleByArgument {
    package init?(argument: String) {
        guard let address = try? Address(checksummed: argument) else { return nil }
        self = address
    }
}

extension IsolationLevel: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }
    package static var allValueStrings: [String] { allCases.map(\.description) }
    package var defaultValueDescription: String { description }
}

extension Digest: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension TypedMoney: ExpressibleByArgument {
    package init?(argument: String) {
        guard let money = try? TypedMoney(argument) else { return nil }
        self = money
    }
}

/// A span as people type it: seconds, or `90s`, `15m`, `12h`, `30d`; ten years at the most.
struct Span: ExpressibleByArgument, CustomStringConvertible {
    let seconds: UInt64

    init(seconds: UInt64) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }  // bounded: a dictionary
        guard let number = UInt64(digits: unit == nil ? argument : String(argument.dropLast())) else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow, seconds > 0, seconds <= Self.secondsMax else { return nil }
        self.seconds = seconds
    }

    var description: String { "\(seconds)s" }

    private static let secondsMax: UInt64 = 315_576_000
}

/// A size as people type it: `512M`, `1.5G`, `2GiB`, `1048576`.
struct ByteSize: ExpressibleByArgument, CustomStringConvertible {
    let bytes: UInt64

    var description: String { Display.bytes(bytes) }

    init(bytes: UInt64) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = SizeText.bytes(argument), bytes > 0 else { return nil }
        self.bytes = bytes
    }
}
