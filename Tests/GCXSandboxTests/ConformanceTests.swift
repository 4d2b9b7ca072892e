import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import Support
import Synchronization
import Testing

/// The driver of this module as the facts of all drivers see it.
private struct RealBench: DriverBench {
    let sandbox: Sandbox
    /// The helper that stands before the driver; nil asks it itself.
    var helper: RealHelper?

    var driver: any RuntimeDriver { helper?.client ?? sandbox.driver }

    func restarted() throws -> any RuntimeDriver {
        let driver = try sandbox.driver(devices: CDIRegistry())
        return try helper?.another(driver) ?? driver
    }

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

/// A helper in this process, and the client that it serves.
private final class RealHelper: Sendable {
    let client: HelperClient
    private let end = StopFlag()
    /// Helpers of the same jobs, kept as long as this one.
    private let others = Mutex<[RealHelper]>([])

    func another(_ driver: OCIRuntimeDriver) throws -> any RuntimeDriver {
        let other = try RealHelper(driver)
        others.withLock { $0.append(other) }
        return other.client
    }

    init(_ driver: OCIRuntimeDriver) throws {
        let policy = HelperPolicy(
            cores: 8, memoryBytes: 1 << 30, storageBytes: 1 << 30, pus: nil, devices: ["nobody.example/has=it"],
            wallSecondsMax: 3_600, logBytesMax: 16 << 20, outputBytesMax: 1 << 20, rootfsBytesMax: 1 << 30,
            inputBytesMax: 1 << 20)
        let (server, pair, end) = (HelperServer(driver, policy: policy), try MessagePair().ends(), end)
        let theirs = pair.theirs
        try WorkerThread.start { server.serve(parent: theirs, until: end) }
        client = try HelperClient(.parent(pair.ours))
    }

    deinit { end.raise() }
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

        @Test("it conforms behind the helper's socket", arguments: DriverConformance.scenarios)
        func behindSocket(_ scenario: DriverScenario) throws {
            let before = try Traces.now()
            do {
                let sandbox = try Sandbox()
                try scenario.run(RealBench(sandbox: sandbox, helper: try RealHelper(sandbox.driver)))
            }
            #expect(try Traces.settle(to: before))
        }
    }
}
