package import GCXLinux
package import GCXModel
package import GCXSandbox

/// The helper, as the agent has it: a driver of jobs whose every verb is a request. Each has a connection of its own, so that none
/// waits for another.
package final class HelperClient: RuntimeDriver {
    /// How a connection is made.
    package enum Way: Sendable {
        /// To whoever listens at this path.
        case path(String)
        /// Through a socket to a helper that this process started: it is handed one end of each.
        case parent(OpenFile)
    }

    private let way: Way
    package let facts: DriverFacts

    /// - Throws: what keeps the helper from being asked.
    package init(_ way: Way) throws(SandboxError) {
        self.way = way
        guard case .facts(let facts) = try Self.ask(.facts, way, [], stop: nil) else { throw Self.surprise }
        self.facts = facts
    }

    private static let surprise = SandboxError.noHelper(reason: "it answered what was not asked")

    private func ask(
        _ request: HelperRequest, _ files: [OpenFile] = [], stop: StopFlag? = nil
    ) throws(SandboxError) -> HelperAnswer { try Self.ask(request, way, files, stop: stop) }

    private func expectDone(
        _ request: HelperRequest, _ files: [OpenFile] = [], stop: StopFlag? = nil
    ) throws(SandboxError) {
        guard case .done = try ask(request, files, stop: stop) else { throw Self.surprise }
    }

    /// - Throws: `SandboxError.noHelper` when nobody answers, else what the helper answered.
    private static func ask(
        _ request: HelperRequest, _ way: Way, _ files: [OpenFile], stop: StopFlag?
    ) throws(SandboxError) -> HelperAnswer {
        let answer: HelperAnswer
        do throws(HelperError) {
            let socket = try connect(way)
            let frame = try HelperFrame.bytes(of: request, bytesMax: HelperLimits.requestBytesMax)
            try framed { () throws(LinuxError) in try socket.file.send(frame, with: files) }
            answer = try receive(socket, stop)
        } catch .tooLarge(let bytes) {
            throw .invalidSpec(
                field: "command",
                reason:
                    "\(NumberText.count(bytes, "byte", one: "is", many: "are")) more than \(NumberText.count(HelperLimits.requestBytesMax))"
            )
        } catch {
            throw .noHelper(reason: error.description)
        }
        if case .refused(let error) = answer { throw error }
        return answer
    }

    private static func connect(_ way: Way) throws(HelperError) -> OpenFile {
        switch way {
        case .path(let path):
            return OpenFile(try framed { () throws(LinuxError) in try UnixSocket.connect(to: path) })
        case .parent(let socket):
            return try framed { () throws(LinuxError) in
                let (ours, theirs) = try UnixSocket.pair()
                try MessagePair.send([theirs], through: socket.number)
                return ours
            }
        }
    }

    /// The answer. Who gives up says so by sending nothing more, and still hears what became of the request.
    private static func receive(_ socket: OpenFile, _ stop: StopFlag?) throws(HelperError) -> HelperAnswer {
        var isGivenUp = false
        while let stop, !UnixSocket.hasNews(socket.number, milliseconds: HelperLimits.lookMilliseconds) {
            if stop.isRaised, !isGivenUp {
                isGivenUp = true
                UnixSocket.endSending(socket.number)
            }
        }
        return try HelperConnection(socket).receive(HelperAnswer.self, bytesMax: HelperLimits.answerBytesMax).value
    }
}

extension HelperClient {
    package func digest(
        of file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) -> String {
        guard case .digest(let digest) = try ask(.digest(kind, job, bounds), [file], stop: stop) else {
            throw Self.surprise
        }
        return digest
    }

    package func inspect(
        _ file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) { try expectDone(.inspect(kind, job, bounds), [file], stop: stop) }

    package func readingNanoseconds(of job: JobName) throws(SandboxError) -> UInt64? {
        guard case .nanoseconds(let spent) = try ask(.readingNanoseconds(job)) else { throw Self.surprise }
        return spent
    }

    package func start(_ order: JobOrder, with files: JobFiles, stop: StopFlag?) throws(SandboxError) {
        let sent = [files.image, files.input].compactMap(\.self)
        let request = HelperRequest.start(order, hasInput: files.input != nil)
        guard sent.count == request.files else {
            throw .invalidSpec(
                field: "image",
                reason:
                    "\(NumberText.count(sent.count, "file", one: "was", many: "were")) sent instead of \(request.files)"
            )
        }
        try expectDone(request, sent, stop: stop)
    }

    package func recover(_ job: JobName) throws(SandboxError) -> JobCondition { try condition(.recover(job)) }

    package func wait(_ job: JobName, timeout: Duration) throws(SandboxError) -> JobCondition {
        var left = timeout.wholeNanoseconds / 1_000_000
        while true {
            let span = min(left, HelperLimits.waitMillisecondsMax)
            left -= span  // bounded: the smaller from the larger
            let found = try condition(.wait(job, milliseconds: span))
            if case .running = found, left > 0 { continue }
            return found
        }
    }

    private func condition(_ request: HelperRequest) throws(SandboxError) -> JobCondition {
        guard case .condition(let found) = try ask(request) else { throw Self.surprise }
        return found
    }

    package func stop(_ job: JobName, _ request: StopRequest) throws(SandboxError) {
        try expectDone(.stop(job, request))
    }

    package func hasProcesses(_ job: JobName) throws(SandboxError) -> Bool {
        guard case .flag(let found) = try ask(.hasProcesses(job)) else { throw Self.surprise }
        return found
    }

    package func force(_ job: JobName) throws(SandboxError) { try expectDone(.force(job)) }
    package func pause(_ job: JobName) throws(SandboxError) { try expectDone(.pause(job)) }
    package func resume(_ job: JobName) throws(SandboxError) { try expectDone(.resume(job)) }

    package func sample(_ job: JobName) throws(SandboxError) -> RawSample {
        guard case .sample(let sample) = try ask(.sample(job)) else { throw Self.surprise }
        return sample
    }

    package func release(_ job: JobName) throws(SandboxError) { try expectDone(.release(job)) }

    package func keepLog(of job: JobName, as number: UInt64?, bytesMax: UInt64) throws(SandboxError) {
        try expectDone(.keepLog(job, number: number, bytesMax: bytesMax))
    }

    package func forgetLogs(of job: JobName) throws(SandboxError) { try expectDone(.forgetLogs(job)) }

    @discardableResult
    package func wipe(_ job: JobName) throws(SandboxError) -> WipeReport { try report(.wipe(job)) }
    @discardableResult
    package func clear(_ job: JobName) throws(SandboxError) -> WipeReport { try report(.clear(job)) }

    private func report(_ request: HelperRequest) throws(SandboxError) -> WipeReport {
        guard case .report(let report) = try ask(request) else { throw Self.surprise }
        return report
    }

    /// Has the owner's file read again.
    package func reload() throws(SandboxError) { try expectDone(.reload) }

    package func pruneImages() throws(SandboxError) { try expectDone(.pruneImages) }
    package func checkDevices(_ names: [String]) throws(SandboxError) { try expectDone(.checkDevices(names)) }
    package func names() throws(SandboxError) -> [JobName] { try names(.names) }
    package func traces() throws(SandboxError) -> [JobName] { try names(.traces) }

    private func names(_ request: HelperRequest) throws(SandboxError) -> [JobName] {
        guard case .names(let names) = try ask(request) else { throw Self.surprise }
        return names
    }
}
