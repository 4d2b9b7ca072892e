package import GCXLinux
package import GCXModel

extension OCIRuntimeDriver: RuntimeDriver {
    package var facts: DriverFacts {
        DriverFacts(
            isolation: runtime.kind.isolation, runtime: runtime.reason, cgroupLayout: group.layout.summary,
            canPin: group.canPin)
    }

    func directory(_ job: JobName) -> JobDirectory { JobDirectory(jobs: jobsPath, name: job) }

    package func digest(
        of file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) -> String {
        try read(kind, for: job, bounds, stop) { (run) throws(ImageError) in
            try images.unpacker.digests(of: [file], label: kind.label, run: run).first ?? ""
        }
    }

    package func inspect(
        _ file: OpenFile, sentAs kind: SentKind, for job: JobName, _ bounds: ReadingBounds, stop: StopFlag?
    ) throws(SandboxError) {
        let limits = ArchiveLimits(entriesMax: SandboxLimits.sentEntriesMax, bytesMax: bounds.bytesMax)
        _ = try read(kind, for: job, bounds, stop) { (run) throws(ImageError) in
            try images.unpacker.inspect(file.file, label: kind.label, rules: kind.rules, limits: limits, run: run)
        }
    }

    private func read<Value>(
        _ kind: SentKind, for job: JobName, _ bounds: ReadingBounds, _ stop: StopFlag?,
        _ body: (Unpacker.Run) throws(ImageError) -> Value
    ) throws(SandboxError) -> Value {
        let place = try readers(for: directory(job), within: bounds.resources)
        let time = min(SandboxLimits.unpackTimeout, .seconds(Int64(clamping: bounds.seconds)))
        do { return try body(Unpacker.Run(place: place, stop: stop, timeout: time)) } catch {
            throw kind == .input ? .input(error) : .image(error)
        }
    }

    package func readingNanoseconds(of job: JobName) -> UInt64? {
        place(of: job.text).cgroup.readerUsage().cpuNanoseconds
    }

    package func start(_ order: JobOrder, with files: JobFiles, stop: StopFlag?) throws(SandboxError) {
        let sent = try SentFiles(order, files)
        _ = try start(JobSpec(order, image: sent.source, input: nil), sent, stop: stop)
    }

    package func recover(_ job: JobName) throws(SandboxError) -> JobCondition { try recover(directory(job)).condition }

    package func wait(_ job: JobName, timeout: Duration) throws(SandboxError) -> JobCondition {
        try wait(directory(job), timeout: timeout).condition
    }

    package func stop(_ job: JobName, _ request: StopRequest) throws(SandboxError) {
        try stop(directory(job), request)
    }

    package func hasProcesses(_ job: JobName) throws(SandboxError) -> Bool { try hasProcesses(directory(job)) }
    package func force(_ job: JobName) throws(SandboxError) { try force(directory(job)) }
    package func pause(_ job: JobName) throws(SandboxError) { try pause(directory(job)) }
    package func resume(_ job: JobName) throws(SandboxError) { try resume(directory(job)) }
    package func sample(_ job: JobName) throws(SandboxError) -> RawSample { try sample(directory(job)) }
    package func release(_ job: JobName) throws(SandboxError) { try release(directory(job)) }

    package func keepLog(of job: JobName, as number: UInt64?, bytesMax: UInt64) throws(SandboxError) {
        try sandboxed { () throws(LinuxError) in
            try LogHistory(path: historyPath).keep(directory(job).log, of: job, as: number, bytesMax: bytesMax)
        }
    }

    package func forgetLogs(of job: JobName) throws(SandboxError) {
        try sandboxed { () throws(LinuxError) in try LogHistory(path: historyPath).remove(job) }
    }

    @discardableResult
    package func wipe(_ job: JobName) throws(SandboxError) -> WipeReport { try wipe(directory(job)) }
    @discardableResult
    package func clear(_ job: JobName) throws(SandboxError) -> WipeReport { try clear(directory(job)) }

    package func names() throws(SandboxError) -> [JobName] { try jobs().compactMap { try? JobName($0.id) } }

    package func traces() throws(SandboxError) -> [JobName] {
        let (found, read) = try sandboxed { () throws(LinuxError) in
            (try Files.names(in: jobsPath), try readings.names)
        }
        return Set(found).union(read).compactMap { try? JobName($0) }
    }
}
