import GCXModel

extension Configuration {
    /// The example file: every key with its meaning, its unit and its default.
    package static var exampleTOML: String {
        let defaults = Configuration()
        var lines = [
            "# Configuration of gcx. Every key is shown with its default; what you leave out keeps it.",
            "# Made by `gcx agent config`. Durations are in seconds, sizes in bytes, money in base units,",
            "# or as a text in the ledger's currency: \"0.04 TEST/core-hour\".",
            "# A variable of the environment goes before the file: GCX_AGENT_LISTEN sets listen of [agent], and so each key; commas",
            "# separate the items of a list. Between the two come systemd's credentials: one named machine.password_file is that file.",
        ]
        var table = ""
        for key in ConfigurationKey.all {
            if key.table != table {
                table = key.table
                lines += ["", "[\(table)]"]
            }
            lines += ["# \(key.comment)", "\(key.name) = \(defaults.text(of: key))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The whole of this configuration as TOML, without comments.
    package var toml: String {
        var lines: [String] = []
        var table = ""
        for key in ConfigurationKey.all {
            if key.table != table {
                table = key.table
                lines.append("[\(table)]")
            }
            lines.append("\(key.name) = \(text(of: key))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A value as the file has it.
    func text(of key: ConfigurationKey) -> String {
        switch key.slot {
        case .text(let path), .choice(let path, _): return Self.quoted(self[keyPath: path])
        case .number(let path, _): return "\(self[keyPath: path])"
        case .flag(let path): return "\(self[keyPath: path])"
        case .amount(let path):
            // bounded: a dictionary
            if let typed = typed[key.path] { return Self.quoted(typed.text) }
            let amount = self[keyPath: path]
            return amount.value <= UInt128(Int64.max) ? "\(amount)" : "\"\(amount)\""
        case .hosts(let path): return Self.list(self[keyPath: path])
        case .networks(let path): return Self.list(self[keyPath: path])
        case .addresses(let path):
            return "[" + self[keyPath: path].map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        case .places(let path) where self[keyPath: path].count == 1:
            return Self.quoted(self[keyPath: path].joined())
        case .texts(let path), .places(let path):
            return "[" + self[keyPath: path].map(Self.quoted).joined(separator: ", ") + "]"
        }
    }

    private static func list(_ items: [some CustomStringConvertible]) -> String {
        "[" + items.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": return "\\\""
            case "\\": return "\\\\"
            case "\0"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: return String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
