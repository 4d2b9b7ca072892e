import Configuration

/// What goes before the file, behind the providers of swift-configuration: the first that knows a key is believed.
///
/// Every value is asked for as text, and read by the table of keys as a line of the file would be.
struct SourceProviders: Sendable {
    private let environment: EnvironmentVariablesProvider
    private let credentials: InMemoryProvider

    /// - Parameters:
    ///   - environment: variables by their names.
    ///   - credentials: where the file of a key lies, by the key's path.
    init(environment: [String: String], credentials: [String: String]) {
        self.environment = EnvironmentVariablesProvider(environmentVariables: environment)
        self.credentials = InMemoryProvider(
            name: "credentials",
            values: Dictionary(
                uniqueKeysWithValues: credentials.map {
                    (Self.key($0.key), ConfigValue(.string($0.value), isSecret: false))
                }
            ))
    }

    /// What the first source that knows the key says, and that source by its name.
    func value(of path: String) -> (text: String, source: String)? {
        let key = Self.key(path)
        if let (text, variable) = Self.text(of: key, in: environment) { return (text, variable) }
        return Self.text(of: key, in: credentials).map { ($0.text, "the credential \(path)") }
    }

    /// The variable that sets a key.
    static func variable(of path: String) -> String? {
        let nothing = EnvironmentVariablesProvider(environmentVariables: [:])
        return try? nothing.value(forKey: key(path), type: .string).encodedKey
    }

    private static func key(_ path: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(["gcx"] + path.split(separator: ".").map { String($0) })
    }

    private static func text(
        of key: AbsoluteConfigKey, in provider: some ConfigProvider
    ) -> (text: String, name: String)? {
        guard let found = try? provider.value(forKey: key, type: .string), case .string(let text) = found.value?.content
        else { return nil }
        return (text, found.encodedKey)
    }
}
