import GCXLedger
import GCXModel
import GCXWire

extension LeaseKeeper {
    /// Writes the request down and starts the job. The same request again changes nothing.
    func submit(_ request: JobRequest) async throws(AgentError) {
        try await exclusively { () async throws(AgentError) in
            guard case .open = phase else { throw try refusal(request) }
            try await checkEscrow()
            try checkCredit()
            try await begin(request)
        }
    }

    /// Gives a complete upload its place, unless the job was submitted meanwhile.
    func place(_ file: consuming CompleteUpload, _ kind: UploadKind) async throws(AgentError) {
        try await exclusively(giving: file) { (file: consuming CompleteUpload) async throws(AgentError) in
            guard case .open = phase else {
                throw .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "open")
            }
            try LeaseUploads(id, context).place(file, kind, while: .open)
            try renewIdle()
        }
    }

    private func refusal(_ request: JobRequest) throws(AgentError) -> AgentError {
        if case .proposed = phase { return .escrowMissing(id, "the lease is not open on the ledger") }
        return .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "open")
    }

    private func checkEscrow() async throws(AgentError) {
        guard let record = try await leaseOnLedger() else {
            throw .escrowMissing(id, "the lease is not open on the ledger")
        }
        guard case .open(let deposit, _) = record.escrow else {
            throw .escrowMissing(id, "it is closing or closed")
        }
        guard context.now() >= terms.startsAt else {
            throw .badRequest("the lease begins at \(RFC3339.moment(terms.startsAt))")
        }
        guard context.now() < terms.endsAt else {
            throw .escrowMissing(id, "the lease ended at \(RFC3339.moment(terms.endsAt))")
        }
        self.deposit = deposit
    }

    /// Lets the job stand still because somebody asks; asked again, nothing changes.
    func hold(by who: ExitReason.Canceller) async throws(AgentError) {
        try await exclusively { () async throws(AgentError) in
            switch phase {
            case .running: try await take(.holdAsked(by: who), note: "paused by the \(who.rawValue)")
            case .held: break
            default: throw .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "running")
            }
        }
    }

    /// Lets a held job go on. One that waits for a voucher is not woken by this.
    func release() async throws(AgentError) {
        try await exclusively { () async throws(AgentError) in
            switch phase {
            case .held: try await take(.releaseAsked, note: "the job runs")
            case .running: break
            default: throw .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "held")
            }
        }
    }

    /// Ends the job because somebody asks; a lease without a job is closed instead.
    func cancel(by who: ExitReason.Canceller) async throws(AgentError) {
        try await exclusively { () async throws(AgentError) in
            if case .open = phase {
                return try await take(.expiredUnused(at: context.now()), note: "cancelled by the \(who.rawValue)")
            }
            guard phase.mayHaveProcess else {
                throw .wrongPhase(id, phase: Untrusted(phase.name.rawValue), wanted: "open or running")
            }
            try await take(.mustEnd(.cancelled(by: who)), note: "cancelled by the \(who.rawValue)")
        }
    }
}
