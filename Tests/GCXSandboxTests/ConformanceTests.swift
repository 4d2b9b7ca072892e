import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import Support
import Testing

/// The driver of this module as the facts of all drivers see it.
private struct RealBench: DriverBench {
    let sandbox: Sandbox

    var driver: any RuntimeDriver { sandbox.driver }

    func restarted() throws -> any RuntimeDriver { try sandbox.driver(devices: CDIRegistry()) }
    func pass(_ time: Duration) { GCXLinux.pause(for: time) }

    var historyPath: String { "\(sandbox.root)/state/history" }
    func directory(_ job: JobName) -> JobDirectory { JobDirectory(jobs: sandbox.driver.jobsPath, name: job) }

    /// Its root filesystem, packed once.
    func files() throws -> JobFiles {
        let tar = "\(sandbox.root)/rootfs.tar"
        if !Files.exists(tar) {
            try Unpacker.located().pack(directory: "\(sandbox.root)/rootfs", into: tar, rules: .rootFilesystem)
        }
        return JobFiles(image: OpenFile(try FileDescriptor.open(tar, O_RDONLY)))
    }

    func order(_ act: JobAct) throws -> JobOrder {
        let spec = sandbox.spec(script(act))
        var order = JobOrder(
            name: try JobName(spec.id), image: .rootFilesystem, command: spec.command, resources: spec.resources,
            wallSecondsMax: spec.wallSecondsMax)
        if case .cannotStart = act { order.devices = ["nobody.example/has=it"] }
        return order
    }

    private func script(_ act: JobAct) -> String {
        switch act {
        case .waits: "trap 'exit 0' TERM; sleep 100 & wait"
        // Where nobody listens to SIGTERM, nobody waits.
        case .staysOn: "trap 'echo asked' TERM; while :; do sleep 0.05; done"
        case .exits(let code): "exit \(code)"
        // No first process of a sandbox can send itself one.
        case .dies: "ulimit -t 1; while :; do :; done"
        case .works: "while :; do :; done"
        case .eatsMemory: "dd if=/dev/zero of=/dev/null bs=200M count=1"
        case .leavesOutput: "echo what it made > /output/made"
        case .cannotStart: "true"
        }
    }
}

extension RealJobs {
    @Suite("The real driver, as all drivers")
    struct Conformance {
        @Test("it conforms", arguments: DriverConformance.scenarios)
        func conforms(_ scenario: DriverScenario) throws {
            let before = try Traces.now()
            do {
                let sandbox = try Sandbox()
                try scenario.run(RealBench(sandbox: sandbox))
            }
            #expect(try Traces.settle(to: before))
        }
    }
}
