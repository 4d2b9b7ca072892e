package import GCXHelper
import GCXLinux
import GCXModel
package import GCXSandbox
package import Support
import Synchronization

extension ScriptedDriver: HelperDriver {
    package func claims() throws(SandboxError) -> [HelperClaim] {
        try names().compactMap { name in
            guard runs(name), let order = order(of: name) else { return nil }
            return HelperClaim(name: name, resources: order.resources, devices: order.devices)
        }
    }
}

/// A helper whose driver is scripted, and whoever speaks to it.
final class HelperBench: Sendable {
    let bench: ScriptedBench
    let server: HelperServer
    private let end = StopFlag()
    /// Our end of the pair that the helper was started with.
    let parent: OpenFile

    static let policy = HelperPolicy(
        cores: 4, memoryBytes: 1 << 30, storageBytes: 1 << 30, pus: nil, devices: ["vendor.example/gpu=0"],
        wallSecondsMax: 3_600, logBytesMax: 16 << 20, outputBytesMax: 1 << 20, rootfsBytesMax: 1 << 20,
        inputBytesMax: 1 << 20)

    init(_ edit: (inout HelperPolicy) -> Void = { _ in }) throws {
        bench = try ScriptedBench()
        var policy = Self.policy
        edit(&policy)
        let server = HelperServer(bench.scripted, policy: policy)
        self.server = server
        let (pair, end) = (try MessagePair().ends(), end)
        parent = pair.ours
        let theirs = pair.theirs
        try WorkerThread.start { server.serve(parent: theirs, until: end) }
    }

    deinit { end.raise() }

    func client() throws -> HelperClient { try HelperClient(.parent(parent)) }

    /// A new connection, as one who keeps to nothing has it.
    func socket() throws -> OpenFile {
        let (ours, theirs) = try UnixSocket.pair()
        try MessagePair.send([theirs], through: parent.number)
        return ours
    }

    /// What the helper answers to bytes; nil when it hangs up.
    func answer(_ bytes: [UInt8], with files: [OpenFile] = []) throws -> HelperAnswer? {
        let socket = try socket()
        try socket.file.send(bytes, with: files)
        UnixSocket.endSending(socket.number)
        return try receive(socket)
    }

    private func receive(_ socket: OpenFile) throws(HelperError) -> HelperAnswer? {
        do throws(HelperError) {
            return try HelperConnection(socket).receive(
                HelperAnswer.self, bytesMax: HelperLimits.answerBytesMax
            ).value
        } catch .ended { return nil }
    }

    func answer(_ request: HelperRequest, with files: [OpenFile] = []) throws -> HelperAnswer? {
        let socket = try socket()
        try socket.file.send(
            HelperFrame.bytes(of: request, bytesMax: HelperLimits.requestBytesMax), with: files)
        return try receive(socket)
    }

    /// An order that is carried out as it is.
    func order(_ name: String = "job", _ edit: (inout JobOrder) -> Void = { _ in }) throws -> JobOrder {
        var order = JobOrder(
            name: try JobName(name), image: .rootFilesystem, command: ["/bin/true"],
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, pids: 64, writableBytes: 32 << 20),
            wallSecondsMax: 60)
        edit(&order)
        return order
    }

    func file() throws -> OpenFile { try bench.file("sent", [UInt8](repeating: 0, count: 1_024)) }
}

/// The helper with a scripted driver, as the facts of all drivers see it.
struct BehindSocket: DriverBench {
    let helper: HelperBench
    let driver: any RuntimeDriver

    init() throws {
        helper = try HelperBench()
        driver = try helper.client()
    }

    func restarted() throws -> any RuntimeDriver { try helper.client() }
    func order(_ act: JobAct) throws -> JobOrder { try helper.bench.order(act) }
    func files() throws -> JobFiles { try helper.bench.files() }
    func directory(_ job: JobName) -> JobDirectory { helper.bench.directory(job) }
    var historyPath: String { helper.bench.historyPath }
    func pass(_ time: Duration) { helper.bench.pass(time) }
}
