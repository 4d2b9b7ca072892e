import ArgumentParser
import GCXClient
import GCXModel
import GCXWire

/// A document as people name it: its digest, or the beginning of it, as tables show it on a narrow terminal.
struct DigestName: ExpressibleByArgument, Equatable {
    /// `0x` and lower-case hexadecimal digits.
    let text: String

    init?(argument: String) {
        let digits = argument.lowercased().dropFirst(2)
        guard argument.lowercased().hasPrefix("0x"), Self.lengths.contains(digits.count),
            digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
        else { return nil }
        text = "0x\(digits)"
    }

    /// The document among those that are known; a whole digest needs not be known.
    ///
    /// - Throws: ``CommandError`` where none, or more than one, begins so.
    func digest(of what: String, among known: () async throws -> [Digest]) async throws -> Digest {
        if let whole = Digest(text) { return whole }
        let found = Set(try await known()).filter { $0.description.hasPrefix(text) }
        if found.count == 1, let one = found.first { return one }
        throw CommandError(
            found.isEmpty
                ? "no \(what) begins with \(text)"
                : "\(NumberText.count(found.count, what, one: "begins", many: "begin")) with \(text)",
            fix: "Give all 66 characters of its id\(found.isEmpty ? "" : ", or a longer beginning").")
    }

    /// Six digits are the least: of a thousand documents two begin alike once in thirty times, and then more are asked for.
    private static let lengths = 6...64
}

/// A lease of which an agent knows.
struct LeaseName: ExpressibleByArgument, Equatable {
    private let name: DigestName

    init?(argument: String) {
        guard let name = DigestName(argument: argument) else { return nil }
        self.name = name
    }

    /// - Parameter caller: among whose jobs the beginning of an id is looked for.
    func id(on agent: AgentClient, by caller: Caller) async throws -> LeaseID {
        try await name.digest(of: "job") { try await agent.jobs(by: caller).map(\.lease) }
    }
}
