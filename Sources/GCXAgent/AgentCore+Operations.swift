import GCXJobLog
package import GCXLedger
import GCXLinux
package import GCXModel
import GCXSandbox
package import GCXSigning
package import GCXWire

extension AgentCore: AgentHost {
    package func status() async throws(AgentError) -> AgentStatus {
        var status = publicStatus()
        status.jobs = try await jobs(by: .owner)
        status.outboxPending = UInt64(try context.store.queuedCount())  // bounded: a count is not below 0
        status.problems = (await context.problems.lines + networkProblem).map { Untrusted($0) }  // bounded: joins lists
        status.standing = await context.standing.look(
            hasOffer: offer != nil, problem: await context.problems.text(of: "offer"))
        return status
    }

    package func publicStatus() -> AgentStatus {
        AgentStatus(
            version: Untrusted(Self.version), machine: context.identity.machine.address, owner: context.identity.owner,
            offer: offer?.digest, runtime: Untrusted(description.runtime),
            cgroupLayout: Untrusted(description.cgroupLayout), jobs: [], outboxPending: 0, problems: [],
            ledger: context.identity.domain)
    }

    package func checkHealth() throws(AgentError) { _ = try context.store.queuedCount() }

    package func propose(_ proposal: LeaseProposal) async throws(AgentError) -> CountersignedTerms {
        try await countersign(proposal)
    }

    package func beginUpload(
        _ kind: UploadKind, _ part: UploadPart?, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UploadTicket {
        var row = try visible(lease, to: caller)
        // The ledger may have it although the agent has not looked yet.
        if case .proposed = row.phase {
            try await keeper(lease).tick()
            row = try visible(lease, to: caller)
        }
        guard row.phase != .open else {
            try await keeper(lease).renewIdle()
            return try LeaseUploads(lease, context).ticket(kind, part)
        }
        if case .proposed = row.phase { throw .escrowMissing(lease, "the lease is not open on the ledger") }
        throw .wrongPhase(lease, phase: Untrusted(row.phase.name.rawValue), wanted: "open")
    }

    package func uploaded(
        _ kind: UploadKind, digest: String, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> UInt64 {
        _ = try visible(lease, to: caller)
        return try LeaseUploads(lease, context).uploaded(kind, digest)
    }

    package func endUpload(_ ticket: consuming UploadTicket) async throws(AgentError) {
        let (lease, kind, draft) = (ticket.lease, ticket.kind, ticket.file.draft)
        defer { context.room.shelf.remove(draft, kind, lease) }
        let file = try await blocking(giving: ticket) { (ticket: consuming UploadTicket) throws(AgentError) in
            try ticket.seal()
        }
        let reader = try await keeper(lease).readingUploads(stop: StopFlag())
        try await LeaseUploads(lease, context).inspect(file, kind, by: reader)
        try await keeper(lease).place(file, kind)
    }

    package func submit(
        _ request: JobRequest, lease: LeaseID, by caller: Caller
    ) async throws(AgentError) -> JobStatus {
        let row = try visible(lease, to: caller)
        try check(request)
        let keeper = try keeper(lease)
        // The ledger may have it although the agent has not looked yet.
        if case .proposed = row.phase { await keeper.tick() }
        try await keeper.submit(request)
        return try await job(lease, by: caller)
    }

    package func jobs(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<JobStatus> {
        var payer: Address?
        if case .session(let session) = caller { payer = session.document.account }
        var found: [JobStatus] = []
        let book = try context.store.recent(AgentLimits.jobsListedMax, of: payer, before: place)
        for row in book.rows.reversed() {
            do { try authorize(caller, row.terms) } catch { continue }
            // What is damaged of one lease takes nothing from the others.
            if let summary = try? await summary(row) { found.append(summary) }
        }
        return Page(items: found, next: book.next)
    }

    package func job(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        try await summary(try visible(lease, to: caller))
    }

    package func cancel(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> JobStatus {
        _ = try visible(lease, to: caller)
        try await keeper(lease).cancel(by: caller.side)
        return try await job(lease, by: caller)
    }

    package func receipts(
        _ lease: LeaseID, after: UInt64, waitSeconds: UInt64, by caller: Caller
    ) async throws(AgentError) -> [Signed<Receipt>] {
        _ = try visible(lease, to: caller)
        let deadline = Deadline(seconds: waitSeconds, by: context.clock)
        while true {
            let found = try context.store.receipts(lease, after: after, most: WireLimits.receiptPageMax)
            if !found.isEmpty || deadline.isOver { return found }
            let row = try visible(lease, to: caller)
            // Nothing is metered while no job is there.
            if row.phase.name == .closed || (row.phase.name == .open && row.jobs > 0) { return [] }
            await deadline.pause()
        }
    }

    package func accept(_ voucher: Signed<Voucher>) async throws(AgentError) -> VoucherReceipt {
        let lease = voucher.document.channel
        guard let row = try context.store.lease(lease) else { throw .unknownLease(lease) }
        // Who cannot sign for the lease learns nothing about it.
        do { try voucher.verify(signer: row.terms.session, in: context.identity.domain) } catch {
            throw .voucherRefused(lease, Untrusted(error.description))
        }
        guard row.phase.name != .closed else {
            throw .wrongPhase(lease, phase: Untrusted(row.phase.name.rawValue), wanted: "running or settling")
        }
        try await keeper(lease).accept(voucher)
        return VoucherReceipt(lease: lease, cumulative: voucher.document.cumulative)
    }

    package func outputArchive(_ lease: LeaseID, by caller: Caller) async throws(AgentError) -> OutputArchive? {
        _ = try visible(lease, to: caller)
        let path = directory(lease).output
        guard Files.exists(path), let exit = try? directory(lease).readExit() else { return nil }
        return OutputArchive(path: path, digest: exit.outputDigest)
    }
}

extension AgentCore {
    func visible(_ lease: LeaseID, to caller: Caller) throws(AgentError) -> LeaseRow {
        guard let row = try context.store.lease(lease) else { throw .unknownLease(lease) }
        try authorize(caller, row.terms)
        return row
    }

    func directory(_ lease: LeaseID) -> JobDirectory {
        context.settings.directory(of: lease)
    }

    /// Why jobs get no network although the owner wants them to have one.
    private var networkProblem: [String] {
        guard context.settings.network != nil, let obstacle = HostNetwork.obstacle() else { return [] }
        return ["network: \(obstacle.reason). \(obstacle.fix)"]
    }

    private func check(_ network: JobNetwork) throws(AgentError) {
        do { try NetworkPolicy.check(network, by: context.settings.network) } catch { throw AgentError(error) }
        guard network.mode == .egress, let obstacle = HostNetwork.obstacle() else { return }
        throw AgentError(SandboxError.noNetwork(reason: obstacle.reason, fix: obstacle.fix))
    }

    private func check(_ request: JobRequest) throws(AgentError) {
        if let network = request.network { try check(network) }
        try request.checkTexts()
        if request.imageFormat == .registry {
            // Said before the job is taken, so that a refusal costs no lease.
            let image = try request.registryImage()
            do { try context.settings.images.policy.check(image) } catch {
                throw .imageRefused(Untrusted(error.description), remedy: Untrusted(error.remedy.instruction))
            }
        }
        guard request.wallSecondsMax != 0 else { throw .badRequest("a job cannot run for 0 seconds") }
        try request.input?.check(allowed: context.settings.jobs.inputURLsAllow)
        guard AgentLimits.pids.contains(request.pidsMax ?? AgentLimits.pids.lowerBound) else {
            throw .badRequest(
                "a job may have \(AgentLimits.pids.lowerBound) to \(NumberText.count(AgentLimits.pids.upperBound, "process"))"
            )
        }
    }

    func summary(_ row: LeaseRow) async throws(AgentError) -> JobStatus {
        let receipt = try context.store.lastReceipt(row.id)?.document
        let published = row.phase.mayHaveProcess && row.request?.network != nil ? directory(row.id).published : []
        return JobStatus(
            lease: row.id, payer: row.terms.payer, phase: row.phase.name, exit: row.exit,
            startedAt: row.startedAt, endedAt: row.endedAt, usage: receipt?.usage ?? .zero,
            amount: receipt?.amount ?? .zero,
            vouched: try context.store.voucher(row.id)?.document.cumulative ?? .zero, claimed: row.claimed,
            deposit: row.terms.deposit, receipts: receipt?.sequence ?? 0, logBytes: log(row, job: row.jobs).bytes,
            note: Untrusted(row.note),
            live: await live(row.id), published: published.isEmpty ? nil : published, jobs: row.jobs,
            createdAt: row.createdAt,
            command: row.request?.commandLine?.line(bytesMax: AgentLimits.commandShownBytesMax),
            image: row.request?.imageReference, metered: await metered(row.id))
    }
}

/// The end of a caller's patience.
struct Deadline: Sendable {
    private let clock: AgentClock
    /// Boot clock, ns.
    private let end: UInt64

    /// At most `WireLimits.longPollSecondsMax` from now.
    init(seconds: UInt64, by clock: AgentClock) {
        self.clock = clock
        let wait = Nanoseconds.of(seconds: min(seconds, WireLimits.longPollSecondsMax))
        end = clock.boot().saturatingSum(wait)
    }

    var isOver: Bool { clock.boot() >= end || Task.isCancelled }

    func pause() async { await clock.pause(AgentLimits.longPollInterval) }
}
