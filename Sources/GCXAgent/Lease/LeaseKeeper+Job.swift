import FoundationEssentials
import GCXLedger
import GCXLinux
import GCXMetering
package import GCXModel
import GCXSandbox
import GCXWire

extension LeaseKeeper {
    /// Starts the job, unless it was started already before the agent came back.
    func startJob() async throws(AgentError) {
        guard let row = try context.store.lease(id), let request = row.request else {
            throw .badRequest("lease \(id.short) has no job to start")
        }
        let isThere = try await sandbox { driver, job throws(SandboxError) in
            try driver.names().contains(job)
        }
        if !isThere {
            try countStart()
            let (order, files) = try await order(request, placement: row.placement)
            let stop = launchStop
            try await sandbox { driver, _ throws(SandboxError) in try driver.start(order, with: files, stop: stop) }
        }
    }

    /// Written down before anything of the start is done, so that a start which ends the agent each time is not tried for
    /// ever.
    private func countStart() throws(AgentError) {
        let tries = try context.store.countStart(id)
        guard tries <= AgentLimits.startAttemptsMax else {
            throw .sandbox(
                "the agent ended during each of \(NumberText.count(AgentLimits.startAttemptsMax, "try")) to start the job",
                remedy: "Read the agent's log of these times.")
        }
    }

    /// The job as the sandbox wants it, and what was sent for it: limits from the lease.
    private func order(
        _ request: JobRequest, placement: LeasePlacement?
    ) async throws(AgentError) -> (JobOrder, JobFiles) {
        let uploads = LeaseUploads(id, context)
        let settings = context.settings
        let resources = resources(pids: request.pidsMax, placement)
        let reader = reader(resources, stop: launchStop)
        var files = JobFiles()
        files.image = try await uploads.image(request, by: reader)
        if let input = try await uploads.input(request.input, settings, by: reader) {
            files.input = input.file
            await happened(.data, "input sha256:\(input.digest) of \(NumberText.size(input.bytes))", inReceipt: true)
        }
        if Task.isCancelled { throw .sandbox("the start was given up", remedy: "Nothing needs to be done.") }
        let left = secondsLeft
        let order = JobOrder(
            name: job, image: try request.orderedImage(), command: request.command,
            environment: request.environment, workingDirectory: request.workingDirectory, resources: resources,
            wallSecondsMax: min(left, request.wallSecondsMax ?? left), logBytesMax: settings.logBytesMax,
            logKeep: request.logKeep ?? settings.logKeep, outputBytesMax: settings.jobs.outputBytesMax,
            devices: (placement?.devices ?? []).map { $0.raw(for: .naming) }, network: request.network,
            rootfsBytesMax: settings.imageBytesMax, inputBytesMax: settings.inputBytesMax,
            roomBytes: try context.room.left(for: id))
        return (order, files)
    }

    /// What the lease gives a job.
    private func resources(pids: UInt64? = nil, _ placement: LeasePlacement?) -> JobResources {
        let settings = context.settings
        var resources = JobResources(
            cores: terms.resources.cores, memoryBytes: terms.resources.memoryBytes,
            pids: pids ?? settings.pidsDefault, writableBytes: terms.resources.storageBytes)
        resources.pus = placement?.cores?.pus
        resources.ioBytesPerSecond = settings.jobs.ioBytesPerSecond.nonZero
        resources.ioOperationsPerSecond = settings.jobs.ioOperationsPerSecond.nonZero
        return resources
    }

    /// Seconds until the end of the lease, 1 at least. The clock is asked once, for it may be set between two looks.
    private var secondsLeft: UInt64 {
        let now = context.now()
        return terms.endsAt > now ? terms.endsAt - now : 1  // bounded: the smaller from the larger
    }

    /// How what was sent for the lease is read: within the lease's limits, on its bill, and until its end at the latest.
    private func reader(_ resources: JobResources, stop: StopFlag?) -> SentReader {
        SentReader(driver: context.driver, job: job, resources: resources, seconds: secondsLeft, stop: stop)
    }

    /// The same for an upload that is complete, while no job was submitted.
    func readingUploads(stop: StopFlag) async throws(AgentError) -> SentReader {
        try await exclusively { () async throws(AgentError) in
            guard case .open = phase else {
                throw .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "open")
            }
            try await releaseFormer()
            return reader(resources(try context.store.lease(id)?.placement), stop: stop)
        }
    }

    /// The meter begins where the cgroup's counters do: at zero, when the job's first instruction ran. What was spent before
    /// that is the reading of its image and input, and stands in the first sample. Over the jobs of a lease it goes on.
    func beginMetering() async throws(AgentError) {
        guard let row = try context.store.lease(id), (meter?.meter.job ?? 0) < row.jobs else { return }
        let (first, started) = try await sandbox { driver, job throws(SandboxError) in
            let sample = try driver.sample(job)
            guard case .running(let since) = try driver.recover(job) else { return (sample, nil as UInt64?) }
            return (sample, since)
        }
        var beginning = first
        beginning.cpuNanoseconds = 0
        beginning.egressBytes = first.egressBytes.map { _ in 0 }
        beginning.bootNanoseconds = min(started ?? first.bootNanoseconds, first.bootNanoseconds)
        var stored =
            meter
            ?? StoredMeter(
                meter: Meter(beginning: beginning, gpus: terms.resources.gpus, job: row.jobs), samplesDigest: .zero)
        stored.meter.begin(row.jobs, at: beginning)
        try context.store.save(stored, lease: id)
        (meter, graph) = (stored, UsageGraph())
        (throttledSince, throttledSaidAt) = (0, 0)
        await record(first)
        // What was read before is no use of this moment.
        live = nil
        await tellReading()
        receiptAt = first.bootNanoseconds
    }

    /// CPU time of reading what was sent, ns.
    var readingNanoseconds: UInt64? {
        get async throws(AgentError) {
            try await sandbox { driver, job throws(SandboxError) in try driver.readingNanoseconds(of: job) }
        }
    }

    /// Says what of the bill is from before the job, when it is worth a word.
    private func tellReading() async {
        guard let spent = try? await readingNanoseconds,
            spent >= AgentLimits.readingSaidNanosecondsMin
        else { return }
        await happened(
            .meter, "reading the image and the input took \(spent / 1_000_000) ms of CPU time", inReceipt: true)
    }

    /// Feeds a sample to the meter and to the chained digest, and keeps what it shows for the next receipt.
    func record(_ sample: RawSample) async {
        guard var stored = meter else { return }
        let last = stored.meter.last
        let events = stored.meter.add(sample)
        graph.add(sample)
        stored.samplesDigest = SampleChain.digest(after: stored.samplesDigest, sample)
        meter = stored
        for event in events { await happened(.meter, event.description, inReceipt: true) }
        await notice(sample, after: last)
    }

    /// Says in the next receipt what the job is told now.
    func open(order: LeaseEffect) async {
        switch order {
        case .freeze:
            live = nil
            if case .held(let who) = phase {
                await say("held by the \(who.rawValue)")
            } else {
                await say("paused: metered minus vouched reached the credit limit")
            }
        case .thaw: await say("resumed")
        case .stop(let reason): await say("told to end: \(reason)")
        case .launch, .reopen, .issueFinalReceipt, .settle, .wipe: return
        }
        isOrderOpen = true
    }

    /// Tells the sandbox what the phase says. An order that fails is given again at each look, for each does no harm twice: else
    /// a job would work unpaid, or stand still on its buyer's bill.
    func giveOrder() async throws(AgentError) {
        isOrderOpen = true
        switch phase {
        case .running: try await sandbox { driver, job throws(SandboxError) in try driver.resume(job) }
        case .paused, .held: try await sandbox { driver, job throws(SandboxError) in try driver.pause(job) }
        case .ending(let reason): try await stop(reason)
        case .proposed, .open, .starting, .settling, .closed: break
        }
        isOrderOpen = false
    }

    private func stop(_ reason: ExitReason) async throws(AgentError) {
        giveUpLaunch()
        let request = StopRequest(reason: reason, graceMilliseconds: context.settings.stopGraceMilliseconds)
        let isThere = try await sandbox { driver, job throws(SandboxError) in
            guard try driver.names().contains(job) else { return false }
            // What stands still cannot act on an order.
            if case .running = try driver.recover(job) { try driver.resume(job) }
            try driver.stop(job, request)
            return true
        }
        isOrderOpen = false
        // While it is being started it is not there yet; what is read of it ends at once, and what follows the start then
        // ends it.
        if !isThere, !isLaunching { try await take(.exited(reason, at: context.now()), note: "the job never ran") }
    }

    /// Removes what nobody needs any more: uploads at once, the job's directory when its output has been kept long enough.
    func wipe() async {
        await attempt("wipe") { () async throws(AgentError) in
            try LeaseUploads(id, context).remove()
            guard let row = try context.store.lease(id) else { return }
            if row.wiped { return isWiped = true }
            let keepUntil = (row.endedAt ?? 0).saturatingSum(context.settings.jobs.outputKeepSeconds)
            let isThere = try await sandbox { driver, job throws(SandboxError) in try driver.names().contains(job) }
            guard !isThere || context.now() >= keepUntil else { return }
            let bytesMax = context.settings.logBytesMax
            // What a crash left of a start has no plan and is no job, but has a directory.
            let report = try await sandbox { driver, job throws(SandboxError) in
                if isThere { try driver.keepLog(of: job, as: nil, bytesMax: bytesMax) }
                let report = try driver.wipe(job)
                try driver.pruneImages()
                return report
            }
            if row.request != nil { await happened(.wiped, report.description) }
            try context.store.update(id) { $0.wiped = true }
            isWiped = true
        }
    }

    /// Calls the sandbox off the shared threads, and turns its error into the agent's.
    @discardableResult
    func sandbox<Value: Sendable>(
        _ body: @escaping @Sendable (any RuntimeDriver, JobName) throws(SandboxError) -> Value
    ) async throws(AgentError) -> Value {
        let (driver, job) = (context.driver, job)
        do {
            return try await blocking { () throws(SandboxError) -> Value in try body(driver, job) }
        } catch {
            throw AgentError(error)
        }
    }
}

extension UInt64 {
    /// Nil for zero: a setting of 0 means no limit.
    fileprivate var nonZero: UInt64? { self == 0 ? nil : self }
}

extension AgentError {
    /// A ledger that was founded anew in the same place, for instance, takes nothing that this agent signs, and knows none of its
    /// leases.
    static let anotherLedger = AgentError.ledger(
        "another ledger answers in the place of the agent's own",
        remedy: "Bring the old one back, or restart the agent with a grant for the new one.")

    init(_ error: LedgerError) {
        self = .ledger(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
    }

    init(_ error: SandboxError) {
        switch error {
        case .image(let image): self = AgentError(image, of: .image)
        case .input(let input): self = AgentError(input, of: .input)
        case .invalidSpec: self = .badRequest(Untrusted(error.description))
        default: self = .sandbox(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
        }
    }
}

extension AgentError {
    /// What cannot be used of what was sent, or could not be read through this machine's own fault.
    init(_ error: ImageError, of kind: UploadKind) {
        let (why, remedy) = (Untrusted(error.description), Untrusted(error.remedy.instruction))
        switch (error.blame, kind) {
        case (.host, _): self = .sandbox(why, remedy: remedy)
        case (.image, .image): self = .imageRefused(why, remedy: remedy)
        case (.image, .input): self = .inputRefused(why, remedy: remedy)
        }
    }

    /// How a job ends whose start failed so.
    var endOfStart: ExitReason {
        switch self {
        case .imageRefused(_, let remedy), .inputRefused(_, let remedy):
            .refused(description: Untrusted("\(description). \(remedy.shown)"))
        default: .hostFailure(description: Untrusted(description))
        }
    }
}

extension Remedy {
    /// The remedy as a sentence.
    package var instruction: String {
        switch self {
        case .retry(let after): "Try again in \(after.components.seconds) s."
        case .fix(let text): text
        case .refuse: "Nothing can be done but to ask for something else."
        }
    }
}
