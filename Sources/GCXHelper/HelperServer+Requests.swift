import GCXLinux
import GCXModel
import GCXSandbox
import Synchronization

extension HelperServer {
    /// Judges a request and carries it out.
    func perform(_ request: HelperRequest, _ files: [OpenFile], stop: StopFlag?) -> HelperAnswer {
        do throws(SandboxError) { return try answer(request, files, stop) } catch { return .refused(error) }
    }

    private func answer(
        _ request: HelperRequest, _ files: [OpenFile], _ stop: StopFlag?
    ) throws(SandboxError) -> HelperAnswer {
        switch request {
        case .facts: .facts(driver.facts)
        case .digest(let kind, let job, let bounds): .digest(try digest(files, kind, job, bounds, stop))
        case .inspect(let kind, let job, let bounds):
            try done { () throws(SandboxError) in try inspect(files, kind, job, bounds, stop) }
        case .readingNanoseconds(let job): .nanoseconds(try driver.readingNanoseconds(of: job))
        case .start(let order, let hasInput):
            try done { () throws(SandboxError) in try start(order, hasInput, files, stop) }
        case .recover(let job): .condition(try driver.recover(job))
        case .wait(let job, let time): .condition(try wait(job, time))
        case .hasProcesses(let job): .flag(try driver.hasProcesses(job))
        case .sample(let job): .sample(try driver.sample(job))
        case .wipe(let job): .report(try wipe(job))
        case .clear(let job): .report(try driver.clear(job))
        case .names: .names(try driver.names())
        case .traces: .names(try driver.traces())
        default: try done { () throws(SandboxError) in try order(request) }
        }
    }

    /// Orders to jobs that are there: whoever holds a lease may give each of them for its own job, and this agent holds all.
    private func order(_ request: HelperRequest) throws(SandboxError) {
        switch request {
        case .stop(let job, let asked): try driver.stop(job, try judged(asked))
        case .force(let job): try driver.force(job)
        case .pause(let job): try driver.pause(job)
        case .resume(let job): try driver.resume(job)
        case .release(let job): try release(job)
        case .keepLog(let job, let number, let bytesMax): try keepLog(job, number, bytesMax)
        case .forgetLogs(let job): try driver.forgetLogs(of: job)
        case .pruneImages: try driver.pruneImages()
        case .checkDevices(let names): try checkDevices(names)
        case .reload: try reload()
        default: preconditionFailure("every request has its verb")
        }
    }

    private func done(_ body: () throws(SandboxError) -> Void) throws(SandboxError) -> HelperAnswer {
        try body()
        return .done
    }

    private var current: HelperPolicy { policy.withLock { $0 } }

    private func digest(
        _ files: [OpenFile], _ kind: SentKind, _ job: JobName, _ bounds: ReadingBounds, _ stop: StopFlag?
    ) throws(SandboxError) -> String {
        let file = try checked(files, kind)
        return try book.reading(bounds, kind, for: job, by: current) { bounds throws(SandboxError) in
            try driver.digest(of: file, sentAs: kind, for: job, bounds, stop: stop)
        }
    }

    private func inspect(
        _ files: [OpenFile], _ kind: SentKind, _ job: JobName, _ bounds: ReadingBounds, _ stop: StopFlag?
    ) throws(SandboxError) {
        let file = try checked(files, kind)
        try book.reading(bounds, kind, for: job, by: current) { bounds throws(SandboxError) in
            try driver.inspect(file, sentAs: kind, for: job, bounds, stop: stop)
        }
    }

    private func start(
        _ order: JobOrder, _ hasInput: Bool, _ files: [OpenFile], _ stop: StopFlag?
    ) throws(SandboxError) {
        var sent = JobFiles()
        if order.image.isSent { sent.image = try checked(files, .image) }
        if hasInput { sent.input = try checked(files.suffix(1), .input) }
        let files = sent
        try book.start(order, by: current) { judged throws(SandboxError) in
            try driver.start(judged, with: files, stop: stop)
        }
    }

    /// The first file, when it is one that may be read here. Whoever sent it had to be able to read it: a descriptor that only
    /// names a file (`O_PATH`) proves nothing, and none is ever opened again.
    private func checked(_ files: some Collection<OpenFile>, _ kind: SentKind) throws(SandboxError) -> OpenFile {
        let policy = current
        let most = kind == .input ? policy.inputBytesMax : policy.rootfsBytesMax
        guard let file = files.first, file.isPlain(bytesMax: most) else {
            throw .invalidSpec(
                field: "file",
                reason:
                    "\(kind.label) is no plain file of at most \(NumberText.count(most, "byte")), open for reading alone"
            )
        }
        return file
    }

    private func wait(_ job: JobName, _ milliseconds: UInt64) throws(SandboxError) -> JobCondition {
        let time = min(milliseconds, HelperLimits.waitMillisecondsMax)
        return try driver.wait(job, timeout: .milliseconds(Int64(clamping: time)))
    }

    /// How a job ended is said by who saw it; the agent says only why it wants it to.
    private func judged(_ request: StopRequest) throws(SandboxError) -> StopRequest {
        switch request.reason {
        case .budget, .timeLimit, .cancelled: break
        default: throw .invalidSpec(field: "reason", reason: "no job is told to end for that")
        }
        var request = request
        request.graceMilliseconds = min(request.graceMilliseconds, HelperLimits.graceMillisecondsMax)
        return request
    }

    /// The group of a job that runs is what bounds it.
    private func release(_ job: JobName) throws(SandboxError) {
        guard case .ended = try driver.recover(job) else {
            throw .invalidSpec(field: "name", reason: "\(job) runs, and its meter with it")
        }
        try driver.release(job)
    }

    private func keepLog(_ job: JobName, _ number: UInt64?, _ bytesMax: UInt64) throws(SandboxError) {
        // The writer of a job that runs would go on in a folder that nobody bounds.
        if case .running? = try? driver.recover(job) {
            throw .invalidSpec(field: "name", reason: "\(job) runs, and its log with it")
        }
        try driver.keepLog(of: job, as: number, bytesMax: min(bytesMax, current.logBytesMax))
    }

    private func wipe(_ job: JobName) throws(SandboxError) -> WipeReport {
        let report = try driver.wipe(job)
        book.forget(job)
        return report
    }

    private func checkDevices(_ names: [String]) throws(SandboxError) {
        guard names.count <= HelperLimits.devicesMax else {
            throw .invalidSpec(field: "devices", reason: "more than \(HelperLimits.devicesMax)")
        }
        for name in names where !current.devices.contains(name) {
            throw .noDevice(name: String(name.prefix(HelperLimits.deviceNameBytesMax)), reason: "it is not for sale")
        }
        try driver.checkDevices(names)
    }
}
