import ArgumentParser
import GCXModel

/// What the commands take, as the parser of arguments describes itself: a tree of nouns and verbs.
struct CommandShape: Decodable {
    /// An option, a flag, or a word that has its place.
    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            let kind: String
            let name: String

            /// As people type it.
            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        let kind: Kind
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let isOptional: Bool
        let isRepeating: Bool

        /// The long name, or what stands for the word.
        var text: String {
            names?.first { $0.kind == "long" }?.text ?? names?.first?.text ?? "<\(valueName ?? "value")>"
        }

        func isNamed(_ word: String) -> Bool { names?.contains { $0.text == word } ?? false }
    }

    let commandName: String
    let arguments: [Argument]?
    let subcommands: [CommandShape]?
    let defaultSubcommand: String?

    /// Everything that `gcx` takes. Costs a walk over all commands, so it is asked for where a command line is wrong.
    static func all() -> CommandShape? {
        struct Document: Decodable { let command: CommandShape }
        return try? StrictJSON.decode(Document.self, from: Gcx._dumpHelp().utf8, unknownFields: .tolerated).command
    }

    /// Verbs for people; `help` stands everywhere.
    var verbs: [String] { (subcommands ?? []).map(\.commandName).filter { $0 != "help" } }

    func verb(_ name: String) -> CommandShape? { subcommands?.first { $0.commandName == name } }

    /// The option or flag of this name.
    func option(_ word: String) -> Argument? { arguments?.first { $0.isNamed(word) } }
}

/// How far the words of a command line lead into the commands.
struct CommandWalk {
    /// The commands from the program to the last one that was named.
    private(set) var path: [CommandShape]
    /// What follows, up to `--`.
    private(set) var words: [String]
    /// Whether help is asked for.
    private(set) var isHelp = false

    init(_ root: CommandShape, _ arguments: [String]) {
        path = [root]
        words = Array(arguments.prefix { $0 != "--" })
        while let word = words.first {
            if word == "help", !isHelp {
                isHelp = true
            } else if let next = last.verb(word) {
                path.append(next)
            } else {
                break
            }
            words.removeFirst()
        }
    }

    var last: CommandShape { path.last ?? path[0] }  // bounded: a path begins with the program

    /// The command that takes the options: one that is named, or the one that stands for it.
    var taking: CommandShape { last.defaultSubcommand.flatMap { last.verb($0) } ?? last }

    /// The command as people type it.
    var name: String { path.map(\.commandName).joined(separator: " ") }

    /// The names of ``taking`` and the commands above it, below the program.
    var takingPath: [String] {
        let names = path.dropFirst().map(\.commandName)
        return last.defaultSubcommand.map { names + [$0] } ?? names  // bounded: joins lists
    }

    /// A word where a verb has to be, and is none.
    var strangeVerb: String? {
        guard !last.verbs.isEmpty, let word = words.first, !word.hasPrefix("-") else { return nil }
        return word
    }
}
