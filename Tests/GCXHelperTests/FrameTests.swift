import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Testing

@Suite("Frames of the helper's socket")
struct FrameTests {
    @Test("the length is four bytes, the highest first, from 1 to the bound")
    func length() {
        #expect(HelperFrame.length([0, 0, 1, 2], bytesMax: 1_000) == 258)
        #expect(HelperFrame.length([0, 0, 3, 232], bytesMax: 1_000) == 1_000)
        #expect(HelperFrame.length([0, 0, 3, 233], bytesMax: 1_000) == nil)
        #expect(HelperFrame.length([0, 0, 0, 0], bytesMax: 1_000) == nil)
        #expect(HelperFrame.length([255, 255, 255, 255], bytesMax: .max) != nil)
        #expect(HelperFrame.length([0, 0, 1], bytesMax: 1_000) == nil)
    }

    static let job = JobName(of: .zero)
    static let resources = JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20)
    static let bounds = ReadingBounds(resources: resources, bytesMax: 1, seconds: 2)
    static let order = JobOrder(
        name: job, image: .archive(tag: "it"), command: ["a"], environment: ["B": "c"], resources: resources,
        wallSecondsMax: 9)
    static let requests: [HelperRequest] = [
        .facts, .digest(.image, job, bounds), .inspect(.input, job, bounds), .readingNanoseconds(job),
        .start(order, hasInput: true), .recover(job), .wait(job, milliseconds: 5),
        .stop(job, StopRequest(reason: .budget)), .hasProcesses(job), .force(job), .pause(job), .resume(job),
        .sample(job), .release(job), .keepLog(job, number: 3, bytesMax: 4), .keepLog(job, number: nil, bytesMax: 4),
        .forgetLogs(job), .wipe(job), .clear(job), .pruneImages, .checkDevices(["a"]), .names, .traces, .reload,
    ]

    @Test("a request is read as it was written", arguments: requests)
    func readsRequest(_ request: HelperRequest) throws { #expect(try round(request) == request) }

    static let errors: [SandboxError] = [
        .invalidSpec(field: "a", reason: "b"), .image(.tooLarge(path: "p", what: "w", limit: .max)),
        .input(.notPulled(image: "i", .network, reason: "r")), .image(.notPermitted(image: "i", rule: nil)),
        .linux(.timedOut(operation: "o", object: "p", after: .milliseconds(1_500))),
        .linux(.systemCall(operation: "o", object: "p", errno: 2)), .noRuntime(tried: ["a"]), .jobExists(id: "j"),
        .noJob(path: "p"), .slotsFull(limit: 2), .noNetwork(reason: "r", fix: "f"),
        .diskFull(path: "p", freeBytes: 1, neededBytes: 2), .startFailed(id: "j", reason: "r"),
        .noDevice(name: "n", reason: "r"), .corrupt(path: "p", reason: "r"), .notSold(field: "f", reason: "r"),
        .noHelper(reason: "r"), .helperBusy,
    ]

    @Test("and so is every refusal, with its remedy", arguments: errors)
    func readsRefusal(_ error: SandboxError) throws {
        guard case .refused(let found) = try round(HelperAnswer.refused(error)) else {
            Issue.record("no refusal")
            return
        }
        #expect(found == error && found.remedy == error.remedy)
    }

    private func round<Value: Codable>(_ value: Value) throws -> Value {
        let frame = try HelperFrame.bytes(of: value, bytesMax: 1 << 20)
        #expect(HelperFrame.length(Array(frame.prefix(4)), bytesMax: 1 << 20) == frame.count - 4)
        return try HelperFrame.value(Value.self, in: Array(frame.dropFirst(4)), bytesMax: 1 << 20)
    }

    @Test(
        "what is no request is refused: a field too many, one twice, a path for a name, deep nesting",
        arguments: [
            #"{"recover":{"_0":"job","path":"/etc"}}"#, #"{"recover":{"_0":"job","_0":"job"}}"#,
            #"{"recover":{"_0":"../etc"}}"#, #"{"recover":{"_0":"/etc/shadow"}}"#, #"{"recover":{"_0":""}}"#,
            #"{"recover":{"_0":"Job"}}"#, #"{"recover":{"_0":"a/b"}}"#, #"{"recover":{"_0":"a\u0000b"}}"#,
            #"{"recover":{"_0":"job"},"wipe":{"_0":"job"}}"#, #"{"run":{"_0":"rm -rf /"}}"#, "[]", "7", "{", "",
            String(repeating: "[", count: 100_000),
        ])
    func strangers(_ text: String) {
        #expect(throws: HelperError.self) {
            try HelperFrame.value(HelperRequest.self, in: Array(text.utf8), bytesMax: 1 << 20)
        }
    }

    @Test("a request that is larger than one may be is not sent")
    func large() throws {
        let many = HelperRequest.checkDevices([String(repeating: "a", count: 100)])
        #expect(throws: HelperError.self) { try HelperFrame.bytes(of: many, bytesMax: 100) }
    }
}
