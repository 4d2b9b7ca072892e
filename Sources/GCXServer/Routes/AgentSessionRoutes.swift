import GCXAgent
import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Hummingbird

/// Who was let in with which session, and shutting a session out.
struct AgentSessionRoutes: Sendable {
    let agent: any AgentHost
    let caller: @Sendable (Request) async throws(AgentError) -> Caller

    func add(to router: APIRouter) {
        router.answer(AgentCalls.sessions) { request, _ in
            try Response.list(try await agent.sessions(from: request.cursor, by: caller(request)))
        }
        // Whoever has the session's key has not the account's, and cannot keep its holder from this; nobody logs in for it.
        router.answer(AgentCalls.revoke) { request, _ in
            let revocation: Signed<SessionRevocation> = try await request.body(of: AgentCalls.revoke).value
            return try Response.json(try await agent.revoke(revocation))
        }
    }
}
