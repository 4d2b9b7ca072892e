import GCXModel
import GCXSandbox
import Synchronization

// dictionaries: readings, starts

/// What is under way for which name, and what may begin beside it. It is asked under one lock, so that of two requests at once the
/// second one is judged with the first.
final class HelperBook: Sendable {
    private let driver: any HelperDriver
    private let state = Mutex(State())

    private struct State: Sendable {
        var starts: [JobName: HelperClaim] = [:]
        var readings: [JobName: Reading] = [:]
        /// Names for which a group may have been made, and that were not wiped since.
        var names: Set<JobName> = []
    }

    /// What is read for a job to come, several files at once perhaps.
    private struct Reading: Sendable {
        var claim: HelperClaim
        var count = 0
    }

    init(_ driver: any HelperDriver) { self.driver = driver }

    /// Carries out a start, as the policy lets it, beside whatever else is there or under way.
    func start(
        _ order: JobOrder, by policy: HelperPolicy, _ body: (JobOrder) throws(SandboxError) -> Void
    ) throws(SandboxError) {
        let judged = try state.withLock { state throws(SandboxError) in
            guard state.starts[order.name] == nil else { throw .jobExists(id: order.name.text) }
            try check(state.readings[order.name], order.resources)
            let judged = try policy.judged(order, beside: try others(than: order.name, state))
            try note(order.name, &state)
            state.starts[order.name] = HelperClaim(
                name: order.name, resources: order.resources, devices: order.devices)
            return judged
        }
        defer { state.withLock { $0.starts[order.name] = nil } }
        try body(judged)
    }

    /// The same of what is read for a job to come. While a job of the name is there, its group is its own.
    func reading<Value>(
        _ bounds: ReadingBounds, _ kind: SentKind, for job: JobName, by policy: HelperPolicy,
        _ body: (ReadingBounds) throws(SandboxError) -> Value
    ) throws(SandboxError) -> Value {
        let judged = try state.withLock { state throws(SandboxError) in
            guard state.starts[job] == nil, try !driver.claims().contains(where: { $0.name == job }) else {
                throw .jobExists(id: job.text)
            }
            try check(state.readings[job], bounds.resources)
            let judged = try policy.judged(bounds, kind, for: job, beside: try others(than: job, state))
            try note(job, &state)
            let claim = HelperClaim(name: job, resources: bounds.resources)
            state.readings[job, default: Reading(claim: claim)].count += 1  // bounded: requests at once
            return judged
        }
        defer { endReading(job) }
        return try body(judged)
    }

    /// Nothing lies on the machine of this name any more.
    func forget(_ job: JobName) { state.withLock { _ = $0.names.remove(job) } }

    private func endReading(_ job: JobName) {
        state.withLock { state in
            state.readings[job]?.count -= 1  // bounded: each was counted
            if state.readings[job]?.count == 0 { state.readings[job] = nil }
        }
    }

    /// A group has one set of limits: whoever reads in it is bounded by what the job is bounded by.
    private func check(_ reading: Reading?, _ resources: JobResources) throws(SandboxError) {
        guard var there = reading?.claim.resources else { return }
        there.pids = resources.pids
        guard there == resources else {
            throw .notSold(field: "resources", reason: "something is read for this job within other limits")
        }
    }

    private func others(than job: JobName, _ state: State) throws(SandboxError) -> [HelperClaim] {
        // What is being started may have its plan already.
        var found: [JobName: HelperClaim] = [:]
        // bounded here: joins lists; a dictionary
        for claim in try driver.claims() + state.readings.values.map(\.claim) + state.starts.values
        where claim.name != job {
            found[claim.name] = claim
        }
        return Array(found.values)
    }

    /// - Throws: `SandboxError.notSold` when the machine is full of names.
    private func note(_ job: JobName, _ state: inout State) throws(SandboxError) {
        guard !state.names.contains(job) else { return }
        let all = state.names.union(try driver.traces())
        guard all.contains(job) || all.count < HelperLimits.namesMax else {
            throw .notSold(
                field: "name",
                reason:
                    "\(NumberText.count(HelperLimits.namesMax, "job", one: "has", many: "have")) something here already"
            )
        }
        state.names.insert(job)
    }
}
