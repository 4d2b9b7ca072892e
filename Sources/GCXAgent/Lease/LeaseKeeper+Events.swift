import GCXLinux
import GCXMetering
import GCXModel
import GCXPricing
import GCXSandbox
import GCXWire

extension LeaseKeeper {
    /// Writes down that something happened; what a reader of the receipts must know goes into the next one too.
    ///
    /// An event that cannot be written fails nothing: it is a word to people, and the problem is shown in the status.
    func happened(_ kind: JobEvent.Kind, _ text: String, inReceipt: Bool = false) async {
        if inReceipt { await say(text) }
        let event = context.clock.event(id, kind, Untrusted(text))
        await attempt("event") { () async throws(AgentError) in try context.store.append(event) }
    }

    /// Puts a word into the next receipt.
    func say(_ text: String) async {
        pendingEvents.append(text)
        await attempt("words") { () async throws(AgentError) in try context.store.keep(pendingEvents, of: id) }
    }

    /// What two samples say about the job, beyond their bill.
    func notice(_ sample: RawSample, after last: RawSample?) async {
        guard let last, last.bootID == sample.bootID, last.cgroupInode == sample.cgroupInode else { return }
        live = LiveUsage(from: last, to: sample) ?? live
        if let before = last.oomKills, let after = sample.oomKills, after > before {
            await happened(
                // bounded: the smaller from the larger
                .outOfMemory, "the kernel ended \(NumberText.count(after - before, "process")) for want of memory",
                inReceipt: true)
        }
        let throttled = Self.growth(last.throttledNanoseconds, sample.throttledNanoseconds)
        throttledSince = throttledSince.saturatingSum(throttled)
        // One word for each period of a receipt is enough.
        guard throttledSince > AgentLimits.throttledNanosecondsMin, sample.bootNanoseconds >= throttledSaidAt else {
            return
        }
        await happened(
            .throttled,
            "wanted more than its \(NumberText.count(terms.resources.cores, "core")) for \(throttledSince / 1_000_000) ms of thread time"
        )
        throttledSince = 0
        throttledSaidAt = sample.bootNanoseconds.saturatingSum(Nanoseconds.of(seconds: terms.receiptSeconds))
    }

    /// What the running job has used by its last sample; nil while none runs.
    var metered: MeteredUsage? {
        guard phase.mayHaveProcess, let usage = meter?.meter.usage,
            let amount = try? Pricing.amountOwed(usage, rates: terms.rates)
        else { return nil }
        return MeteredUsage(usage: usage, amount: amount)
    }

    private static func growth(_ from: UInt64?, _ to: UInt64?) -> UInt64 {
        guard let from, let to, to > from else { return 0 }
        return to - from  // bounded: the smaller from the larger
    }

    /// Keeps what the job's directory says, for the time after it.
    func keepFacts(exit: JobExit? = nil) async {
        await attempt("facts") { () async throws(AgentError) in
            var facts: JobFacts
            if let known = try context.store.facts(of: id) {
                facts = known
            } else {
                let directory = directory
                facts = JobFacts(try await sandbox { _, _ throws(SandboxError) in try directory.readPlan() })
            }
            facts.exit = exit ?? facts.exit
            if facts.readingNanoseconds == nil { facts.readingNanoseconds = try await readingNanoseconds }
            try context.store.save(facts, of: id)
        }
    }
}

extension LeaseRow {
    /// What the machine signed, in one line.
    var summary: String {
        let parts = terms.resources
        let cores = placement?.cores.map { " (processing units \($0.pus), NUMA node \($0.nodes))" } ?? ""
        let devices = placement?.devices ?? []
        let gpus = devices.isEmpty ? "" : ", " + devices.map(\.shown).joined(separator: ", ")
        return
            "reserved \(NumberText.count(parts.cores, "core"))\(cores), \(NumberText.size(parts.memoryBytes)) of memory, "
            + "\(NumberText.size(parts.storageBytes)) of storage\(gpus), until \(RFC3339.moment(terms.endsAt))"
    }
}

extension LeasePhase {
    /// The kind of event that entering this phase from another is.
    func eventKind(after phase: LeasePhase) -> JobEvent.Kind {
        switch self {
        case .proposed: .proposed
        case .open: .opened
        case .starting: .submitted
        case .running: phase.isFrozen ? .resumed : .started
        case .held, .paused: .paused
        case .ending: .stopping
        case .settling: .settling
        case .closed: .closed
        }
    }
}
