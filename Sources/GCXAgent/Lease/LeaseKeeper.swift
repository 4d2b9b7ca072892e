package import GCXLedger
import GCXLinux
import GCXMetering
package import GCXModel
import GCXPricing
package import GCXSandbox
import GCXSigning
import GCXWire
package import Logging

/// What every lease keeper needs.
package struct KeeperContext: Sendable {
    package let identity: AgentIdentity
    @Live package var settings: AgentSettings
    package let store: AgentStore
    package let ledger: any Ledger
    package let driver: any RuntimeDriver
    package let problems: Problems
    package let logger: Logger
    /// What uploads may take of the disk.
    let room: UploadRoom
    package let clock: AgentClock
    package var standing = Standing()

    /// Unix seconds.
    package func now() -> UInt64 { clock.now() }
}

/// Keeps one lease: performs the effects of its state machine, meters its job and writes its receipts.
///
/// Everything it knows is in the store and in the job's directory, so a keeper made anew after a crash goes on where
/// the old one stopped. One keeper exists for each lease, and its methods run one at a time.
package actor LeaseKeeper {
    let context: KeeperContext
    package let id: LeaseID
    let terms: LeaseTerms
    /// The name of the lease's job, and where it leaves what is to be read.
    let job: JobName
    let directory: JobDirectory
    private(set) var phase: LeasePhase
    var meter: StoredMeter?
    var lastReceipt: (document: Signed<Receipt>, digest: Digest)?
    var vouched: Amount = .zero
    /// What the escrow holds by the ledger's word; top-ups raise it.
    var deposit: Amount
    /// What the ledger said of the lease when it was last asked.
    var sight: LedgerSight?
    /// The one of these that is in the store.
    var keptSight: LedgerSight?
    /// What the next receipt says; also in the store, so that an agent that ends loses none of it.
    var pendingEvents: [String] = []
    /// True while the sandbox has not done what the phase says: it is told again at each look.
    var isOrderOpen = false
    /// True while the job stands still although its phase could not be written: it would work unpaid.
    var isStopgap = false
    /// True once it was said how the job ended, while its receipt could not be written.
    var isEndSaid = false
    var graph: UsageGraph
    /// What the job does now; nil before the second sample.
    var live: LiveUsage?
    /// Thread time for which the job was held back and no event has said so, ns.
    var throttledSince: UInt64 = 0
    /// Boot clock from which on the next such event may come, ns.
    var throttledSaidAt: UInt64 = 0
    /// Boot clock at which the job was first seen to run on although it was told to end, ns.
    var endingSince: UInt64?
    /// Boot clock of the last receipt, ns.
    var receiptAt: UInt64 = 0
    /// True while the image is unpacked and the sandbox started, which no other call waits for.
    private(set) var isLaunching = false
    /// Ends the reading of the image and the input that are being unpacked.
    private(set) var launchStop: StopFlag?
    /// True once the meter of the job before is given up, so that the group is that of the next one.
    var isReleased = false
    /// True once nothing of the lease is left to do or to remove.
    var isWiped = false
    private var launch: Task<Void, Never>?
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ row: LeaseRow, context: KeeperContext) throws(AgentError) {
        self.context = context
        id = row.id
        terms = row.terms
        phase = row.phase
        job = JobName(of: row.id)
        directory = context.settings.directory(of: row.id)
        // A picture for people is no reason to leave a lease alone.
        graph = (try? context.store.graph(of: row.id)) ?? UsageGraph()
        let meter = try context.store.meter(row.id)
        self.meter = meter
        // The ledger says it again.
        let kept = (try? context.store.sight(row.id)) ?? nil
        keptSight = kept
        sight = kept?.carried(into: context.clock, metered: meter?.meter.last)
        deposit = max(row.terms.deposit, kept?.record.deposit ?? .zero)
        if let receipt = try context.store.lastReceipt(row.id) {
            lastReceipt = (receipt, receipt.digest(in: context.identity.domain))
        }
        vouched = try context.store.voucher(row.id)?.document.cumulative ?? .zero
        // Words to people are no reason to leave a lease alone.
        pendingEvents = (try? context.store.words(of: row.id)) ?? []
        receiptAt = context.clock.boot()
    }

    /// Takes an event, writes the new phase down, then performs the effects.
    ///
    /// - Parameter change: what is written together with the phase.
    func take(
        _ event: LeaseEvent, note: String, with change: (inout LeaseRow) -> Void = { _ in }
    ) async throws(AgentError) {
        let (next, effects) = phase.after(event)
        guard next != phase || !effects.isEmpty else { return }
        // The receipt of a job's end and the phase after it are written in one transaction, by the effect itself.
        if !effects.contains(where: \.writesPhase) {
            let kind = next.eventKind(after: phase)
            try move(to: next, note: note, change)
            await happened(kind, note)
        }
        context.logger.info(
            "lease moved", metadata: ["lease.id": "\(id.short)", "phase": "\(next.name)", "note": "\(note)"])
        for effect in effects { try await perform(effect, next: next, note: note) }
        if isOrderOpen { try await giveOrder() }
    }

    private func move(
        to next: LeasePhase, note: String, _ change: (inout LeaseRow) -> Void
    ) throws(AgentError) {
        let now = context.now()
        try context.store.update(id) { row in
            row.enter(next, at: now)
            row.note = note
            change(&row)
        }
        phase = next
    }

    private func perform(_ effect: LeaseEffect, next: LeasePhase, note: String) async throws(AgentError) {
        switch effect {
        case .launch: launchSoon()
        case .freeze, .thaw, .stop: await open(order: effect)
        case .reopen(let end): try await reopen(after: end, note: note)
        case .issueFinalReceipt: try await finish(next, note: note)
        case .settle: try await settle()
        case .wipe: await wipe()
        }
    }

    /// Records that the phase moved together with something else that was written.
    func adopt(_ phase: LeasePhase) { self.phase = phase }

    /// Runs one call at a time from beginning to end: an actor alone would let another in at every `await`.
    func exclusively<Value: Sendable>(
        _ body: () async throws(AgentError) -> Value
    ) async throws(AgentError) -> Value {
        try await exclusively(giving: ()) { _ async throws(AgentError) in try await body() }
    }

    /// The same for a call that uses something up.
    func exclusively<Given: ~Copyable & Sendable, Value: Sendable>(
        giving given: consuming Given, _ body: (consuming Given) async throws(AgentError) -> Value
    ) async throws(AgentError) -> Value {
        if isBusy {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isBusy = true
        }
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        return try await body(given)
    }

    // Unpacking an image may take minutes, and the caller of `submit` gets its answer before.
    private func launchSoon() {
        guard !isLaunching else { return }
        isLaunching = true
        launchStop = StopFlag()
        launch = Task { await self.launchNow() }
    }

    /// Starts again what was being started when the agent went away.
    func relaunch() { launchSoon() }

    /// Waits until a start that is under way has come to its end, and what follows it is done.
    func launchEnded() async { await launch?.value }

    /// Tells a start that nobody waits for it any more.
    func giveUpLaunch() {
        guard isLaunching else { return }
        launchStop?.raise()
        launch?.cancel()
    }

    private func launchNow() async {
        var failure: AgentError?
        do { try await startJob() } catch { failure = error }
        await attempt("start") { () async throws(AgentError) in
            try await exclusively { () async throws(AgentError) in
                isLaunching = false
                try await launched(failure)
            }
        }
    }

    /// What follows a start: metering, or the end when it failed or when somebody asked for it meanwhile.
    private func launched(_ failure: AgentError?) async throws(AgentError) {
        if let failure {
            await happened(.ended, "start failed: \(failure.description)", inReceipt: true)
            if case .ending(let reason) = phase {
                return try await take(.exited(reason, at: context.now()), note: "the job never ran")
            }
            if let end = try await endOfStart(failure) {
                return try await take(.leftOpen(end), note: failure.description)
            }
            return try await take(.startFailed(failure.endOfStart), note: failure.description)
        }
        do { try await beginMetering() } catch {
            // A job that cannot be metered must not run.
            return try await take(.startFailed(error.endOfStart), note: error.description)
        }
        try context.store.update(id) { $0.startedAt = context.now() }
        await keepFacts()
        if let digest = try context.store.facts(of: id)?.imageDigest {
            await happened(.data, "image sha256:\(digest.shown)", inReceipt: true)
        }
        if case .ending = phase { return try await giveOrder() }
        try await take(.started, note: "the job runs")
    }

    /// Runs a step whose failure is not the caller's: it is logged and shown in the status.
    func attempt(_ what: String, _ body: () async throws(AgentError) -> Void) async {
        do {
            try await body()
            await context.problems.clear("lease \(id.short), \(what)")
        } catch {
            await context.problems.note("lease \(id.short), \(what)", error.description)
            context.logger.error(
                "lease step failed",
                metadata: ["lease.id": "\(id.short)", "step": "\(what)", "error": "\(error.description)"])
        }
    }
}
