import GCXLinux
import GCXModel
import Testing

@testable import GCXSandbox

extension RealJobs {
    @Suite("Limits of processors and disks")
    struct Limits {
        @Test("a job has the processing units it was given, and no others", arguments: Machine.runtimes)
        func pinned(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            guard sandbox.driver.group.canPin else { return }
            let last = try #require(Machine.pus.indexes.last)
            let ended = try sandbox.run("grep Cpus_allowed_list /proc/self/status; taskset -p 1 $$") {
                $0.resources.pus = PUSet([last])
            }
            #expect(ended.text().contains("Cpus_allowed_list:\t\(last)\n"))
        }

        @Test("it cannot have a processing unit that the machine lacks, and then nothing is left")
        func noSuchUnit() throws {
            let sandbox = try Sandbox()
            guard sandbox.driver.group.canPin else { return }
            let before = try Traces.now()
            #expect(throws: SandboxError.self) { try sandbox.run("true") { $0.resources.pus = PUSet([4_000]) } }
            #expect(throws: SandboxError.self) { try sandbox.run("true") { $0.resources.pus = PUSet([]) } }
            #expect(try Traces.now() == before)
            #expect(try sandbox.driver.jobs().isEmpty)
        }

        @Test("what it writes to its disk takes as long as the limit says, at least", arguments: Machine.runtimes)
        func disk(_ kind: RuntimeChoice.Kind) throws {
            let sandbox = try Sandbox(kind)
            let script = "dd if=/dev/zero of=/output/x bs=1M count=4 oflag=direct conv=fsync"
            let ended = try sandbox.run(script) { $0.resources.ioBytesPerSecond = 2 << 20 }
            #expect(ended.exit.reason == .exited(code: 0))
            let elapsed = ended.exit.endedBootNanoseconds - (ended.exit.startedBootNanoseconds ?? 0)
            // 4 MiB at 2 MiB a second; the kernel lets the first slice of a tenth of a second through.
            #expect(elapsed > 1_500_000_000)
        }
    }
}

extension Machine {
    /// The processing units this process may run on.
    static var pus: PUSet {
        let status = (try? Files.text("/proc/self/status")) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.flatMap { PUSet(list: $0.dropFirst("Cpus_allowed_list:".count)) } ?? PUSet([])
    }
}
