import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Synchronization

// dictionaries: revoked, recent

/// The sessions that came to the agent: which of them are refused, and when each was used last.
///
/// Whoever asks whether one is refused, asks memory: it is asked for every request, and again for every piece of a stream. A use
/// is written at most twice in a ``AgentLimits/cleanSeconds``, however often the session is used: the first one at once, the last
/// one by ``write(at:)``. An agent that is killed forgets no more than that.
final class SessionBook: Sendable {
    fileprivate struct State: Sendable {
        /// By account and by the session's id, zero for all of an account: Unix seconds.
        var revoked: [Address: [Digest: KeptRevocation]] = [:]
        /// By account: what was used since the last writing.
        var recent: [Address: [Digest: Recent]] = [:]
    }

    fileprivate struct Recent: Sendable {
        var use: SessionUse
        /// Whether there is more to say than the store knows.
        var isNews = false
    }

    private let store: AgentStore
    private let state: Mutex<State>

    /// - Parameter now: Unix seconds.
    init(_ store: AgentStore, at now: UInt64) throws(AgentError) {
        self.store = store
        var state = State()
        for kept in try store.revocations(at: now) { state.add(kept) }
        self.state = Mutex(state)
    }

    /// Since when a session is refused, Unix seconds; nil while it is not.
    func revokedAt(_ session: ApiSession, id: @autoclosure () -> Digest) -> UInt64? {
        state.withLock { state in
            // Where nothing was revoked, nothing has to be hashed.
            guard let known = state.revoked[session.account] else { return nil }
            let id = id()
            // bounded: a dictionary
            return [known[.zero], known[id]].compactMap(\.self).filter { $0.means(session, id) }.map(\.at).min()
        }
    }

    /// Notes that a session was used. What is beyond ``AgentLimits/sessionsPerAccountMax`` sessions of one account between two
    /// writings is let in and not noted.
    ///
    /// - Parameter place: where its holder called from.
    func note(_ session: ApiSession, id: Digest, from place: Untrusted, at now: UInt64) throws(AgentError) {
        let use = SessionUse(
            id: id, session: session, firstUsedAt: now, places: [SessionPlace(from: place, usedAt: now)])
        guard state.withLock({ $0.isNew(use) }), try store.note(use, at: now) else { return }
        state.withLock { $0.remember(use) }
    }

    /// Brings what was used into the store, and forgets what is over.
    func write(at now: UInt64) throws(AgentError) {
        let recent = state.withLock { state in
            defer { state.recent = [:] }
            return state.recent.values.flatMap(\.values)
        }
        for one in recent where one.isNews { _ = try store.note(one.use, at: now) }
        try store.forgetSessions(at: now)
        state.withLock { $0.forget(at: now) }
    }

    /// - Parameter account: nil for all accounts.
    func page(of account: Address?, before place: UInt64?, at now: UInt64) throws(AgentError) -> Page<SessionUse> {
        var page = try store.sessions(of: account, before: place, at: now)
        page.items = page.items.map { use in
            var use = use
            if let recent = state.withLock({ $0.recent[use.session.account]?[use.id] }) {
                use.places = SessionPlace.merged(recent.use.places, use.places)
            }
            use.revokedAt = revokedAt(use.session, id: use.id)
            return use
        }
        return page
    }

    /// Refuses sessions from now on.
    ///
    /// - Returns: how many known sessions it means.
    func revoke(_ revocation: SessionRevocation, at now: UInt64) throws(AgentError) -> UInt64 {
        let kept = KeptRevocation(
            account: revocation.account, id: revocation.session, at: revocation.at, until: RevocationCheck.end(at: now))
        let seen = try store.revoke(kept, at: now)
        state.withLock { $0.add(kept) }
        return seen
    }
}

extension SessionBook.State {
    fileprivate mutating func add(_ kept: KeptRevocation) {
        var known = revoked[kept.account] ?? [:]
        var kept = kept
        // bounded here: a dictionary
        if let before = known[kept.id] {
            (kept.at, kept.until) = (max(kept.at, before.at), max(kept.until, before.until))
        }
        known[kept.id] = kept
        revoked[kept.account] = known
    }

    fileprivate mutating func forget(at now: UInt64) {
        revoked = revoked.mapValues { $0.filter { $0.value.until > now } }.filter { !$0.value.isEmpty }
    }

    /// Whether nothing of the session was written since the last writing, and something may be.
    fileprivate mutating func isNew(_ use: SessionUse) -> Bool {
        guard let known = recent[use.session.account] else { return true }
        // bounded: a dictionary
        guard let before = known[use.id] else { return known.count < AgentLimits.sessionsPerAccountMax }
        var use = use
        use.places = SessionPlace.merged(use.places, before.use.places)
        recent[use.session.account]?[use.id] = SessionBook.Recent(use: use, isNews: true)
        return false
    }

    /// Of accounts that have a lease alone, so that strangers fill nothing.
    fileprivate mutating func remember(_ use: SessionUse) {
        // bounded here: a dictionary
        guard recent[use.session.account]?[use.id] == nil else { return }
        recent[use.session.account, default: [:]][use.id] = SessionBook.Recent(use: use)
    }
}
