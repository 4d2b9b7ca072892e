import GCXLinux
package import GCXModel
import Glibc

/// Why the probe gave no inventory. Nothing of the agent was touched: the probe is another process.
package enum ProbeError: RemediedError, Equatable {
    /// `gcx-probe` is in none of the places it is looked for.
    case notFound(searched: [String])
    /// The kernel did not start it.
    case launchFailed(path: String, errno: Int32)
    /// A signal ended it; `stderr` holds its last words.
    case crashed(signal: Int32, stderr: String)
    /// It was ended with everything it had started.
    case timedOut(after: Duration)
    /// It wrote on beyond the limit and was ended.
    case tooMuchOutput(bytesMax: Int)
    /// It exited with 0 and its output is no inventory.
    case rubbish(reason: String, beginning: String)
    /// It speaks another version of the document.
    case unsupportedSchema(found: Int, supported: Int)
    /// It said why it could not.
    case failed(exit: Int32, stderr: String)
    /// Whoever asked for it did not want it any more, and it was ended with everything it had started.
    case cancelled

    package var remedy: Remedy {
        switch self {
        case .launchFailed(_, EMFILE), .launchFailed(_, ENFILE):
            .fix("Let this process have more open files (`ulimit -n`, `LimitNOFILE=`).")
        case .launchFailed(_, EAGAIN):
            .fix("Let this user and this control group have more processes (`ulimit -u`, `pids.max`, `TasksMax=`).")
        case .notFound, .launchFailed:
            .fix(
                "Install gcx-probe beside gcx (`make install`), or name it in the environment: GCX_PROBE=/path/gcx-probe."
            )
        case .crashed(let signal, _) where LimitSignal.words(for: signal) != nil:
            .fix(LimitSignal.words(for: signal)?.remedy ?? "")
        case .crashed, .tooMuchOutput, .rubbish:
            .fix("Run `gcx-probe inventory` by hand: its `problems` name the source; report what it prints.")
        case .timedOut: .retry(after: .seconds(60))
        case .unsupportedSchema: .fix("Install gcx and gcx-probe of the same release.")
        case .cancelled: .fix("Start it again.")
        case .failed:
            .fix("Name a file of `lstopo --of xml`, or a folder with sys and proc; without one, this machine is read.")
        }
    }

    package var description: String {
        switch self {
        case .notFound(let searched): "gcx-probe was not found in \(searched.joined(separator: ", "))"
        case .launchFailed(let path, let code): unsafe "start \(path): \(String(cString: strerror(code)))"
        case .crashed(let signal, let stderr):
            "gcx-probe was ended by signal \(signal) (\(unsafe LimitSignal.words(for: signal)?.limit ?? String(cString: strsignal(signal))))"
                + said(stderr)
        case .timedOut(let limit): "gcx-probe gave no answer in \(limit.words)"
        case .tooMuchOutput(let most): "gcx-probe wrote more than \(NumberText.count(most, "byte"))"
        case .rubbish(let reason, let beginning): "gcx-probe wrote no inventory: \(reason); it begins \"\(beginning)\""
        case .unsupportedSchema(let found, let supported):
            "gcx-probe writes inventories of version \(found), this program reads \(supported)"
        case .cancelled: "gcx-probe was stopped before it was done"
        case .failed(let code, ""): "gcx-probe ended with status \(code)"
        case .failed(_, let stderr): stderr
        }
    }

    /// Whether a second run may end otherwise.
    var isWorthRetrying: Bool {
        switch self {
        case .crashed, .timedOut, .tooMuchOutput, .rubbish: true
        case .notFound, .launchFailed, .unsupportedSchema, .failed, .cancelled: false
        }
    }

    private func said(_ stderr: String) -> String {
        stderr.isEmpty ? "" : ": \(stderr)"
    }
}
