import ArgumentParser
import GCXLedger
import GCXModel
import Glibc

/// An error of the command line itself, with its remedy.
struct CommandError: RemediedError {
    let description: String
    let remedy: Remedy

    init(_ description: String, fix: String) {
        self.description = description
        remedy = .fix(fix)
    }

    /// What may be otherwise soon.
    init(_ description: String, retryAfter: Duration) {
        self.description = description
        remedy = .retry(after: retryAfter)
    }
}

/// How an error reaches the person: what, why, what to do, and an exit status for programs.
enum Failure {
    static func end(_ error: any Error) -> Never {
        guard let error = error as? any RemediedError else { endOther(error) }
        Terminal.complain("error: \(error.description)")
        switch error.remedy {
        case .retry(let after) where (error as? LedgerError)?.isUnreachable == true:
            Terminal.complain(
                "remedy: start it with `gcx ledger serve`, name another with --ledger, or try again in \(after.components.seconds) s"
            )
        case .retry(let after): Terminal.complain("remedy: try again in \(after.components.seconds) s")
        case .fix(let text): Terminal.complain("remedy: \(text)")
        case .refuse: break
        }
        exit(status(of: error.remedy))
    }

    /// What the parser of arguments throws, help among it, and errors of others.
    private static func endOther(_ error: any Error) -> Never {
        let (code, text) = (Gcx.exitCode(for: error), Gcx.fullMessage(for: error))
        if !text.isEmpty { if code == .success { Terminal.say(text) } else { Terminal.complain(text) } }
        exit(code.rawValue)
    }

    /// Statuses from sysexits.h.
    static func status(of remedy: Remedy) -> Int32 {
        switch remedy {
        case .retry: 75
        case .fix: 78
        case .refuse: 65
        }
    }
}

extension LedgerError {
    fileprivate var isUnreachable: Bool {
        if case .unreachable = self { true } else { false }
    }
}
