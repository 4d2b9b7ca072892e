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
    package static let scenarios: [DriverScenario] = life + orders + meter + history + remains
}

/// A driver on the bench.
package protocol DriverBench: Sendable {
    var driver: any RuntimeDriver { get }
    /// A driver of the same jobs, as an agent has it after its restart.
    func restarted() throws -> any RuntimeDriver
    /// The job that is started next: one core, 64 MiB, a minute unless the scenario says otherwise.
    func order(_ act: JobAct) throws -> JobOrder
    /// What is sent for it.
    func files() throws -> JobFiles
    /// Where a job leaves what is to be read.
    func directory(_ job: JobName) -> JobDirectory
    /// Where logs are kept.
    var historyPath: String { get }
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

    @discardableResult
    package func start(_ act: JobAct, _ change: (inout JobOrder) -> Void = { _ in }) throws -> JobName {
        var order = try order(act)
        change(&order)
        try driver.start(order, with: try files(), stop: nil)
        return order.name
    }

    func expectRunning(_ job: JobName, file: String = #fileID, line: Int = #line) throws {
        guard case .running = try driver.recover(job) else {
            throw ConformanceFailure("it does not run", file: file, line: line)
        }
    }

    /// Waits for the end of a job, half a minute at the most.
    func end(of job: JobName, file: String = #fileID, line: Int = #line) throws -> JobExit {
        guard case .ended(let exit) = try driver.wait(job, timeout: .seconds(30)) else {
            throw ConformanceFailure("it does not end", file: file, line: line)
        }
        return exit
    }

    func stop(_ job: JobName, _ reason: ExitReason, grace: UInt64) throws {
        try driver.stop(job, StopRequest(reason: reason, graceMilliseconds: grace))
    }

    func wipe(_ job: JobName) throws {
        try driver.wipe(job)
        try expect(!Files.exists(directory(job).path), "its directory is still there")
        try expect(!driver.names().contains(job), "it is still a job")
        try expect(!driver.traces().contains(job), "something of it is still there")
    }
}
