package import GCXModel
package import GCXSandbox
package import GCXSigning
package import GCXWire

/// What the owner decided, as plain values; `gcx agent` makes it from the configuration file.
package struct AgentSettings: Sendable {
    package var stateDirectory: String
    package var sampleInterval: Duration
    package var stopGraceMilliseconds: UInt64
    package var logBytesMax: UInt64
    /// Where the job's buyer does not say.
    package var logKeep: LogKeep
    package var imageBytesMax: UInt64
    package var inputBytesMax: UInt64
    /// How images are kept and which may be pulled.
    package var images = ImageSettings()
    package var pidsDefault: UInt64
    package var jobs: JobPolicy
    /// How often the machine is looked at again.
    package var probeInterval: Duration
    package var offer: OfferPolicy
    /// Nil gives no job a network.
    package var network: NetworkPolicy?

    package init(
        stateDirectory: String, sampleInterval: Duration, stopGraceMilliseconds: UInt64, logBytesMax: UInt64,
        logKeep: LogKeep = .end,
        imageBytesMax: UInt64, inputBytesMax: UInt64, pidsDefault: UInt64, probeInterval: Duration, offer: OfferPolicy,
        jobs: JobPolicy = JobPolicy(), network: NetworkPolicy? = nil
    ) {
        self.stateDirectory = stateDirectory
        self.sampleInterval = sampleInterval
        self.stopGraceMilliseconds = stopGraceMilliseconds
        self.logBytesMax = logBytesMax
        self.logKeep = logKeep
        self.imageBytesMax = imageBytesMax
        self.inputBytesMax = inputBytesMax
        self.pidsDefault = pidsDefault
        self.probeInterval = probeInterval
        self.offer = offer
        self.jobs = jobs
        self.network = network
    }

    /// The database of the agent.
    package var databasePath: String { "\(stateDirectory)/agent.sqlite" }
    /// A directory for each job; see `JobDirectory`.
    package var jobsPath: String { "\(stateDirectory)/jobs" }
    /// Where uploads wait for their job.
    package var uploadsPath: String { "\(stateDirectory)/uploads" }
    /// Logs of jobs whose directory is gone.
    package var historyPath: String { "\(stateDirectory)/history" }
    /// Where the job of a lease leaves what is to be read.
    package func directory(of lease: LeaseID) -> JobDirectory { JobDirectory(jobs: jobsPath, name: JobName(of: lease)) }
    /// What attestations were made from: `DIGEST.json` each, a few hundred kilobytes a measurement.
    package var evidencePath: String { "\(stateDirectory)/evidence" }
}

/// What is for sale and on what terms.
package struct OfferPolicy: Equatable, Sendable {
    package var region: String
    package var coresReserved: UInt32
    package var memoryReservedBytes: UInt64
    package var storageBytes: UInt64
    package var leaseSeconds: ClosedRange<UInt64>
    package var receiptSeconds: UInt64
    package var graceSeconds: UInt64
    package var closeWindowSeconds: UInt64
    package var creditLimit: Amount
    package var validSeconds: UInt64
    package var rates: Rates
    package var allow: [Address]
    package var deny: [Address]
    /// Where the agent answers, when it counts as gone, and what an unused lease costs; nil says nothing of it.
    package var conduct: OfferConduct?

    package init(
        region: String, coresReserved: UInt32, memoryReservedBytes: UInt64, storageBytes: UInt64,
        leaseSeconds: ClosedRange<UInt64>, receiptSeconds: UInt64, graceSeconds: UInt64, closeWindowSeconds: UInt64,
        creditLimit: Amount, validSeconds: UInt64, rates: Rates, allow: [Address], deny: [Address],
        conduct: OfferConduct? = nil
    ) {
        self.region = region
        self.coresReserved = coresReserved
        self.memoryReservedBytes = memoryReservedBytes
        self.storageBytes = storageBytes
        self.leaseSeconds = leaseSeconds
        self.receiptSeconds = receiptSeconds
        self.graceSeconds = graceSeconds
        self.closeWindowSeconds = closeWindowSeconds
        self.creditLimit = creditLimit
        self.validSeconds = validSeconds
        self.rates = rates
        self.allow = allow
        self.deny = deny
        self.conduct = conduct
    }
}

/// Who the agent is on one ledger.
package struct AgentIdentity: Sendable {
    package let machine: any KeyCustody
    package let grant: Signed<MachineGrant>
    package let domain: EIP712Domain

    package var owner: Address { grant.document.owner }

    /// - Throws: `AgentError.notAllowed` when the grant is for another machine, another ledger, or not the owner's.
    package init(
        machine: any KeyCustody, grant: Signed<MachineGrant>, domain: EIP712Domain
    ) throws(AgentError) {
        guard grant.document.machine == machine.address else {
            throw .notAllowed(
                "the grant is for machine \(grant.document.machine.checksummed), and the key is \(machine.address.checksummed)"
            )
        }
        do { try grant.verify(signer: grant.document.owner, in: domain) } catch {
            throw .notAllowed("the machine grant does not hold on this ledger: \(error.description)")
        }
        self.machine = machine
        self.grant = grant
        self.domain = domain
    }

    /// Refuses when the grant is over at `now`, Unix seconds.
    func requireGrant(at now: UInt64) throws(AgentError) {
        guard now < grant.document.expiresAt else { throw .grantExpired(at: grant.document.expiresAt) }
    }

    /// Signs a document with the machine's key.
    func sign<Document>(_ document: Document) async throws(AgentError) -> Signed<Document> {
        do { return try await Signed(document, by: machine, in: domain) } catch {
            throw .notAllowed("the machine's key cannot sign: \(error.description)")
        }
    }
}
