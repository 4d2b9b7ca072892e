package import GCXModel
package import GCXSigning

/// What the uploaded image tar holds, or that there is none.
package enum ImageFormat: String, Codable, Sendable, CaseIterable {
    /// An OCI image layout (`oci-layout`, `index.json`, `blobs/`), as a directory or an archive.
    case oci
    /// A root filesystem.
    case rootfs
    /// Nothing is uploaded: the agent pulls the image that the request names from its registry.
    case registry
}

/// Where a job's input comes from, and what it has to be.
package struct JobInput: Codable, Equatable, Sendable {
    /// SHA-256 of the tar archive, 64 hexadecimal digits; another one is refused.
    package var digest: String
    /// Where the agent fetches the archive: https, at a place that its owner allows. Nil: it was uploaded.
    package var url: String?

    package init(digest: String, url: String? = nil) {
        self.digest = digest
        self.url = url
    }
}

/// A job as the buyer asks for it.
package struct JobRequest: Codable, Equatable, Sendable {
    /// Program and arguments; empty takes the image's own.
    package var command: [String]
    /// Added to the image's environment.
    package var environment: [String: String]
    /// Nil takes the image's own, or `/`.
    package var workingDirectory: String?
    package var imageFormat: ImageFormat
    /// Tag or reference name inside the OCI layout, nil when there is only one; or `docker://HOST/PATH@sha256:HEX`, a
    /// registry's image by its digest. A request brings no credentials: what is private is read with the owner's file.
    package var imageReference: Untrusted?
    /// The job is ended after this, seconds; never later than the end of the lease.
    package var wallSecondsMax: UInt64?
    /// Most processes and threads; nil takes the agent's default.
    package var pidsMax: UInt64?
    /// Nil takes what was uploaded as it is.
    package var input: JobInput?
    /// What is kept of a log beyond its limit; nil takes the agent's default.
    package var logKeep: LogKeep?
    /// Nil means none.
    package var network: JobNetwork?
    /// True when the lease is to stay open for further jobs; else it is settled and closed with this one, unless the job could
    /// not be run.
    package var keepsLease: Bool?

    package init(
        command: [String], environment: [String: String] = [:], workingDirectory: String? = nil,
        imageFormat: ImageFormat, imageReference: Untrusted? = nil, wallSecondsMax: UInt64? = nil,
        pidsMax: UInt64? = nil,
        input: JobInput? = nil, logKeep: LogKeep? = nil, network: JobNetwork? = nil, keepsLease: Bool? = nil
    ) {
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.imageFormat = imageFormat
        self.imageReference = imageReference
        self.wallSecondsMax = wallSecondsMax
        self.pidsMax = pidsMax
        self.input = input
        self.logKeep = logKeep
        self.network = network
        self.keepsLease = keepsLease
    }
}

/// Where a lease stands on the agent's side, as a word for people and programs.
package enum LeasePhaseName: String, Codable, Sendable, CaseIterable {
    case proposed, open, starting, running, paused, held, ending, settling, closed
}

/// A lease and its latest job in brief.
package struct JobStatus: Codable, Equatable, Sendable {
    package var lease: LeaseID
    package var payer: Address
    package var phase: LeasePhaseName
    /// How the latest job ended; nil while it has not.
    package var exit: ExitReason?
    package var startedAt: UInt64?
    package var endedAt: UInt64?
    package var usage: Usage
    /// Owed by the last receipt.
    package var amount: Amount
    /// Covered by the buyer's best voucher.
    package var vouched: Amount
    /// Paid out on the ledger.
    package var claimed: Amount
    package var deposit: Amount
    package var receipts: UInt64
    /// Owed and not covered by a voucher: what the owner loses if the buyer says nothing more. Nothing once the lease is closed.
    package var atRisk: Amount { phase == .closed ? .zero : amount.subtracting(vouched) ?? .zero }
    /// Bytes that the log takes on the agent's disk.
    package var logBytes: UInt64
    /// What the agent last did about it, for people.
    package var note: Untrusted
    /// What the job does now; nil while it does not run.
    package var live: LiveUsage?
    /// Ports of the job that are reached from outside now; nil when there are none.
    package var published: [PublishedPort]?
    /// Jobs that were begun in the lease; nil from an agent that knows of one alone.
    package var jobs: UInt64?
    /// When the machine signed the lease, Unix seconds; nil from an agent that does not say.
    package var createdAt: UInt64?
    /// The latest job's program and arguments as a shell takes them, at most `AgentLimits.commandShownBytesMax`; nil before
    /// there is one, and where its image's own is run.
    package var command: Untrusted?
    /// The latest job's image as the buyer named it; nil where it has no name.
    package var image: Untrusted?
    /// What the running job has used by its last sample, a little more than its last receipt says; nil while none runs.
    package var metered: MeteredUsage?

    /// Whether the lease waits for another job, the last one being over.
    package var isOpenAgain: Bool { phase == .open && jobs ?? 0 > 0 }

    package init(
        lease: LeaseID, payer: Address, phase: LeasePhaseName, exit: ExitReason?, startedAt: UInt64?, endedAt: UInt64?,
        usage: Usage, amount: Amount, vouched: Amount, claimed: Amount, deposit: Amount, receipts: UInt64,
        logBytes: UInt64, note: Untrusted, live: LiveUsage? = nil, published: [PublishedPort]? = nil,
        jobs: UInt64? = nil, createdAt: UInt64? = nil, command: Untrusted? = nil, image: Untrusted? = nil,
        metered: MeteredUsage? = nil
    ) {
        self.lease = lease
        self.payer = payer
        self.phase = phase
        self.exit = exit
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.usage = usage
        self.amount = amount
        self.vouched = vouched
        self.claimed = claimed
        self.deposit = deposit
        self.receipts = receipts
        self.logBytes = logBytes
        self.note = note
        self.live = live
        self.published = published
        self.jobs = jobs
        self.createdAt = createdAt
        self.command = command
        self.image = image
        self.metered = metered
    }
}

/// What a job has used, and what that comes to: no receipt says so yet.
package struct MeteredUsage: Codable, Equatable, Sendable {
    package var usage: Usage
    package var amount: Amount

    package init(usage: Usage, amount: Amount) {
        self.usage = usage
        self.amount = amount
    }
}

/// The agent in brief.
package struct AgentStatus: Codable, Equatable, Sendable {
    package var version: Untrusted
    package var machine: Address
    package var owner: Address
    /// Digest of the offer on the ledger; nil before the first is published.
    package var offer: Digest?
    package var runtime: Untrusted
    package var cgroupLayout: Untrusted
    package var jobs: [JobStatus]
    /// Entries written but not yet accepted by the ledger.
    package var outboxPending: UInt64
    /// The last error of each part, for people; empty when all is well.
    package var problems: [Untrusted]
    /// Nil for everybody but the owner, and from an agent that does not say.
    package var standing: AgentStanding?
    /// The ledger that the agent serves, so that a session for it can be signed while that one is away; nil before it has met one,
    /// and from an agent that does not say.
    package var ledger: EIP712Domain?

    package init(
        version: Untrusted, machine: Address, owner: Address, offer: Digest?, runtime: Untrusted,
        cgroupLayout: Untrusted,
        jobs: [JobStatus], outboxPending: UInt64, problems: [Untrusted], standing: AgentStanding? = nil,
        ledger: EIP712Domain? = nil
    ) {
        self.version = version
        self.machine = machine
        self.owner = owner
        self.offer = offer
        self.runtime = runtime
        self.cgroupLayout = cgroupLayout
        self.jobs = jobs
        self.outboxPending = outboxPending
        self.problems = problems
        self.standing = standing
        self.ledger = ledger
    }
}
