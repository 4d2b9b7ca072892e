import GCXAgent
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Hummingbird
import Logging
import ServiceLifecycle

/// What an agent answers over HTTP: one route for each call of `AgentOperations`.
struct AgentRoutes: Sendable {
    let agent: any AgentHost
    /// Whether the owner is at the other end of a connection, as far as the kernel says who is.
    let isOwner: @Sendable (Peer) -> Bool
    private let waits = WaitingCalls(most: AgentLimits.waitersPerLeaseMax)

    init(agent: any AgentHost, isOwner: @escaping @Sendable (Peer) -> Bool) {
        self.agent = agent
        self.isOwner = isOwner
    }

    func add(to router: APIRouter) {
        router.answer(SharedCalls.health) { [agent] _, _ in
            try await agent.checkHealth()
            return try Response.json(HealthAnswer())
        }
        addLease(to: router)
        addJob(to: router)
        addPages(to: router)
        AgentFileRoutes(agent: agent, caller: caller).add(to: router)
        AgentReportRoutes(agent: agent, caller: caller, waits: waits).add(to: router)
        AgentSessionRoutes(agent: agent, caller: caller).add(to: router)
    }

    private func addLease(to router: APIRouter) {
        router.answer(AgentCalls.status) { request, _ in
            try Response.json(try await isOwner(request) ? agent.status() : agent.publicStatus())
        }
        router.answer(AgentCalls.propose) { request, _ in
            let proposal: LeaseProposal = try await request.body(of: AgentCalls.propose).value
            return try Response.json(try await agent.propose(proposal))
        }
        router.answer(AgentCalls.voucher) { request, context in
            let lease = try context.lease
            let voucher: Signed<Voucher> = try await request.body(of: AgentCalls.voucher).value
            guard voucher.document.channel == lease else {
                throw AgentError.badRequest("the voucher is for lease \(voucher.document.channel), not \(lease)")
            }
            return try Response.json(try await agent.accept(voucher))
        }
    }

    private func addJob(to router: APIRouter) {
        router.answer(AgentCalls.submit) { request, context in
            let caller = try await caller(request)
            let job: JobRequest = try await request.body(of: AgentCalls.submit).value
            return try Response.json(try await agent.submit(job, lease: context.lease, by: caller))
        }
        router.answer(AgentCalls.job) { request, context in
            try Response.json(try await agent.job(context.lease, by: caller(request)))
        }
        router.answer(AgentCalls.jobs) { request, _ in
            try Response.list(try await agent.jobs(from: request.cursor, by: caller(request)))
        }
        router.answer(AgentCalls.cancel) { request, context in
            try Response.json(try await agent.cancel(context.lease, by: caller(request)))
        }
    }

    private func addPages(to router: APIRouter) {
        router.answer(AgentCalls.receipts) { request, context in
            let (lease, caller) = (try context.lease, try await caller(request))
            let after = try request.query("after", as: UInt64.self) ?? 0
            return try await waits.waiting(for: lease, try request.waitSeconds) { wait in
                let receipts = try await agent.receipts(lease, after: after, waitSeconds: wait, by: caller)
                return try Response.list(Page(items: receipts, next: receipts.last?.document.sequence))
            }
        }
        router.answer(AgentCalls.log) { request, context in
            let (lease, caller) = (try context.lease, try await caller(request))
            let query = try request.logQuery
            return try await waits.waiting(for: lease, query.waitSeconds) { wait in
                var query = query
                query.waitSeconds = wait
                return Response(try await agent.log(lease, query, by: caller))
            }
        }
    }

    /// - Throws: `AgentError.notAllowed` for a stranger's call without a session, or with a broken one anywhere, and
    ///   `AgentError.sessionRevoked`.
    private func caller(_ request: Request) async throws(AgentError) -> Caller {
        if let header = request.headers[.authorization] {
            let session = try SessionHeader.parse(header)
            try Visit.current?.check(session.document)
            try await agent.admit(session, from: Visit.current?.peer.place ?? "")
            return .session(session)
        }
        guard isOwnersConnection else {
            throw .notAllowed(
                "only the machine's owner, root or the user that the agent runs as, may ask this without a key (--key)")
        }
        return .owner
    }

    private func isOwner(_ request: Request) -> Bool { isOwnersConnection && request.headers[.authorization] == nil }

    private var isOwnersConnection: Bool { Visit.current.map { isOwner($0.peer) } ?? false }
}

/// Ends a call that waits when the server is told to stop; the client is told to try again.
func endingAtShutdown(_ operation: @escaping @Sendable () async throws -> Response) async throws -> Response {
    do {
        return try await cancelWhenGracefulShutdown(operation)
    } catch  where Task.isShuttingDownGracefully {
        throw RequestError.shuttingDown
    }
}

extension Request {
    /// How long the caller wants to wait, at most what a call may.
    var waitSeconds: UInt64 {
        get throws { min(try query("wait", as: UInt64.self) ?? 0, WireLimits.longPollSecondsMax) }
    }
}

extension BasicRequestContext {
    var lease: LeaseID {
        get throws { try path("lease") { LeaseID($0) } }
    }
}
