import GCXModel
import GCXSigning
import GCXWire

/// Sessions as a table.
enum SessionTable {
    /// - Parameter own: the session by which the list was asked for; nil for the machine's owner.
    static func make(_ sessions: [SessionUse], own: ApiSession?) -> TextTable {
        var table = TextTable(
            [
                .id("session"), .text("state", least: 8), .whole("last used"), .text("from", least: 12),
                .whole("signed"), .whole("ends"), .id("account"),
            ], dropping: ["account", "ends", "signed"])
        for use in sessions {
            table.add([
                "\(use.id)", state(use, own: own), RFC3339.moment(use.lastUsedAt), places(use),
                RFC3339.moment(use.session.issuedAt), RFC3339.moment(use.session.expiresAt),
                use.session.account.checksummed,
            ])
        }
        return table
    }

    /// Where it was used, the last place first.
    static func places(_ use: SessionUse) -> String {
        use.places.isEmpty ? "-" : use.places.map(\.from.shown).joined(separator: "; ")
    }

    private static func state(_ use: SessionUse, own: ApiSession?) -> String {
        if use.revokedAt != nil { return "revoked" }
        return use.session == own ? "this command" : "good"
    }
}

/// A session for programs: times as RFC 3339 has them.
struct SessionDocument: Encodable {
    struct Place: Encodable {
        let from: Untrusted
        let usedAt: String
    }

    let id: Digest
    let account: Address
    /// What is shown in the handshake by whoever may use it.
    let key: Address
    let machine: Address
    let issuedAt, expiresAt, firstUsedAt, lastUsedAt: String
    let places: [Place]
    let revokedAt: String?

    init(_ use: SessionUse) {
        id = use.id
        (account, key, machine) = (use.session.account, use.session.session, use.session.audience)
        (issuedAt, expiresAt) = (Self.time(use.session.issuedAt), Self.time(use.session.expiresAt))
        (firstUsedAt, lastUsedAt) = (Self.time(use.firstUsedAt), Self.time(use.lastUsedAt))
        places = use.places.map { Place(from: $0.from, usedAt: Self.time($0.usedAt)) }
        revokedAt = use.revokedAt.map(Self.time)
    }

    fileprivate static func time(_ seconds: UInt64) -> String {
        let (date, clock) = RFC3339.parts(ofSeconds: seconds)
        return "\(date)T\(clock)Z"
    }
}

/// What was revoked, for programs.
struct RevocationDocument: Encodable {
    let account: Address
    let machine: Address
    /// Nil for all that were signed until `at`.
    let session: Digest?
    let at: String
    /// How many sessions that the agent has seen it means.
    let seen: UInt64

    init(_ revocation: SessionRevocation, _ revoked: RevokedSessions) {
        (account, machine) = (revocation.account, revocation.audience)
        session = revocation.isOfAll ? nil : revocation.session
        (at, seen) = (SessionDocument.time(revocation.at), revoked.seen)
    }
}
