package import GCXModel

/// A session as the machine's agent knows it: who was let in with it, from where, and when last.
package struct SessionUse: Codable, Equatable, Sendable {
    /// The digest that its account signed.
    package var id: Digest
    package var session: ApiSession
    /// Unix seconds by the agent's clock.
    package var firstUsedAt: UInt64
    /// Where its holder called from, the last place first; at most ``WireLimits/sessionPlacesMax``.
    package var places: [SessionPlace]
    /// Since when it is refused, Unix seconds; nil while it is not.
    package var revokedAt: UInt64?

    package init(
        id: Digest, session: ApiSession, firstUsedAt: UInt64, places: [SessionPlace], revokedAt: UInt64? = nil
    ) {
        self.id = id
        self.session = session
        self.firstUsedAt = firstUsedAt
        self.places = places
        self.revokedAt = revokedAt
    }

    /// Unix seconds.
    package var lastUsedAt: UInt64 { places.map(\.usedAt).max() ?? firstUsedAt }
}

/// Where the holder of a session called from.
package struct SessionPlace: Codable, Equatable, Sendable {
    /// For people: an address, or a user of the machine itself.
    package var from: Untrusted
    /// The last time, Unix seconds.
    package var usedAt: UInt64

    package init(from: Untrusted, usedAt: UInt64) {
        self.from = from
        self.usedAt = usedAt
    }

    /// One list of two, the last place first, each once.
    package static func merged(_ some: [SessionPlace], _ others: [SessionPlace]) -> [SessionPlace] {
        var places: [SessionPlace] = []
        // bounded here: joins two short lists
        for place in (some + others).sorted(by: { ($1.usedAt, $0.from) < ($0.usedAt, $1.from) })
        where !places.contains(where: { $0.from == place.from }) {
            places.append(place)
        }
        return Array(places.prefix(WireLimits.sessionPlacesMax))
    }
}

/// What became of a `SessionRevocation`.
package struct RevokedSessions: Codable, Equatable, Sendable {
    package var account: Address
    /// How many sessions that the agent has seen it means. One that it has not seen is refused as well when it comes.
    package var seen: UInt64

    package init(account: Address, seen: UInt64) {
        self.account = account
        self.seen = seen
    }
}
