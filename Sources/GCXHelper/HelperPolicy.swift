package import GCXModel
package import GCXSandbox

/// What the owner sells, as far as the helper holds jobs to it. It comes from the owner's file and the machine, never from the agent.
package struct HelperPolicy: Equatable, Sendable {
    /// All jobs together.
    package var cores: UInt64
    package var memoryBytes: UInt64
    package var storageBytes: UInt64
    /// The processing units for sale, when each job has its own; nil when none is given to a job alone.
    package var pus: PUSet?
    /// The devices for sale, by their CDI names.
    package var devices: Set<String>
    /// Each job.
    package var wallSecondsMax: UInt64
    package var logBytesMax: UInt64
    package var outputBytesMax: UInt64
    package var rootfsBytesMax: UInt64
    package var inputBytesMax: UInt64
    /// What a job may read and write of each disk in a second; nil sets no limit.
    package var ioBytesPerSecond: UInt64?
    package var ioOperationsPerSecond: UInt64?

    package init(
        cores: UInt64, memoryBytes: UInt64, storageBytes: UInt64, pus: PUSet?, devices: Set<String>,
        wallSecondsMax: UInt64, logBytesMax: UInt64, outputBytesMax: UInt64, rootfsBytesMax: UInt64,
        inputBytesMax: UInt64, ioBytesPerSecond: UInt64? = nil, ioOperationsPerSecond: UInt64? = nil
    ) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.storageBytes = storageBytes
        self.pus = pus
        self.devices = devices
        self.wallSecondsMax = wallSecondsMax
        self.logBytesMax = logBytesMax
        self.outputBytesMax = outputBytesMax
        self.rootfsBytesMax = rootfsBytesMax
        self.inputBytesMax = inputBytesMax
        self.ioBytesPerSecond = ioBytesPerSecond
        self.ioOperationsPerSecond = ioOperationsPerSecond
    }
}

/// What one name has of the machine: a job that has not ended, a start, or the reading of what was sent for one.
package struct HelperClaim: Equatable, Sendable {
    package var name: JobName
    package var resources: JobResources
    package var devices: [String]

    package init(name: JobName, resources: JobResources, devices: [String] = []) {
        self.name = name
        self.resources = resources
        self.devices = devices
    }
}

extension HelperPolicy {
    /// The order as it may be carried out: what is more than the owner lets any job have is cut where a smaller value does the
    /// same, and refused where it does not.
    ///
    /// - Parameter others: what other names have now.
    /// - Throws: `SandboxError.notSold`, or what is wrong with the order by itself.
    package func judged(_ order: JobOrder, beside others: [HelperClaim]) throws(SandboxError) -> JobOrder {
        try order.validate()
        var order = order
        try check(HelperClaim(name: order.name, resources: order.resources, devices: order.devices), beside: others)
        guard order.wallSecondsMax <= wallSecondsMax else {
            throw .notSold(
                field: "wallSecondsMax", reason: "a lease lasts \(NumberText.span(seconds: wallSecondsMax)) at the most"
            )
        }
        guard order.logBytesMax <= logBytesMax else {
            throw .notSold(field: "logBytesMax", reason: "a log may take \(NumberText.count(logBytesMax, "byte"))")
        }
        order.outputBytesMax = min(order.outputBytesMax ?? .max, outputBytesMax)
        order.rootfsBytesMax = min(order.rootfsBytesMax, rootfsBytesMax)
        order.inputBytesMax = min(order.inputBytesMax, inputBytesMax)
        return order
    }

    /// The same of what is read for a job to come.
    package func judged(
        _ bounds: ReadingBounds, _ kind: SentKind, for job: JobName, beside others: [HelperClaim]
    ) throws(SandboxError) -> ReadingBounds {
        var bounds = bounds
        try bounds.resources.validate()
        try check(HelperClaim(name: job, resources: bounds.resources), beside: others)
        bounds.bytesMax = min(bounds.bytesMax, kind == .input ? inputBytesMax : rootfsBytesMax)
        bounds.seconds = min(bounds.seconds, wallSecondsMax)
        return bounds
    }

    /// Whether there is room for one more beside what others have.
    func check(_ claim: HelperClaim, beside others: [HelperClaim]) throws(SandboxError) {
        try checkSums(claim.resources, beside: others)
        try checkPlacement(claim, beside: others)
        try checkRates(claim.resources)
        guard claim.resources.pids <= HelperLimits.pidsMax else {
            throw .notSold(field: "pids", reason: "a job may have \(NumberText.count(HelperLimits.pidsMax, "process"))")
        }
        let held = Set(others.flatMap(\.devices))
        guard Set(claim.devices).count == claim.devices.count, devices.isSuperset(of: claim.devices) else {
            throw .notSold(field: "devices", reason: "only those for sale, each once")
        }
        guard held.isDisjoint(with: claim.devices) else {
            throw .notSold(field: "devices", reason: "another job has one of them")
        }
    }

    private func checkSums(_ wanted: JobResources, beside others: [HelperClaim]) throws(SandboxError) {
        func all(_ part: (JobResources) -> UInt64) -> UInt64 {
            others.reduce(part(wanted)) { $0.saturatingSum(part($1.resources)) }
        }
        // bounded here: 32 bits in 64
        for (field, sum, most) in [
            ("cores", all { UInt64($0.cores) }, cores), ("memoryBytes", all(\.memoryBytes), memoryBytes),
            ("writableBytes", all(\.writableBytes), storageBytes),
        ] where sum > most {
            throw .notSold(
                field: field, reason: "with what other jobs have it comes to \(sum), and \(most) is for sale")
        }
    }

    private func checkPlacement(_ claim: HelperClaim, beside others: [HelperClaim]) throws(SandboxError) {
        guard let pus else {
            guard claim.resources.pus == nil else {
                throw .notSold(field: "pus", reason: "no processing unit is given to a job alone")
            }
            return
        }
        guard let wanted = claim.resources.pus, !wanted.isEmpty, wanted.isSubset(of: pus) else {
            throw .notSold(field: "pus", reason: "each job has processing units of its own, of \(pus)")
        }
        for other in others {
            guard other.resources.pus?.isDisjoint(with: wanted) ?? true else {
                throw .notSold(field: "pus", reason: "another job has one of \(wanted)")
            }
        }
    }

    private func checkRates(_ wanted: JobResources) throws(SandboxError) {
        for (field, asked, most) in [
            ("ioBytesPerSecond", wanted.ioBytesPerSecond, ioBytesPerSecond),
            ("ioOperationsPerSecond", wanted.ioOperationsPerSecond, ioOperationsPerSecond),
        ] {
            guard let most, asked ?? .max > most else { continue }
            throw .notSold(field: field, reason: "a job may have \(most) a second")
        }
    }
}
