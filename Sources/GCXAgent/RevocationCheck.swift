import GCXModel
import GCXSigning
import GCXWire

/// Whether a revocation of sessions holds: a pure function over the document and the time.
struct RevocationCheck: Sendable {
    /// Who is asked.
    let machine: Address
    let domain: EIP712Domain
    /// Unix seconds.
    let now: UInt64

    /// - Throws: `AgentError.revocationRefused` unless the account signed it, for this machine, at a time of which a session may
    ///   still be good, and not ahead of our clock.
    func check(_ revocation: Signed<SessionRevocation>) throws(AgentError) {
        let document = revocation.document
        do { try revocation.verify(signer: document.account, in: domain) } catch {
            throw .revocationRefused(
                "it is not signed by \(document.account.checksummed): \(error.description)",
                remedy: "Sign it with the key of the account whose sessions they are.")
        }
        guard document.audience == machine else {
            throw .revocationRefused(
                "it is for machine \(document.audience.checksummed)",
                remedy: "Send it to that machine's agent, or sign one for this machine, \(machine.checksummed).")
        }
        try checkTime(document.at)
    }

    // One of the future would shut the account out until then.
    private func checkTime(_ at: UInt64) throws(AgentError) {
        guard at <= now.saturatingSum(AgentLimits.sessionSkewSeconds) else {
            throw .revocationRefused(
                "it is of \(RFC3339.moment(at)), and it is \(RFC3339.moment(now)) here",
                remedy: "Set this machine's clock, and sign it again.")
        }
        guard Self.end(at: at) > now else {
            throw .revocationRefused(
                "it is of \(RFC3339.moment(at)), and every session of that time is over",
                remedy: "Sign it again with the time of now.")
        }
    }

    /// When every session is over that was issued until a time, whatever its buyer's clock said. Unix seconds, both.
    static func end(at time: UInt64) -> UInt64 {
        // The session may have begun ahead of our clock, and lasts as long as it may from there.
        time.saturatingSum(AgentLimits.sessionSecondsMax).saturatingSum(AgentLimits.sessionSkewSeconds)
            .saturatingSum(AgentLimits.sessionSkewSeconds)
    }
}
