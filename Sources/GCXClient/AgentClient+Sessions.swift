package import GCXLedger
package import GCXModel
package import GCXSigning
package import GCXWire

extension AgentClient {
    package func sessions(from place: UInt64?, by caller: Caller) async throws(AgentError) -> Page<SessionUse> {
        try await page("/v1/sessions", from: place, by: caller)
    }

    package func revoke(_ revocation: Signed<SessionRevocation>) async throws(AgentError) -> RevokedSessions {
        // It carries its signature, and whoever has to sign in for it could not revoke what a thief has.
        try await post("/v1/sessions/revoke", revocation, by: .owner, isRepeatable: true)
    }
}
