import ArgumentParser
import GCXLedger
import GCXModel
import Glibc

/// An error of the command line itself, with its remedy.
struct CommandError: RemediedError {
    let description: String
    let remedy: Remedy
    /// What was typed names several things that are here: nobody else is to be asked which one is meant.
    let isAmbiguous: Bool

    init(_ description: String, fix: String, isAmbiguous: Bool = false) {
        self.description = description
        remedy = .fix(fix)
        self.isAmbiguous = isAmbiguous
    }

    /// What may be otherwise soon.
    init(_ description: String, retryAfter: Duration) {
        self.description = description
        remedy = .retry(after: retryAfter)
        isAmbiguous = false
    }
}

/// How an error reaches the person: what, why, what to do, and an exit status for programs.
///
/// Every error of a command comes here, and nothing is shown but sentences of ours. With `--json` it is one JSON document on
/// standard error, and standard output has nothing of it.
struct Failure: Encodable {
    /// The exit status, from sysexits.h.
    let status: Int32
    let message: String
    var remedy: String?
    /// When the same may succeed without anybody's doing.
    var retryAfterSeconds: Int64?

    private init(status: Int32, _ message: String, remedy: String? = nil) {
        (self.status, self.message, self.remedy) = (status, message, remedy)
    }

    private init(_ error: any RemediedError) {
        message = error.description
        switch error.remedy {
        case .retry(let after):
            let seconds = max(after.components.seconds, 1)
            (status, retryAfterSeconds) = (75, seconds)
            let again = "try again in \(seconds) s"
            remedy =
                (((error as? PurchaseError)?.cause ?? error) as? LedgerError)?.isUnreachable == true
                ? "Start it with `gcx ledger serve`, name another with --ledger, or \(again)."
                : "\(again.capitalisedFirst)."
        case .fix(let text): (status, remedy) = (78, text)
        case .refuse: status = 65
        }
    }

    private init(_ error: UsageError) { self.init(status: 64, error.message, remedy: error.remedy) }

    /// Ends the program as `error` asks for; help and versions are asked for in this way, too.
    ///
    /// - Parameter arguments: of the command line, without the program's name.
    static func end(_ error: any Error, arguments: [String]) -> Never {
        switch error {
        case let error as any RemediedError: Failure(error).end(arguments)
        case let error as UsageError: Failure(error).end(arguments)
        default: break
        }
        switch Gcx.exitCode(for: error) {
        case .success:
            let text = Gcx.fullMessage(for: error)
            if !text.isEmpty { Terminal.say(text) }
            exit(0)
        case .validationFailure: Failure(UsageError(error, arguments: arguments)).end(arguments)
        case let code where error is ExitCode: exit(code.rawValue)
        default: ofAnother(error).end(arguments)
        }
    }

    /// What no type of ours stands for. Its own text is for developers, who ask for it.
    static func ofAnother(_ error: any Error) -> Failure {
        if Environment.value("GCX_DEBUG") != nil { Terminal.complain("debug: \(String(reflecting: error))") }
        guard ForeignError.isKnown(error) else {
            return Failure(
                status: 70, ForeignError.unknown, remedy: "Run it again with GCX_DEBUG=1, and report what it says.")
        }
        return Failure(status: 70, ForeignError.words(error))
    }

    private func end(_ arguments: [String]) -> Never {
        if Self.isForProgram(arguments), let line = try? Terminal.jsonText(["error": self]) {
            Terminal.complain(line)
        } else {
            Terminal.complain("error: \(message)")
            if let remedy { Terminal.complain("remedy: \(remedy)") }
        }
        exit(status)
    }

    /// Whether `--json` stands among the arguments. The reports of `gcx bench` go where it says, and a person reads the rest.
    private static func isForProgram(_ arguments: [String]) -> Bool {
        let own = arguments.prefix { $0 != "--" }
        guard let place = own.firstIndex(of: "--json") else { return false }
        guard own.first == "bench", own.allSatisfy({ !BenchOutput.readers.contains($0) }) else { return true }
        return own[place...].dropFirst().first?.hasPrefix("-") ?? true  // bounded: a place that was found in it
    }
}

extension LedgerError {
    fileprivate var isUnreachable: Bool {
        if case .unreachable = self { true } else { false }
    }
}

extension String {
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }  // bounded: joins texts
}
