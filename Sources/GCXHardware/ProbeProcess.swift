import GCXLinux
import GCXModel
import Glibc

/// Runs a program to its end under a time and an output limit, and never leaves anything of it behind.
///
/// The child leads a process group of its own, so that what it started ends with it; it gets an empty standard input, no
/// other descriptor of ours, and an environment in which no variable can lead a library astray.
struct ProbeProcess {
    let executable: String
    let arguments: [String]
    let timeout: Duration
    let outputBytesMax: Int
    /// Asked about every `LinuxLimits.toolWatchInterval`; once it is true the program is ended with all that it started.
    var isCancelled: @Sendable () -> Bool = { false }

    /// What a program that exited by itself left.
    struct Outcome {
        let exit: Int32
        let output: [UInt8]
        let errorText: String
    }

    /// HWLOC_* and OPENBLAS_* in the caller's environment would change what is found (seen: a pinned core type).
    static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/"]

    /// Blocks its thread up to the timeout.
    ///
    /// - Throws: ``ProbeError/launchFailed(path:errno:)``, `crashed`, `timedOut`, `tooMuchOutput` or `cancelled`.
    func run() throws(ProbeError) -> Outcome {
        var child = ChildProcess(
            executable, arguments, environment: Self.environment, timeout: timeout, outputBytesMax: outputBytesMax)
        // A program that complains without end is heard to the limit.
        child.errorBytesKept = HardwareLimits.probeErrorTextBytesMax
        let outcome: ChildProcess.Outcome
        do throws(LinuxError) {
            outcome = try child.outcome { () throws(LinuxError) in
                if isCancelled() { throw .systemCall(operation: "run", object: executable, errno: ECANCELED) }
            }
        } catch {
            throw self.error(of: error)
        }
        let said = trimmed(String(decoding: outcome.error, as: UTF8.self))
        switch outcome.status {
        case .exited(let code): return Outcome(exit: code, output: outcome.output, errorText: said)
        case .signalled(let signal): throw .crashed(signal: signal, stderr: said)
        }
    }

    private func error(of error: LinuxError) -> ProbeError {
        switch error {
        case .systemCall(_, _, ECANCELED): .cancelled
        case .systemCall(_, _, let number): .launchFailed(path: executable, errno: number)
        case .timedOut: .timedOut(after: timeout)
        case .outputTooLarge: .tooMuchOutput(bytesMax: outputBytesMax)
        default: .launchFailed(path: executable, errno: EIO)
        }
    }
}
