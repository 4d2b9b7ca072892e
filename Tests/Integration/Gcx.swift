import FoundationEssentials
import GCXLinux
import Glibc
import Testing

/// The programs that were built beside the tests, run as their users run them.
enum Gcx {
    /// The folder of the test program itself, where the build puts all programs.
    private static let folder: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return "/" + own.split(separator: "/").dropLast().joined(separator: "/")
    }()

    static let program = "\(folder)/gcx"

    /// The root of the repository.
    static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// What a whole lease needs besides the build, or nil when it is all here.
    static let lacks: String? = {
        if getuid() != 0 { return "needs root, to make control groups and mounts" }
        for tool in ["crun", "mke2fs", "umoci", "busybox"] where ChildProcess.find(tool) == nil {
            return "needs \(tool), which `make setup-test` installs"
        }
        return nil
    }()

    static var isComplete: Bool { lacks == nil }

    /// Runs `gcx` to its end and answers what it said, whatever its status was.
    static func run(
        _ arguments: [String], in directory: String? = nil, temporary: String? = nil, timeout: Duration = .seconds(60)
    ) throws -> ChildProcess.Outcome {
        var environment = ChildProcess.plainEnvironment
        environment["TMPDIR"] = temporary
        return try ChildProcess(
            program, arguments, environment: environment, workingDirectory: directory, timeout: timeout
        ).outcome()
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips, with the reason, where a lease cannot be run for real.
    static var wholeLease: Self {
        .enabled(if: Gcx.isComplete, Comment(rawValue: Gcx.lacks ?? "everything is here"))
    }
}

/// Leases from end to end, one after the other: some take all processors, and some say how soon others were answered.
@Suite("Whole leases with a real ledger, a real agent and a real runtime", .serialized, .wholeLease)
struct WholeLeases {}

/// Leases that wait, for a receipt, a grace or an end, most of the time: one after the other too, beside the others. Each has a
/// site of its own, and looks for traces of that site alone.
@Suite("Whole leases that wait for something", .serialized, .wholeLease)
struct WaitingLeases {}
