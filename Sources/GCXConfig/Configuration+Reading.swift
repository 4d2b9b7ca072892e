import FoundationEssentials
import GCXModel
import Glibc
import TOMLKit

extension Configuration {
    /// Reads and checks a file, and what goes before it.
    package static func load(
        path: String, sources: ConfigurationSources = .process
    ) throws(ConfigError) -> Configuration {
        let data: Data
        // What the system says; Foundation's own words name its types.
        guard unsafe access(path, R_OK) == 0 else {
            if errno == EACCES { throw .forbidden(path: path) }
            throw unsafe .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            var status = stat()
            let isDirectory = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            throw .unreadable(
                path: path, reason: isDirectory ? "it is a directory" : "it is no file that can be read to its end")
        }
        return try parse(String(decoding: data, as: UTF8.self), name: path, sources: sources)
    }

    /// Reads and checks a text, and what goes before it. A key that is nowhere has its default.
    ///
    /// - Throws: ``ConfigError/invalid(path:_:)`` with every problem of the text and of the other sources.
    package static func parse(
        _ text: String, name: String, sources: ConfigurationSources = .none
    ) throws(ConfigError) -> Configuration {
        let document: TOMLTable
        do { document = try TOMLTable(string: text) } catch {
            throw .invalid(path: name, [syntaxProblem(error, in: text)])
        }
        var configuration = Configuration()
        var problems = unknownKeys(document)
        for key in ConfigurationKey.all {
            if let problem = configuration.set(key, from: document, sources) { problems.append(problem) }
        }
        problems += configuration.validate()
        problems = problems.map { $0.placed(in: text, sources) } + sources.strangers
        guard problems.isEmpty else { throw .invalid(path: name, problems) }
        return configuration
    }

    /// Takes a key's value from the source that goes before the others.
    private mutating func set(
        _ key: ConfigurationKey, from document: TOMLTable, _ sources: ConfigurationSources
    ) -> ConfigProblem? {
        guard let (text, _) = sources.value(of: key) else {
            return document[key.table]?.table?[key.name].flatMap { set(key, to: $0) }
        }
        guard let line = try? TOMLTable(string: key.line(saying: text)), let value = line[key.name] else {
            return ConfigProblem(key.path, "holds what no file could say.", "Give plain text.")
        }
        return set(key, to: value)
    }

    private static func syntaxProblem(_ error: any Error, in text: String) -> ConfigProblem {
        let remedy = "Write TOML: [table], then key = value, text in quotes."
        guard let error = error as? TOMLParseError else { return ConfigProblem("line 1", "it is no TOML.", remedy) }
        let (line, column) = (Int(error.source.begin.line), error.source.begin.column)
        let place = "line \(line), column \(column)"
        // The library's own text is for those who know its grammar; a person knows the line.
        if error.description.contains("redefine") {
            return ConfigProblem(place, "this key or table is there for the second time.", "Write each once.")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard let found = lines.dropFirst(line - 1).first, !found.isEmpty else {
            return ConfigProblem(place, "something is missing here.", remedy)
        }
        return ConfigProblem(place, "“\(PlainText.excerpt(found))” is not understood.", remedy)
    }

    private static func unknownKeys(_ document: TOMLTable) -> [ConfigProblem] {
        let tables = Set(ConfigurationKey.all.map(\.table))
        var problems: [ConfigProblem] = []
        for table in document.keys {
            guard tables.contains(table), let inner = document[table]?.table else {
                problems.append(
                    ConfigProblem(table, "is no table of this file.", "Did you mean [\(nearest(table, tables))]?"))
                continue
            }
            let names = Set(ConfigurationKey.all.filter { $0.table == table }.map(\.name))
            for name in inner.keys where !names.contains(name) {
                problems.append(
                    ConfigProblem("\(table).\(name)", "is no key.", "Did you mean `\(nearest(name, names))`?"))
            }
        }
        return problems
    }

    /// The known word that takes the fewest changes.
    static func nearest(_ word: String, _ known: Set<String>) -> String {
        known.sorted().min { Nearest.changes(from: $0, to: word) < Nearest.changes(from: $1, to: word) } ?? ""
    }

    private mutating func set(_ key: ConfigurationKey, to value: any TOMLValueConvertible) -> ConfigProblem? {
        switch key.slot {
        case .text(let path):
            guard let text = value.string else { return wrongType(key, value, "text in quotes") }
            self[keyPath: path] = text
        case .choice(let path, let choices):
            guard let text = value.string, choices.contains(text) else {
                return wrongType(key, value, "one of \(choices.joined(separator: ", ")) in quotes")
            }
            self[keyPath: path] = text
        case .flag(let path):
            guard let flag = value.bool else { return wrongType(key, value, "true or false") }
            self[keyPath: path] = flag
        case .number(let path, let range): return setNumber(path, key, value, range)
        case .amount(let path):
            take(nil, at: key.path)
            guard let amount = Self.amount(value) else { return setTyped(key, value) }
            self[keyPath: path] = amount
        case .hosts(let path):
            guard let hosts: [IPv4Address] = Self.list(value) else {
                return wrongType(key, value, "a list of IPv4 addresses in quotes")
            }
            self[keyPath: path] = hosts
        case .networks(let path):
            guard let networks: [IPv4Network] = Self.list(value) else {
                return wrongType(key, value, "a list of IPv4 addresses or networks (198.51.100.0/24) in quotes")
            }
            self[keyPath: path] = networks
        case .addresses(let path):
            guard let addresses = Self.addresses(value) else {
                return wrongType(key, value, "a list of addresses of 40 hexadecimal digits in quotes")
            }
            self[keyPath: path] = addresses
        case .places(let path):
            let list = value.string.map { [$0] } ?? value.array.map { $0.compactMap { $0.string } }
            guard let list, list.count == value.array?.count ?? 1 else {
                return wrongType(key, value, "a text, or a list of texts, in quotes")
            }
            self[keyPath: path] = list
        case .texts(let path):
            guard let list = value.array?.map({ $0.string }), !list.contains(nil) else {
                return wrongType(key, value, "a list of texts in quotes")
            }
            self[keyPath: path] = list.compactMap(\.self)
        }
        return nil
    }

    private mutating func setNumber(
        _ path: WritableKeyPath<Configuration, UInt64>, _ key: ConfigurationKey, _ value: any TOMLValueConvertible,
        _ range: ClosedRange<UInt64>
    ) -> ConfigProblem? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard value.type == .int, let number = value.int, let positive = UInt64(exactly: number),
            range.contains(positive)
        else { return wrongType(key, value, expected) }
        self[keyPath: path] = positive
        return nil
    }

    /// Takes an amount in a currency, whose decimals nobody knows yet.
    private mutating func setTyped(_ key: ConfigurationKey, _ value: any TOMLValueConvertible) -> ConfigProblem? {
        guard let text = value.string else {
            return wrongType(
                key, value, "a whole number of base units, or a text such as \"1.5 TEST\" or \"0.04 TEST/core-hour\"")
        }
        do {
            take(try TypedMoney(text), at: key.path)
            return nil
        } catch {
            return ConfigProblem(key.path, "is \(value.debugDescription), which \(error.reason).", error.remedy.words)
        }
    }

    // A float is refused and not rounded: money is never a float.
    private static func amount(_ value: any TOMLValueConvertible) -> Amount? {
        if value.type == .int, let number = value.int { return UInt128(exactly: number).map { Amount($0) } }
        return value.string.flatMap { Amount($0) }
    }

    private static func list<Item: LosslessStringConvertible>(_ value: any TOMLValueConvertible) -> [Item]? {
        guard let list = value.array else { return nil }
        let found = list.map { $0.string.flatMap { Item($0) } }
        return found.contains { $0 == nil } ? nil : found.compactMap(\.self)
    }

    private static func addresses(_ value: any TOMLValueConvertible) -> [Address]? {
        guard let list = value.array else { return nil }
        let found = list.map { $0.string.flatMap { Address($0) } }
        return found.contains(nil) ? nil : found.compactMap(\.self)
    }

    private func wrongType(
        _ key: ConfigurationKey, _ value: any TOMLValueConvertible, _ expected: String
    ) -> ConfigProblem {
        ConfigProblem(key.path, "is \(value.debugDescription).", "Give \(expected).")
    }
}

extension Remedy {
    fileprivate var words: String { if case .fix(let text) = self { text } else { "" } }
}

extension ConfigProblem {
    /// The same with where the value came from.
    fileprivate func placed(in text: String, _ sources: ConfigurationSources) -> ConfigProblem {
        guard source == nil else { return self }
        var copy = self
        if let key = ConfigurationKey.all.first(where: { $0.path == place }) {
            copy.source = sources.value(of: key)?.source ?? key.line(in: text).map { "line \($0)" }
        }
        return copy
    }
}
