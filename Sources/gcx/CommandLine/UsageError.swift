import ArgumentParser
import GCXModel

/// A command line that is wrong, with what would be right. Exit status 64.
struct UsageError: Error {
    let message: String
    let remedy: String

    init(_ message: String, fix: String) { (self.message, remedy) = (message, fix) }

    /// What the parser of arguments refused.
    ///
    /// - Parameter error: one whose exit status is that of a wrong command line.
    init(_ error: any Error, arguments: [String]) {
        let text = Gcx.message(for: error)
        guard let root = CommandShape.all() else {
            self.init(text, fix: "See `gcx --help`.")
            return
        }
        let walk = CommandWalk(root, arguments)
        self = ParserComplaint(text: text, walk: walk).error
    }

    /// Help on what is no command, which the parser would answer with help on the program.
    static func ofHelp(_ arguments: [String]) -> UsageError? {
        guard arguments.contains("help"), let root = CommandShape.all() else { return nil }
        let walk = CommandWalk(root, arguments)
        guard walk.isHelp, let word = walk.words.first, !word.hasPrefix("-") else { return nil }
        return noVerb(word, walk)
    }

    /// A word where a command has to be.
    static func noVerb(_ word: String, _ walk: CommandWalk) -> UsageError {
        let nearest = Nearest.word(to: word, among: walk.last.verbs)
        let all = walk.last.verbs.formatted(last: "and")
        return UsageError(
            "`\(walk.name)` has no command “\(PlainText.excerpt(word))”",
            fix: nearest.map { "Did you mean `\(walk.name) \($0)`?" }
                ?? (all.isEmpty ? "See `\(walk.name) --help`." : "Its commands are \(all)."))
    }
}

/// A complaint of the parser, told anew: its own texts name no accepted form, and show what was typed in other ways than the
/// rest of gcx.
struct ParserComplaint {
    let text: String
    let walk: CommandWalk

    var error: UsageError {
        if let word = walk.strangeVerb, walk.last.defaultSubcommand == nil || text.hasPrefix("Unexpected argument") {
            return .noVerb(word, walk)
        }
        // The parser complains of what is missing before it complains of what is wrong.
        return strangeOption.map(unknown) ?? badValue ?? negativeWord ?? unknownOption ?? missing ?? unexpected ?? other
    }

    /// A word that looks like an option and is none of this command.
    private var strangeOption: String? {
        let command = walk.taking
        return zip([""] + walk.words, walk.words).first { before, word in
            // A word behind an option may be its value, whatever it looks like.
            let isValue = command.option(before)?.kind == .option
            return word.hasPrefix("--") && !isValue && command.option(Self.name(word)) == nil
        }.map { Self.name($0.1) }
    }

    /// `--key` of `--key=FILE`.
    private static func name(_ word: String) -> String { String(word.prefix { $0 != "=" }) }

    private var help: String { "See `\(walk.name) --help`." }

    // The parser's own words for a value that its type refused.
    private var badValue: UsageError? {
        guard let (value, place) = Self.parts(of: text, "The value '", "' is invalid for '"),
            let argument = argument(named: place)
        else { return nil }
        return refused(value, for: argument)
    }

    private func refused(_ value: String, for argument: CommandShape.Argument) -> UsageError {
        let form = ValueForms.form(argument, of: walk.takingPath)
        let shown = PlainText.excerpt(value)
        let give = "Give \(Self.form(argument, form) ?? "what `\(walk.name) --help` says")."
        if NegativeNumber.isOne(value), form != nil {
            return UsageError("\(argument.text) cannot be negative: \(shown)", fix: give)
        }
        if let form, let nearest = Nearest.word(to: value, among: form.choices) {
            return UsageError(
                "\(argument.text) does not take “\(shown)”", fix: "Did you mean `\(nearest)`? \(give)")
        }
        let why = form?.fault(value).map { ": \($0)" } ?? ""
        return UsageError("\(argument.text) does not take “\(shown)”\(why)", fix: give)
    }

    private static func form(_ argument: CommandShape.Argument, _ type: (any Formed.Type)?) -> String? {
        ValueForms.narrower[String(argument.text.drop { $0 == "-" })] ?? type?.form  // bounded: a dictionary
    }

    /// A number such as -5 for a word that has its place: the parser takes it for an option.
    private var negativeWord: UsageError? {
        guard let word = NegativeNumber.alone(in: walk),
            let place = walk.taking.arguments?.last(where: { $0.kind == .positional })
        else { return nil }
        return refused(word, for: place)
    }

    private var unknownOption: UsageError? {
        guard let (first, _) = Self.parts(of: text, "Unknown option '", "'") else { return nil }
        return unknown(Self.name(walk.words.first { $0.hasPrefix(first) } ?? first))
    }

    private func unknown(_ word: String) -> UsageError {
        UsageError(
            "`\(walk.name)` has no option \(PlainText.excerpt(word))",
            fix: nearest(to: word).map { "Did you mean `\($0)`? \(help)" } ?? help)
    }

    private func nearest(to word: String) -> String? {
        let names = (walk.taking.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
        return Nearest.word(to: String(word.drop { $0 == "-" }), among: names).map { "--\($0)" }
    }

    private var missing: UsageError? {
        if let (place, _) = Self.parts(of: text, "Missing value for '", "'"), let argument = argument(named: place) {
            return UsageError("\(argument.text) has no value", fix: give(argument))
        }
        guard let (place, _) = Self.parts(of: text, "Missing expected argument '", "'"),
            let argument = argument(named: place)
        else { return nil }
        let lacking = lackingOptions
        guard argument.kind == .option, lacking.count > 1 else {
            return UsageError("\(argument.text) is missing", fix: give(argument))
        }
        return UsageError("\(lacking.formatted(last: "and")) are missing", fix: help)
    }

    /// Options that have to be there, and are not.
    private var lackingOptions: [String] {
        (walk.taking.arguments ?? []).filter { argument in
            argument.kind == .option && !argument.isOptional
                && !walk.words.contains { argument.isNamed(Self.name($0)) }
        }.map(\.text)
    }

    private func give(_ argument: CommandShape.Argument) -> String {
        let form = Self.form(argument, ValueForms.form(argument, of: walk.takingPath)).map { " It takes \($0)." } ?? ""
        let abstract = argument.abstract.map { " \($0)" } ?? ""
        let value = argument.kind == .positional ? "" : " \((argument.valueName ?? "value").uppercased())"
        return "Give \(argument.text)\(value):\(abstract)\(form)"
    }

    private var unexpected: UsageError? {
        if let (option, value) = Self.parts(of: text, "The option '", "' does not take any value, but '") {
            return UsageError(
                "\(option) takes no value, and has “\(PlainText.excerpt(value))”", fix: "Write \(option) alone.")
        }
        let word = Self.parts(of: text, "Unexpected argument '", "'")?.0 ?? Self.parts(of: text, "arguments: '", "'")?.0
        guard let word else { return nil }
        let places = (walk.taking.arguments ?? []).filter { $0.kind == .positional }.map(\.text)
        let takes =
            places.isEmpty
            ? "takes no words beside its options" : "takes no more words than \(places.joined(separator: " "))"
        return UsageError("`\(walk.name)` \(takes), and there is “\(PlainText.excerpt(word))”", fix: help)
    }

    private var other: UsageError {
        // What a command says of its own options is ours already.
        let isOurs = !text.hasPrefix("Missing ") && !text.hasPrefix("Internal ") && !text.hasPrefix("Value to be ")
        return UsageError(isOurs ? text : "the command line is not complete", fix: help)
    }

    /// `--cores <cores>` or `<account>`, as the parser names a place.
    private func argument(named place: String) -> CommandShape.Argument? {
        let name = String(place.prefix { $0 != " " })
        return walk.taking.arguments?.first { $0.isNamed(name) || $0.text == name || "<\($0.valueName ?? "")>" == name }
    }

    /// What stands between two texts, and what stands behind them up to the next quote.
    private static func parts(of text: String, _ before: String, _ between: String) -> (String, String)? {
        guard let start = text.firstRange(of: before)?.upperBound else { return nil }
        // bounded here: places that were found in the text
        let rest = text[start...]
        guard let middle = rest.ranges(of: between).last else { return nil }
        if between == "'" {
            let end = rest.firstRange(of: between)?.lowerBound ?? middle.lowerBound
            return (String(rest[..<end]), "")
        }
        return (String(rest[..<middle.lowerBound]), String(rest[middle.upperBound...].prefix { $0 != "'" }))
    }
}
