import FoundationEssentials
import GCXModel

/// Where values come from besides the file: variables of the environment, and credentials of the service manager.
///
/// A variable goes before a credential, a credential before the file, and the file before the default. What a command line
/// says goes before all of them; that is the command's to see to.
package struct ConfigurationSources: Sendable {
    private let environment: [String: String]
    private let providers: SourceProviders

    /// Nothing but the file.
    package static let none = ConfigurationSources(environment: [:], credentials: nil)

    /// Those of this process.
    package static var process: ConfigurationSources {
        let environment = ProcessInfo.processInfo.environment
        return ConfigurationSources(environment: environment, credentials: environment["CREDENTIALS_DIRECTORY"])
    }

    /// - Parameter credentials: where the service manager put this service's credentials; nil without any.
    package init(environment: [String: String], credentials: String?) {
        self.environment = environment
        let files = ConfigurationKey.all.filter(\.isSecretFile).compactMap { key in
            credentials.map { (key.path, "\($0)/\(key.path)") }
        }
        providers = SourceProviders(
            environment: environment,
            credentials: Dictionary(files.filter { FileManager.default.fileExists(atPath: $0.1) }) { first, _ in first }
        )
    }

    /// What these sources say of one key, and which of them.
    func value(of key: ConfigurationKey) -> (text: String, source: String)? { providers.value(of: key.path) }

    /// Variables that look like ours and are none, each with the one that was meant.
    var strangers: [ConfigProblem] {
        let known = Set(ConfigurationKey.all.map(\.variable)).union(Self.ofPrograms)
        let tables = Set(ConfigurationKey.all.map { "GCX_\($0.table.uppercased())_" })
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("GCX_"), !known.contains(name) else { return nil }
            let near = Configuration.nearest(name, known)
            let isClose = Nearest.changes(from: near, to: name) <= Self.slipsMax
            guard isClose || tables.contains(where: name.hasPrefix) else { return nil }
            return ConfigProblem(name, "is no variable of gcx.", "Did you mean \(near)?")
        }
    }

    /// What programs read besides the configuration.
    private static let ofPrograms: Set<String> = [
        "GCX_LEDGER", "GCX_AGENT", "GCX_PROBE", "GCX_UNPACK", "GCX_SOURCE_ADDRESS",
    ]
    /// Letters that a slip of the finger changes; what is further away is another program's.
    private static let slipsMax = 2
}

extension ConfigurationKey {
    /// The variable of the environment that sets this key: `agent.listen` is GCX_AGENT_LISTEN.
    var variable: String { "GCX_\(table)_\(name)".uppercased() }

    /// Whether the key names a file that the service manager may hand over as a credential of the key's name.
    var isSecretFile: Bool { Self.secretFiles.contains(path) }

    private static let secretFiles: Set<String> = [
        "machine.keystore", "machine.password_file", "machine.grant", "ledger.operator_keystore",
        "ledger.operator_password_file", "image.auth_file",
    ]

    /// A variable's text as the line of a file that says the same. Lists are separated by commas.
    func line(saying text: String) -> String {
        switch slot {
        // What TOML writes otherwise, or not at all, is told as what it is: a text in place of a number.
        case .number where Int64(text).map { "\($0)" == text } == true: "\(name) = \(text)"
        case .flag where text == "true" || text == "false": "\(name) = \(text)"
        case .addresses, .texts, .places, .hosts, .networks:
            "\(name) = ["
                + text.split(separator: ",").map { Configuration.quoted(String($0).trimmed) }.joined(separator: ", ")
                + "]"
        default: "\(name) = \(Configuration.quoted(text))"
        }
    }
}

extension String {
    /// Without blanks at its ends.
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension ConfigurationKey {
    /// The number of the line that sets this key in a text, from 1; nil where none does in the plain way.
    func line(in text: String) -> Int? {
        var inside = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("[") {
                inside = String(line.dropFirst().prefix { $0 != "]" }.filter { $0 != " " })
            } else if inside == table, line.prefix(while: { $0 != "=" && $0 != " " && $0 != "\t" }) == name {
                return index + 1  // bounded: a line of a text
            }
        }
        return nil
    }
}
