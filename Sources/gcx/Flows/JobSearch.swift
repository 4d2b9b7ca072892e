import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire

/// A lease's job at the agent that has it, and who asks there.
struct FoundJob: Sendable {
    let agent: AgentClient
    let lease: LeaseID
    let caller: Caller
    /// The key that asks; nil for the machine's owner.
    let payer: KeystoreCustody?
}

/// Finds the job that a command names: at the agent that is named, or that this machine has; else at the one that the lease's
/// offer names on the ledger.
///
/// What `gcx run` remembers of a job that it left stands in for what is not said: the payer's key, the ledger, the agent.
struct JobSearch {
    let name: LeaseName
    let key: String?
    let passwordFile: String?
    let agent: AgentOptions
    let ledger: LedgerOptions
    /// What is remembered of the only job whose id begins so.
    private let kept: (lease: LeaseID, job: KeptJob)?

    init(_ name: LeaseName, _ caller: CallerOptions, _ agent: AgentOptions, _ ledger: LedgerOptions) {
        (self.name, key, passwordFile, self.agent) = (name, caller.key, caller.passwordFile, agent)
        let kept = Self.kept(name)
        self.kept = kept
        self.ledger = ledger.orElse(kept?.job.ledger)
    }

    /// Whether `gcx run` has left such a job.
    var isKept: Bool { kept != nil }

    private static func kept(_ name: LeaseName) -> (lease: LeaseID, job: KeptJob)? {
        guard let jobs = JournalPlace.ofUser?.keptJobs, let lease = name.only(of: jobs.map(\.lease)) else { return nil }
        return jobs.first { $0.lease == lease }
    }

    /// - Throws: what the agent that was asked first said, where nobody can be asked besides.
    func find() async throws -> FoundJob {
        let payer = try key.map { try KeyFile.unlock($0, passwordFile: passwordFile) }
        do {
            return try await near(payer)
        } catch let error as any RemediedError {
            guard mayBeElsewhere, (error as? CommandError)?.isAmbiguous != true else { throw error }
        }
        return try await far(payer)
    }

    /// Whoever names an agent means that one, unless it is another's by the very job that is remembered.
    private var mayBeElsewhere: Bool {
        guard agent.agent == nil else { return false }
        return kept != nil || agent.named == nil && key != nil
    }

    /// At the agent that is named, or that this machine has.
    private func near(_ payer: KeystoreCustody?) async throws -> FoundJob {
        let client = try agent.open()
        try await client.requireThere()
        let caller: Caller =
            if let payer { try await CallerOptions.caller(payer, agent: client, ledger: ledger) } else { .owner }
        let lease = try await name.id(on: client, by: caller)
        // Of a whole id nothing was asked yet, and it need not be this machine's.
        if mayBeElsewhere { _ = try await client.job(lease, by: caller) }
        return FoundJob(agent: client, lease: lease, caller: caller, payer: payer)
    }

    /// At the agent with which the lease was made.
    private func far(_ payer: KeystoreCustody?) async throws -> FoundJob {
        let payer = try payer ?? keptPayer()
        let book = try ledger.open()
        let lease = if let kept { kept.lease } else { try await name.id(on: book, of: payer.address) }
        let terms = try await book.lease(lease).terms
        let client = try await search().agent(of: terms, on: book)
        let caller = try await CallerOptions.caller(
            payer, of: client, machine: terms.machine, in: try await book.identity().domain)
        return FoundJob(agent: client, lease: lease, caller: caller, payer: payer)
    }

    private func search() throws -> AgentSearch {
        guard let named = kept?.job.agent else { return try AgentOptions.anywhere }
        return AgentSearch(named: try ServerAddress(named), installed: nil)
    }

    /// The key with which `gcx run` began the job.
    func keptPayer() throws -> KeystoreCustody {
        guard let job = kept?.job else {
            throw CommandError("nobody is named who pays for the job", fix: "Name the payer's key with --key.")
        }
        return try KeyFile.unlock(job.key, passwordFile: passwordFile ?? job.passwordFile)
    }
}
