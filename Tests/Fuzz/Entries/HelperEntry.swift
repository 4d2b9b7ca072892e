import Foundation
import GCXHelper
import GCXModel
import GCXSandbox

extension FuzzEntry {
    /// A frame of the helper's socket, and the request in it as the helper judges it. What was read is written and read the same
    /// again.
    static let helper = FuzzEntry(name: "helper") { bytes in
        let bytesMax = HelperLimits.requestBytesMax
        let body = Array(bytes.dropFirst(HelperFrame.headBytes))
        guard let length = HelperFrame.length(Array(bytes.prefix(HelperFrame.headBytes)), bytesMax: bytesMax),
            let request = try? HelperFrame.value(
                HelperRequest.self, in: Array(body.prefix(length)), bytesMax: bytesMax)
        else { return }
        precondition((0...HelperLimits.filesMax).contains(request.files), "as many files as a frame may bring")
        if let written = try? HelperFrame.bytes(of: request, bytesMax: .max) {
            let again = try? HelperFrame.value(
                HelperRequest.self, in: Array(written.dropFirst(HelperFrame.headBytes)), bytesMax: .max)
            precondition(again == request, "a request that was read and written is another when it is read again")
        }
        judge(request)
    } seeds: {
        requests.compactMap { try? HelperFrame.bytes(of: $0, bytesMax: .max) }
    }

    private static func judge(_ request: HelperRequest) {
        let policy = HelperPolicy(
            cores: 8, memoryBytes: 1 << 33, storageBytes: 1 << 33, pus: PUSet(0...7), devices: ["a.example/b=c"],
            wallSecondsMax: 3_600, logBytesMax: 1 << 20, outputBytesMax: 1, rootfsBytesMax: 1, inputBytesMax: 1)
        switch request {
        case .start(let order, _):
            let claim = HelperClaim(name: order.name, resources: order.resources, devices: order.devices)
            guard let judged = try? policy.judged(order, beside: []) else { return }
            precondition(judged.wallSecondsMax <= 3_600 && judged.resources.cores <= 8, "no more than is sold")
            precondition((try? policy.judged(order, beside: [claim])) == nil, "nothing is sold to two")
        case .digest(let kind, let job, let bounds), .inspect(let kind, let job, let bounds):
            _ = try? policy.judged(bounds, kind, for: job, beside: [])
        default: break
        }
    }

    private static var requests: [HelperRequest] {
        guard let job = try? JobName("job") else { return [] }
        var resources = JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20)
        resources.pus = PUSet([1])
        let bounds = ReadingBounds(resources: resources, bytesMax: 1, seconds: 2)
        let order = JobOrder(
            name: job, image: .archive(tag: "it"), command: ["a"], environment: ["B": "c"], resources: resources,
            wallSecondsMax: 9, logBytesMax: 1 << 10, devices: ["a.example/b=c"])
        return [
            .facts, .digest(.image, job, bounds), .inspect(.input, job, bounds), .start(order, hasInput: true),
            .wait(job, milliseconds: 5), .stop(job, StopRequest(reason: .budget)),
            .keepLog(job, number: 3, bytesMax: 4), .checkDevices(["a"]), .names,
        ]
    }
}
