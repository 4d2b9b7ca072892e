import GCXLinux
import GCXModel
package import GCXSandbox

/// What every driver of jobs must do, as named scenarios: run each on a bench of its own.
///
/// ```swift
/// @Test("the driver conforms", arguments: DriverConformance.scenarios)
/// func conforms(_ scenario: DriverScenario) throws { try scenario.run(makeBench()) }
/// ```
package enum DriverConformance {
    package static let scenarios: [DriverScenario] = life + orders + meter + remains
}

/// A driver on the bench.
package protocol DriverBench: Sendable {
    var driver: any RuntimeDriver { get }
    /// A driver of the same jobs, as an agent has it after its restart.
    func restarted() throws -> any RuntimeDriver
    /// The job that is started next: one core, 64 MiB, a minute unless the scenario says otherwise.
    func spec(_ act: JobAct) throws -> JobSpec
    /// So much time passes.
    func pass(_ time: Duration)
}

/// What a job of a scenario does.
package enum JobAct: Sendable {
    /// Nothing, until it is told to end, which it does at once.
    case waits
    /// Nothing, and it stays when it hears that it is to end.
    case staysOn
    case exits(Int32)
    /// Ends by a signal.
    case dies
    /// Works on one core for so many milliseconds of CPU time, and then waits.
    case works(milliseconds: UInt64)
    /// Takes more memory than it may have.
    case eatsMemory
    /// Leaves a file as its output and ends.
    case leavesOutput
    case cannotStart
}

/// One fact about drivers and how to see it.
package struct DriverScenario: Sendable, CustomStringConvertible {
    package let name: String
    package let run: @Sendable (any DriverBench) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable (any DriverBench) throws -> Void) {
        (self.name, self.run) = (name, run)
    }

    package var description: String { name }
}

extension DriverBench {
    func expect(
        _ holds: Bool, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
    ) throws {
        guard holds else { throw ConformanceFailure(what(), file: file, line: line) }
    }

    func expect<Value: Equatable>(
        _ got: Value, is expected: Value, file: String = #fileID, line: Int = #line
    ) throws {
        try expect(got == expected, "expected \(expected), got \(got)", file: file, line: line)
    }

    func refuses(
        _ what: String, file: String = #fileID, line: Int = #line, _ body: () throws(SandboxError) -> Void,
        _ matches: (SandboxError) -> Bool = { _ in true }
    ) throws {
        do throws(SandboxError) { try body() } catch {
            return try expect(matches(error), "\(what) was refused with “\(error)”", file: file, line: line)
        }
        throw ConformanceFailure("\(what) was not refused", file: file, line: line)
    }

    func start(_ act: JobAct, _ change: (inout JobSpec) -> Void = { _ in }) throws -> JobDirectory {
        var spec = try spec(act)
        change(&spec)
        return try driver.start(spec)
    }

    func expectRunning(_ job: JobDirectory, file: String = #fileID, line: Int = #line) throws {
        guard case .running(let running) = try driver.recover(job) else {
            throw ConformanceFailure("it does not run", file: file, line: line)
        }
        try expect(running.directory, is: job, file: file, line: line)
    }

    /// Waits for the end of a job, half a minute at the most.
    func end(of job: JobDirectory, file: String = #fileID, line: Int = #line) throws -> JobExit {
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(30)) else {
            throw ConformanceFailure("it does not end", file: file, line: line)
        }
        return exit
    }

    func stop(_ job: JobDirectory, _ reason: ExitReason, grace: UInt64) throws {
        try driver.stop(job, StopRequest(reason: reason, graceMilliseconds: grace))
    }

    func wipe(_ job: JobDirectory) throws {
        try driver.wipe(job)
        try expect(!Files.exists(job.path), "its directory is still there")
        try expect(!driver.jobs().contains(job), "it is still a job")
    }
}
