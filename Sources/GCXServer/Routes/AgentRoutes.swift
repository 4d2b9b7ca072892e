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
        router.get("healthz") { [agent] _, _ in
            try await agent.checkHealth()
            return try Response.json(["status": "ok"])
        }
        addLease(to: router.group("v1"))
        addJob(to: router.group("v1"))
        addPages(to: router.group("v1"))
        AgentFileRoutes(agent: agent, caller: caller).add(to: router.group("v1"))
        AgentReportRoutes(agent: agent, caller: caller, waits: waits).add(to: router.group("v1"))
    }

    private func addLease(to group: RouterGroup<BasicRequestContext>) {
        group.get("status") { request, _ in
            try Response.json(try await isOwner(request) ? agent.status() : agent.publicStatus())
        }
        group.post("leases") { request, _ in
            let proposal = try await request.json(LeaseProposal.self, bytesMax: ServerLimits.proposalBodyBytesMax)
            return try Response.json(try await agent.propose(proposal))
        }
        group.post("leases/{lease}/vouchers") { request, context in
            let lease = try context.lease
            let voucher = try await request.json(Signed<Voucher>.self, bytesMax: ServerLimits.voucherBodyBytesMax)
            guard voucher.document.channel == lease else {
                throw AgentError.badRequest("the voucher is for lease \(voucher.document.channel), not \(lease)")
            }
            return try Response.json(try await agent.accept(voucher))
        }
    }

    private func addJob(to group: RouterGroup<BasicRequestContext>) {
        group.post("leases/{lease}/job") { request, context in
            let caller = try caller(request)
            let job = try await request.json(JobRequest.self, bytesMax: ServerLimits.documentBodyBytesMax)
            return try Response.json(try await agent.submit(job, lease: context.lease, by: caller))
        }
        group.get("leases/{lease}/job") { request, context in
            try Response.json(try await agent.job(context.lease, by: caller(request)))
        }
        group.get("jobs") { request, _ in
            try Response.list(try await agent.jobs(from: request.cursor, by: caller(request)))
        }
        group.post("leases/{lease}/cancel") { request, context in
            try Response.json(try await agent.cancel(context.lease, by: caller(request)))
        }
    }

    private func addPages(to group: RouterGroup<BasicRequestContext>) {
        group.get("leases/{lease}/receipts") { request, context in
            let (lease, caller) = (try context.lease, try caller(request))
            let after = try request.query("after", as: UInt64.self) ?? 0
            return try await waits.waiting(for: lease, try request.waitSeconds) { wait in
                let receipts = try await agent.receipts(lease, after: after, waitSeconds: wait, by: caller)
                return try Response.list(Page(items: receipts, next: receipts.last?.document.sequence))
            }
        }
        group.get("leases/{lease}/log") { request, context in
            let (lease, caller) = (try context.lease, try caller(request))
            let query = try request.logQuery
            return try await waits.waiting(for: lease, query.waitSeconds) { wait in
                var query = query
                query.waitSeconds = wait
                return Response(try await agent.log(lease, query, by: caller))
            }
        }
    }

    /// - Throws: `AgentError.notAllowed` for a stranger's call without a session, or with a broken one anywhere.
    private func caller(_ request: Request) throws(AgentError) -> Caller {
        if let header = request.headers[.authorization] {
            let session = try SessionHeader.parse(header)
            try Visit.current?.check(session.document)
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
