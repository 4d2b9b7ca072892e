package import GCXModel

/// One thing that is wrong with a configuration.
package struct ConfigProblem: Equatable, Sendable, CustomStringConvertible {
    /// `table.key`, or `line:column` where the text is no TOML.
    package var place: String
    package var reason: String
    package var remedy: String
    /// Where the value was read: a line of the file, a variable or a credential; nil where that is not known.
    package var source: String?

    package init(_ place: String, _ reason: String, _ remedy: String) {
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    package var description: String {
        "\(place)\(source.map { " (\($0))" } ?? ""): \(reason) \(remedy)"
    }
}

/// Why a configuration cannot be used. Nothing was started.
package enum ConfigError: RemediedError, Equatable {
    case unreadable(path: String, reason: String)
    /// The file's mode does not let this user read it.
    case forbidden(path: String)
    /// All that is wrong, not only the first.
    case invalid(path: String, [ConfigProblem])

    package var description: String {
        switch self {
        case .forbidden(let path): "this user may not read the configuration \(path)"
        case .unreadable(let path, let reason): "the configuration \(path) cannot be read: \(reason)"
        case .invalid(let path, let problems):
            "the configuration \(path) has \(NumberText.count(problems.count, "problem")):"
                + problems.map { "\n  \($0)" }.joined()
        }
    }

    package var remedy: Remedy {
        switch self {
        case .forbidden(let path): .fix("Run it as root, or let this user read \(path).")
        case .unreadable: .fix("Name the file of a configuration, or make one with `gcx agent config`.")
        case .invalid(_, let problems):
            problems.contains { $0.source?.hasPrefix("GCX_") == true || $0.place.hasPrefix("GCX_") }
                ? .fix("Correct the variables and the file; `gcx agent config` prints every key with its default.")
                : .fix("Correct the file; `gcx agent config` prints every key with its default.")
        }
    }
}
