import GCXAgent
import GCXLedger
import GCXModel
import GCXWire
import Hummingbird

/// What became of a job: its report, its events, its bundle; and letting it stand still.
struct AgentReportRoutes: Sendable {
    let agent: any AgentHost
    let caller: @Sendable (Request) async throws(AgentError) -> Caller
    let waits: WaitingCalls

    func add(to router: APIRouter) {
        router.answer(AgentCalls.report) { request, context in
            try Response.json(try await agent.report(context.lease, by: caller(request)))
        }
        router.answer(AgentCalls.bundle) { request, context in
            guard let text = try await agent.bundle(context.lease, by: caller(request)) else {
                return Response(status: .noContent)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: .init(string: text)))
        }
        router.answer(AgentCalls.leaseEvents) { request, context in try await events(request, of: context.lease) }
        router.answer(AgentCalls.events) { request, _ in try await events(request, of: nil) }
        router.answer(AgentCalls.hold) { request, context in
            try Response.json(try await agent.hold(context.lease, by: caller(request)))
        }
        router.answer(AgentCalls.release) { request, context in
            try Response.json(try await agent.release(context.lease, by: caller(request)))
        }
    }

    private func events(_ request: Request, of lease: LeaseID?) async throws -> Response {
        let caller = try await caller(request)
        let after = try request.query("after", as: UInt64.self) ?? 0
        return try await waits.waiting(for: lease, try request.waitSeconds) { wait in
            let events = try await agent.events(of: lease, after: after, waitSeconds: wait, by: caller)
            return try Response.list(Page(items: events, next: events.last?.sequence))
        }
    }
}
