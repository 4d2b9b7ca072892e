import GCXHelper
import GCXModel
import GCXSandbox
import Testing

@Suite("What the helper lets an order have")
struct PolicyTests {
    private let policy = HelperBench.policy

    private func claim(_ name: String, _ edit: (inout JobResources) -> Void = { _ in }) throws -> HelperClaim {
        var resources = FrameTests.resources
        edit(&resources)
        return HelperClaim(name: try JobName(name), resources: resources)
    }

    private func order(_ edit: (inout JobOrder) -> Void = { _ in }) -> JobOrder {
        var order = FrameTests.order
        (order.image, order.resources.pids) = (.rootFilesystem, 64)
        edit(&order)
        return order
    }

    private func refuses(
        _ field: String, _ order: JobOrder, beside others: [HelperClaim] = [], by policy: HelperPolicy? = nil
    ) {
        let error = #expect(throws: SandboxError.self) {
            try (policy ?? self.policy).judged(order, beside: others)
        }
        guard case .notSold(field, _) = error else {
            Issue.record("\(field): \(String(describing: error))")
            return
        }
    }

    @Test("all jobs together have no more than is for sale, to the last byte")
    func sums() throws {
        let others = [try claim("a") { $0.cores = 2 }, try claim("b") { $0.memoryBytes = 512 << 20 }]
        _ = try policy.judged(order(), beside: others)
        refuses("cores", order { $0.resources.cores = 2 }, beside: others)
        refuses("cores", order { $0.resources.cores = 5 })
        _ = try policy.judged(order { $0.resources.memoryBytes = 448 << 20 }, beside: others)
        refuses("memoryBytes", order { $0.resources.memoryBytes = (448 << 20) + 1 }, beside: others)
        refuses("writableBytes", order { $0.resources.writableBytes = (1 << 30) + 1 })
        let many = try (0..<4_096).map { try claim("n\($0)") { $0.memoryBytes = 1 << 50 } }
        refuses("cores", order(), beside: many)
    }

    @Test("no job has more of time, log, processes or disk than the owner lets any have")
    func bounds() throws {
        refuses("wallSecondsMax", order { $0.wallSecondsMax = 3_601 })
        refuses("logBytesMax", order { $0.logBytesMax = (16 << 20) + 1 })
        refuses("pids", order { $0.resources.pids = HelperLimits.pidsMax + 1 })
        var limited = policy
        (limited.ioBytesPerSecond, limited.ioOperationsPerSecond) = (1_000, 10)
        refuses("ioBytesPerSecond", order(), by: limited)
        refuses("ioBytesPerSecond", order { $0.resources.ioBytesPerSecond = 1_001 }, by: limited)
        refuses("ioOperationsPerSecond", order { $0.resources.ioBytesPerSecond = 1_000 }, by: limited)
        _ = try limited.judged(
            order { ($0.resources.ioBytesPerSecond, $0.resources.ioOperationsPerSecond) = (1_000, 10) }, beside: [])
    }

    @Test("what it may have of output and unpacked files is cut to the owner's bounds")
    func cut() throws {
        let judged = try policy.judged(
            order { ($0.outputBytesMax, $0.rootfsBytesMax, $0.inputBytesMax) = (nil, .max, 5) }, beside: [])
        #expect(judged.outputBytesMax == 1 << 20 && judged.rootfsBytesMax == 1 << 20 && judged.inputBytesMax == 5)
    }

    @Test("a device is for sale, and is one job's")
    func devices() throws {
        let gpu = "vendor.example/gpu=0"
        _ = try policy.judged(order { $0.devices = [gpu] }, beside: [])
        refuses("devices", order { $0.devices = [gpu, gpu] })
        refuses("devices", order { $0.devices = ["vendor.example/gpu=1"] })
        refuses("devices", order { $0.devices = ["/dev/mem"] })
        var other = try claim("a")
        other.devices = [gpu]
        refuses("devices", order { $0.devices = [gpu] }, beside: [other])
    }

    @Test("processing units are of those for sale, and no other job's")
    func processors() throws {
        refuses("pus", order { $0.resources.pus = PUSet([0]) })
        var pinned = policy
        pinned.pus = PUSet(2...7)
        refuses("pus", order(), by: pinned)
        refuses("pus", order { $0.resources.pus = PUSet([1, 2]) }, by: pinned)
        let other = try claim("a") { $0.pus = PUSet([2, 3]) }
        refuses("pus", order { $0.resources.pus = PUSet([3, 4]) }, beside: [other], by: pinned)
        _ = try pinned.judged(order { $0.resources.pus = PUSet([4, 5]) }, beside: [other])
    }

    @Test("what cannot be run is refused by its field, before anything else")
    func invalid() {
        #expect(throws: SandboxError.self) { try policy.judged(order { $0.wallSecondsMax = 0 }, beside: []) }
        #expect(throws: SandboxError.self) { try policy.judged(order { $0.resources.cores = 0 }, beside: []) }
        #expect(throws: SandboxError.self) { try policy.judged(order { $0.command = ["a\0b"] }, beside: []) }
    }
}
