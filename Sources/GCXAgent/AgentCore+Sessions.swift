package import GCXLedger
package import GCXModel
package import GCXSigning
package import GCXWire
import Logging

extension AgentCore {
    /// Throws unless a session lets its holder in now.
    nonisolated func check(_ session: Signed<ApiSession>) throws(AgentError) {
        let identity = context.identity
        try SessionCheck(machine: identity.machine.address, domain: identity.domain, now: context.now()).check(session)
        try requireStanding(of: .session(session))
    }

    package nonisolated func admit(_ session: Signed<ApiSession>, from place: Untrusted) throws(AgentError) {
        try check(session)
        let id = session.digest(in: context.identity.domain)
        do throws(AgentError) {
            try sessionBook.note(session.document, id: id, from: place, at: context.now())
        } catch {
            // Whoever may come in is not kept out by what is noted of him.
            context.logger.warning("use of a session not noted", metadata: ["error": "\(error.description)"])
        }
    }

    package nonisolated func requireStanding(of caller: Caller) throws(AgentError) {
        guard case .session(let session) = caller,
            let time = sessionBook.revokedAt(session.document, id: session.digest(in: context.identity.domain))
        else { return }
        throw .sessionRevoked(at: time)
    }

    package func sessions(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<SessionUse> {
        var account: Address?
        if case .session(let session) = caller {
            try check(session)
            account = session.document.account
        }
        return try sessionBook.page(of: account, before: place, at: context.now())
    }

    package func revoke(_ revocation: Signed<SessionRevocation>) async throws(AgentError) -> RevokedSessions {
        let (identity, now) = (context.identity, context.now())
        try RevocationCheck(machine: identity.machine.address, domain: identity.domain, now: now).check(revocation)
        let seen = try sessionBook.revoke(revocation.document, at: now)
        context.logger.notice(
            "sessions revoked",
            metadata: ["account": "\(revocation.document.account.checksummed)", "sessions": "\(seen)"])
        return RevokedSessions(account: revocation.document.account, seen: seen)
    }

    /// Writes down when sessions were used last, and forgets those that are over.
    nonisolated func keepSessions() async {
        do throws(AgentError) {
            try sessionBook.write(at: context.now())
            await context.problems.clear("sessions")
        } catch {
            await context.problems.note("sessions", error.description)
        }
    }
}
