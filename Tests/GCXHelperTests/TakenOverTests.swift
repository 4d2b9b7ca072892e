import GCXHelper
import GCXLinux
import GCXModel
import GCXSandbox
import Glibc
import Support
import Synchronization
import Testing

/// An agent that strangers have taken over, at the helper's socket: it may send whatever it likes, and gets nothing that a lease
/// could not.
@Suite("A taken-over agent gets what a lease could get", .timeLimit(.minutes(2)))
struct TakenOverTests {
    private let helper: HelperBench

    init() throws { helper = try HelperBench() }

    private var driver: ScriptedDriver { helper.bench.scripted }

    private func isRefused(_ answer: HelperAnswer?) -> Bool {
        if case .refused = answer { true } else { false }
    }

    private func start(_ order: JobOrder) throws -> HelperAnswer? {
        try helper.answer(.start(order, hasInput: false), with: [helper.file()])
    }

    // MARK: frames

    @Test("torn, giant and deep frames are refused or hung up on, and the next request is answered")
    func frames() throws {
        for bytes: [UInt8] in [
            [0], [0, 0], [0, 0, 0, 9], [0, 0, 0, 9, 123], [255, 255, 255, 255], [0, 0, 0, 0], [0, 32, 0, 1],
            [0, 1, 134, 160] + [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
            [0, 0, 0, 2] + Array("[]".utf8), [0, 0, 0, 4] + [0xff, 0xfe, 0, 0],
        ] {
            let answer = try helper.answer(bytes)
            #expect(answer == nil || isRefused(answer), "\(bytes.prefix(8))")
        }
        #expect(driver.calls.isEmpty)
        #expect(try helper.answer(.names) == .names([]))
    }

    @Test("more connections than are served at once are refused, and those that went make room again")
    func flood() throws {
        var sockets: [OpenFile] = []
        for _ in 0..<(HelperLimits.requestsAtOnceMax + 40) { sockets.append(try helper.socket()) }
        var refused = 0
        for socket in sockets where UnixSocket.hasNews(socket.number, milliseconds: 0) {
            let answer = try HelperConnection(socket).receive(HelperAnswer.self, bytesMax: 1 << 20).value
            if answer == .refused(.helperBusy) { refused += 1 }
        }
        for _ in 0..<200 where refused == 0 {
            pause(for: .milliseconds(10))
            if sockets.contains(where: { UnixSocket.hasNews($0.number, milliseconds: 0) }) { refused += 1 }
        }
        #expect(refused > 0)
        sockets = []
        var answer: HelperAnswer?
        for _ in 0..<300 where answer != .names([]) {
            answer = try? helper.answer(.names)
            pause(for: .milliseconds(10))
        }
        #expect(answer == .names([]))
    }

    // MARK: descriptors

    @Test(
        "only a plain file of the right size that is open for reading is taken: nothing else proves that its sender may read it",
        arguments: [
            "path", "directory", "fifo", "device", "socket", "writable", "both", "large", "none", "many", "needless",
        ])
    func descriptors(_ kind: String) throws {
        let files = try foreign(kind)
        let order = try helper.order()
        let bounds = ReadingBounds(resources: order.resources, bytesMax: 1 << 20, seconds: 5)
        for request: HelperRequest in [
            .start(order, hasInput: false), .inspect(.image, order.name, bounds), .digest(.input, order.name, bounds),
        ] {
            if kind == "needless" {
                #expect(isRefused(try helper.answer(.names, with: files)))
            } else {
                let answer = try helper.answer(request, with: files)
                #expect(answer == nil || isRefused(answer), "\(kind): \(String(describing: answer))")
            }
        }
        #expect(!driver.calls.contains { [.start, .inspect, .digest].contains($0) }, "\(driver.calls)")
    }

    private func foreign(_ kind: String) throws -> [OpenFile] {
        let path = "\(helper.bench.path)/secret"
        try DurableFile.write("words".utf8, to: path)
        func open(_ path: String, _ flags: Int32) throws -> [OpenFile] {
            [OpenFile(try FileDescriptor.open(path, flags))]
        }
        switch kind {
        case "path": return try open(path, FileDescriptor.place)
        case "directory": return try open(helper.bench.path, O_RDONLY | O_DIRECTORY)
        case "fifo":
            mkfifo("\(helper.bench.path)/fifo", 0o600)
            return try open("\(helper.bench.path)/fifo", O_RDONLY | O_NONBLOCK)
        case "device": return try open("/dev/zero", O_RDONLY)
        case "socket": return [try UnixSocket.pair().0]
        case "writable": return try open(path, O_WRONLY)
        case "both": return try open(path, O_RDWR)
        case "large":
            try #require(truncate(path, (1 << 20) + 1) == 0)
            return try open(path, O_RDONLY)
        case "none": return []
        case "many": return try open(path, O_RDONLY) + open(path, O_RDONLY) + open(path, O_RDONLY)
        default: return try open(path, O_RDONLY)
        }
    }

    // MARK: what is sold

    @Test("starts at once are judged together: what they have in all is what is for sale")
    func together() async throws {
        driver.hold(true)
        let answers = Mutex<[HelperAnswer?]>([])
        for number in 0..<8 {
            let order = try helper.order("job-\(number)")
            let (helper, file) = (helper, try helper.file())
            try WorkerThread.start {
                let answer = try? helper.answer(.start(order, hasInput: false), with: [file])
                answers.withLock { $0.append(answer ?? nil) }
            }
        }
        while answers.withLock({ $0.count }) < 4 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(answers.withLock { $0.allSatisfy(isRefused) && $0.count == 4 })
        driver.hold(false)
        while answers.withLock({ $0.count }) < 8 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(answers.withLock { $0.filter { $0 == .done }.count } == 4)
        #expect(isRefused(try start(helper.order("one-more"))))
        // An ended job gives back what it had.
        driver.end(try JobName("job-\(driver.names()[0].text.last.map(String.init) ?? "")"), .exited(code: 0))
        #expect(try start(helper.order("one-more")) == .done)
    }

    @Test("the group of a job that runs, or is being started, is not made larger by reading something for it")
    func widened() throws {
        let order = try helper.order()
        #expect(try start(order) == .done)
        var resources = order.resources
        resources.cores = 3
        let bounds = ReadingBounds(resources: resources, bytesMax: 1, seconds: 1)
        #expect(isRefused(try helper.answer(.inspect(.image, order.name, bounds), with: [helper.file()])))
        #expect(isRefused(try helper.answer(.digest(.image, order.name, bounds), with: [helper.file()])))
        #expect(driver.count(.inspect) == 0 && driver.count(.digest) == 0)
    }

    @Test("what is read for jobs to come counts while it is read, and their names are bounded")
    func names() throws {
        var resources = FrameTests.resources
        resources.cores = 5
        let large = ReadingBounds(resources: resources, bytesMax: 1, seconds: 1)
        #expect(isRefused(try helper.answer(.inspect(.image, JobName("a"), large), with: [helper.file()])))
        let (bounds, file) = (FrameTests.bounds, try helper.file())
        let client = try helper.client()
        for number in 0..<HelperLimits.namesMax {
            try client.inspect(file, sentAs: .image, for: JobName("n\(number)"), bounds, stop: nil)
        }
        #expect(throws: SandboxError.self) {
            try client.inspect(file, sentAs: .image, for: JobName("another"), bounds, stop: nil)
        }
        try client.wipe(JobName("n7"))
        try client.inspect(file, sentAs: .image, for: JobName("another"), bounds, stop: nil)
    }

    @Test("what a running job has is not taken from under it: its meter, its log, its end")
    func running() throws {
        let order = try helper.order()
        #expect(try start(order) == .done)
        let job = order.name
        for request: HelperRequest in [
            .release(job), .keepLog(job, number: nil, bytesMax: .max), .wipe(job),
            .stop(job, StopRequest(reason: .exited(code: 0))),
            .stop(job, StopRequest(reason: .hostFailure(description: "lies"))),
            .stop(job, StopRequest(reason: .refused(description: "lies"))), .checkDevices(["vendor.example/gpu=7"]),
            .checkDevices(["/dev/mem"]), .checkDevices([String](repeating: "vendor.example/gpu=0", count: 257)),
        ] {
            #expect(isRefused(try helper.answer(request)), "\(request)")
        }
        #expect(driver.runs(job) && driver.count(.release) == 0 && driver.count(.keepLog) == 0)
        #expect(driver.count(.checkDevices) == 0)
    }

    // MARK: patience

    @Test("a start that takes long keeps nobody waiting, and ends when whoever asked for it hangs up")
    func givenUp() async throws {
        driver.hold(true)
        let order = try helper.order()
        var socket: OpenFile? = try helper.socket()
        let frame = try HelperFrame.bytes(of: HelperRequest.start(order, hasInput: false), bytesMax: 1 << 20)
        try socket?.file.send(frame, with: [helper.file()])
        while driver.count(.start) == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try helper.answer(.names) == .names([]))
        #expect(isRefused(try start(order)), "it is under way")
        socket = nil
        var answer: HelperAnswer?
        driver.hold(false)
        for _ in 0..<500 where answer != .done {
            try await Task.sleep(for: .milliseconds(10))
            answer = try start(order)
            if driver.runs(order.name) { break }
        }
        #expect(driver.runs(order.name))
        _ = socket
    }

    @Test("a client's flag ends a start that is under way, and it hears so")
    func flag() throws {
        driver.hold(true)
        let (stop, order, client) = (StopFlag(), try helper.order(), try helper.client())
        let (driver, file) = (driver, try helper.file())
        try WorkerThread.start {
            while driver.count(.start) == 0 { pause(for: .milliseconds(2)) }
            stop.raise()
        }
        #expect(throws: SandboxError.startFailed(id: "job", reason: "the start was given up")) {
            try client.start(order, with: JobFiles(image: file), stop: stop)
        }
        driver.hold(false)
    }

    @Test("another user of the machine is hung up on")
    func stranger() throws {
        let path = "\(helper.bench.path)/helper.sock"
        let end = StopFlag()
        defer { end.raise() }
        let server = helper.server
        let listener = SharedListener(try UnixListener(at: path, group: nil))
        try WorkerThread.start { listener.serve(server, user: geteuid() + 1, until: end) }
        #expect(throws: SandboxError.self) { try HelperClient(.path(path)) }
        end.raise()
        let second = SharedListener(try UnixListener(at: "\(path)2", group: nil))
        let last = StopFlag()
        defer { last.raise() }
        try WorkerThread.start { second.serve(server, user: geteuid(), until: last) }
        #expect(try HelperClient(.path("\(path)2")).names() == [])
    }
}

/// A listener that a thread takes along.
private final class SharedListener: Sendable {
    private let listener: UnixListener

    init(_ listener: consuming UnixListener) { self.listener = listener }

    func serve(_ server: HelperServer, user: UInt32, until end: StopFlag) {
        server.serve(listener, user: user, until: end)
    }
}
