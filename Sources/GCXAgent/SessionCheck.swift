package import GCXModel
package import GCXSigning
package import GCXWire

/// Whether a session lets its holder in: a pure function over the session and the time.
package struct SessionCheck: Sendable {
    /// Who is asked.
    package let machine: Address
    package let domain: EIP712Domain
    /// Unix seconds.
    package let now: UInt64

    package init(machine: Address, domain: EIP712Domain, now: UInt64) {
        (self.machine, self.domain, self.now) = (machine, domain, now)
    }

    /// - Throws: `AgentError.notAllowed` unless the account that the session names signed it, for this machine, for
    ///   a time that has begun, is not over, and is over within ``AgentLimits/sessionSecondsMax``.
    package func check(_ session: Signed<ApiSession>) throws(AgentError) {
        let document = session.document
        do { try session.verify(signer: document.account, in: domain) } catch {
            throw .notAllowed("the session does not hold: \(error.description)")
        }
        guard document.audience == machine else {
            throw .notAllowed("the session is for machine \(document.audience.checksummed)")
        }
        try checkTime(document)
    }

    // Both ends are compared with our clock, for whoever signs chooses both: one that begins and ends in ten years is no
    // shorter than one that begins today.
    private func checkTime(_ document: ApiSession) throws(AgentError) {
        let most = AgentLimits.sessionSecondsMax
        let (latestStart, latestEnd) = (
            now.saturatingSum(AgentLimits.sessionSkewSeconds),
            now.saturatingSum(AgentLimits.sessionSkewSeconds).saturatingSum(most)
        )
        guard document.issuedAt <= latestStart else {
            throw .notAllowed(
                "the session begins at \(RFC3339.moment(document.issuedAt)), and it is \(RFC3339.moment(now)) here")
        }
        // bounded: the smaller from the larger, asked first
        guard document.expiresAt > document.issuedAt, document.expiresAt - document.issuedAt <= most,
            document.expiresAt <= latestEnd
        else { throw .notAllowed("the session runs for nothing or for more than \(most) s") }
        guard now < document.expiresAt else {
            throw .notAllowed("the session expired at \(RFC3339.moment(document.expiresAt))")
        }
    }
}
