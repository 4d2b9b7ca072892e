import Foundation
package import GCXLinux
import GCXModel
package import GCXSandbox
import Glibc

/// A scripted driver as the facts of all drivers see it, in a folder of its own.
package struct ScriptedBench: DriverBench {
    package let scripted: ScriptedDriver
    /// How the driver is asked; itself, or somebody who stands before it.
    package var driver: any RuntimeDriver
    private let folder: BenchFolder

    package init() throws {
        folder = try BenchFolder()
        let scripted = ScriptedDriver(
            jobs: "\(folder.path)/jobs", history: "\(folder.path)/history", clock: TestClock())
        (self.scripted, driver) = (scripted, scripted)
    }

    package func restarted() -> any RuntimeDriver { driver }
    package func pass(_ time: Duration) { scripted.clock.advance(nanoseconds: time.wholeNanoseconds) }
    package var historyPath: String { "\(folder.path)/history" }
    package var path: String { folder.path }
    package func directory(_ job: JobName) -> JobDirectory { scripted.directory(job) }

    /// A plain file, which nobody reads.
    package func files() throws -> JobFiles { JobFiles(image: try file("image", [UInt8](repeating: 0, count: 1_024))) }

    package func file(_ name: String, _ bytes: [UInt8]) throws -> OpenFile {
        let path = "\(folder.path)/\(name)"
        try DurableFile.replace(path, with: bytes)
        return OpenFile(try FileDescriptor.open(path, O_RDONLY))
    }

    package func order(_ act: JobAct) throws -> JobOrder {
        scripted.next(script(act))
        return JobOrder(
            name: try JobName("t-\(UInt64.random(in: 0 ... .max))"), image: .rootFilesystem, command: ["/bin/true"],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: 60)
    }

    private func script(_ act: JobAct) -> JobScript {
        switch act {
        case .waits, .works: .runs
        case .staysOn: JobScript { $0.obedience = .afterGrace }
        case .exits(let code): .exits(code, after: 0)
        case .dies: JobScript(end: (.signalled(signal: 9), 0))
        case .eatsMemory: JobScript(end: (.outOfMemory, 0)) { $0.oomKills = 1 }
        case .leavesOutput: .exits(after: 0) { $0.output = Array("what it made".utf8) }
        case .cannotStart: .fails()
        }
    }
}

/// A folder that goes with its bench.
private final class BenchFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/gcx-bench-\(UUID())"

    init() throws { try Files.makeDirectories(path, mode: 0o700) }

    deinit { try? Files.removeTree(path) }
}
