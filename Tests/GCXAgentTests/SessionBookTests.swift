import GCXModel
import GCXSigning
import GCXWire
import GRDB
import Support
import Testing

@testable import GCXAgent

@Suite("Sessions that were used, and those that are revoked")
struct SessionBookTests {
    let bench: AgentBench
    let store: AgentStore
    private var world: TestWorld { bench.world }
    private var now: UInt64 { world.clock.now }

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    /// One of the buyer's, told from others by its key.
    private func session(_ number: UInt8 = 0, by key: PrivateKey? = nil, at: UInt64? = nil) -> Signed<ApiSession> {
        let key = key ?? world.buyer
        let issued = at ?? now
        return world.sign(
            ApiSession(
                account: key.address, session: Address(checkedBytes: [UInt8](repeating: number, count: Address.length)),
                audience: world.machine.address, issuedAt: issued, expiresAt: issued + 3_600), by: key)
    }

    private func id(_ session: Signed<ApiSession>) -> Digest { session.digest(in: world.domain) }

    private func revocation(
        of session: Signed<ApiSession>? = nil, by key: PrivateKey? = nil, at: UInt64? = nil,
        _ edit: (inout SessionRevocation) -> Void = { _ in }
    ) -> Signed<SessionRevocation> {
        var document = SessionRevocation(
            account: world.buyer.address, audience: world.machine.address, session: session.map(id) ?? .zero,
            at: at ?? now)
        edit(&document)
        return world.sign(document, by: key ?? world.buyer)
    }

    private func rows() throws -> [SessionUse] { try store.sessions(of: nil, before: nil, at: now, most: 10_000).items }

    private func isRevoked(_ session: Signed<ApiSession>, _ core: AgentCore) -> Bool {
        do throws(AgentError) {
            try core.admit(session, from: "x")
            return false
        } catch {
            guard case .sessionRevoked = error else {
                Issue.record("\(error.description)")
                return false
            }
            return true
        }
    }

    private func refusal(_ revocation: Signed<SessionRevocation>, _ core: AgentCore) async -> String? {
        do throws(AgentError) {
            _ = try await core.revoke(revocation)
            return nil
        } catch {
            guard case .revocationRefused(let why, let remedy) = error else { return error.description }
            return "\(why.shown): \(remedy.shown)"
        }
    }

    @Test("the last use of a session is shown with its places, the last first, and a few of them are kept")
    func uses() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let own = session()
        let first = now
        for place in ["a", "b", "c", "d", "e", "b"] {
            try core.admit(own, from: Untrusted(place))
            world.clock.advance(1)
        }
        let shown = try #require(try await core.sessions(from: nil, by: .session(own)).items.first)
        #expect(shown.id == id(own) && shown.session == own.document && shown.revokedAt == nil)
        #expect(shown.firstUsedAt == first && shown.lastUsedAt == first + 5)
        #expect(shown.places.map(\.from) == ["b", "e", "d", "c"])
    }

    @Test("a session that is used a thousand times is written twice, and nothing is lost when the agent stops")
    func writing() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let (own, first) = (session(), now)
        let before = try store.changes()
        for _ in 0..<1_000 { try core.admit(own, from: "a") }
        world.clock.advance(5)
        try core.admit(own, from: "b")
        #expect(try store.changes() - before == 1)
        #expect(try rows().first?.lastUsedAt == first)
        await core.keepSessions()
        #expect(try rows().first?.places.map(\.from) == ["b", "a"])
        let later = try bench.core(store)
        let kept = try await later.sessions(from: nil, by: .owner).items
        #expect(kept.first?.lastUsedAt == first + 5 && kept.first?.firstUsedAt == first)
        world.clock.advance(3_600)
        await later.keepSessions()
        #expect(try store.count("session") == 0, "what is over is forgotten")
    }

    @Test("of one account so many are kept, and the one that is used stays")
    func bound() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let (thief, first) = (session(255), session(0))
        for number in 0..<UInt8(AgentLimits.sessionsPerAccountMax + 10) {
            try core.admit(session(number), from: "a")
            await core.keepSessions()
            world.clock.advance(1)
            try core.admit(thief, from: "b")
        }
        await core.keepSessions()
        let kept = try rows()
        #expect(kept.count == AgentLimits.sessionsPerAccountMax)
        #expect(kept.contains { $0.id == id(thief) } && !kept.contains { $0.id == id(first) })
        // Between two writings no more are noted than are kept.
        let before = try store.changes()
        for number in 0..<UInt8(AgentLimits.sessionsPerAccountMax + 10) { try core.admit(session(number), from: "a") }
        #expect(try store.changes() - before <= AgentLimits.sessionsPerAccountMax * 2)
    }

    @Test("whoever has no lease here writes nothing, and sees nothing")
    func stranger() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        try core.admit(session(), from: "a")
        let before = try store.changes()
        for number in 0..<UInt8(20) { try core.admit(session(number, by: world.stranger), from: "a") }
        await core.keepSessions()
        #expect(try store.changes() == before && rows().count == 1)
        let strangers = Caller.session(session(by: world.stranger))
        #expect(try await core.sessions(from: nil, by: strangers).items.isEmpty)
        let own = revocation(by: world.stranger) { $0.account = world.stranger.address }
        #expect(await refusal(own, core)?.contains("no lease on this machine") == true)
        #expect(try store.count("session_revocation") == 0)
    }

    @Test("a list comes in pages, newest first, each session once")
    func pages() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        for number in 0..<UInt8(AgentLimits.sessionPageMax + 5) { try core.admit(session(number), from: "a") }
        let first = try await core.sessions(from: nil, by: .owner)
        #expect(first.items.count == AgentLimits.sessionPageMax)
        let second = try await core.sessions(from: first.next, by: .owner)
        #expect(second.items.count == 5 && second.next == nil)
        #expect(Set((first.items + second.items).map(\.id)).count == AgentLimits.sessionPageMax + 5)
        #expect(first.items.first?.id == id(session(UInt8(AgentLimits.sessionPageMax + 4))))
    }

    @Test("a revoked session is refused at once at every door, and after a restart, and the account's others are not")
    func revoked() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let (stolen, other) = (session(1), session(2))
        for session in [stolen, other] { try core.admit(session, from: "a") }
        #expect(try await core.revoke(revocation(of: stolen)) == RevokedSessions(account: world.buyer.address, seen: 1))
        for core in [core, try bench.core(store)] {
            #expect(isRevoked(stolen, core) && !isRevoked(other, core))
            let error = await #expect(throws: AgentError.self) { try await core.job(lease, by: .session(stolen)) }
            #expect(error == .sessionRevoked(at: now))
            #expect(error?.status.code == 403 && error?.remedy.instruction.contains("gcx session list") == true)
            #expect(try await core.job(lease, by: .session(other)).lease == lease)
            let shown = try await core.sessions(from: nil, by: .session(other)).items
            #expect(shown.map { $0.revokedAt != nil } == [false, true])
        }
        // A restart long after, when neither could be good, has forgotten it.
        world.clock.advance(AgentLimits.sessionSecondsMax + 2 * AgentLimits.sessionSkewSeconds + 1)
        await core.keepSessions()
        #expect(try store.count("session_revocation") == 0)
    }

    @Test("one that the agent has not seen yet is refused when it comes")
    func unseen() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let stolen = session(1)
        #expect(try await core.revoke(revocation(of: stolen)).seen == 0)
        #expect(isRevoked(stolen, core))
        #expect(try rows().isEmpty)
    }

    @Test(
        "revoking all ends what was signed until that second, and nothing that is signed after it, also when shown again"
    )
    func all() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let (old, same) = (session(1, at: now - 50), session(2))
        for session in [old, same] { try core.admit(session, from: "a") }
        let all = revocation()
        #expect(try await core.revoke(all).seen == 2)
        world.clock.advance(1)
        let next = session(3)
        for core in [core, try bench.core(store)] {
            #expect(isRevoked(old, core) && isRevoked(same, core) && !isRevoked(next, core))
            // Whoever recorded it and sends it again shuts out nobody else; an older one takes nothing back.
            #expect(try await core.revoke(all).seen == 2)
            #expect(try await core.revoke(revocation(at: all.document.at - 100)).seen == 0)
            #expect(isRevoked(same, core) && !isRevoked(next, core))
        }
    }

    @Test("who is not the account, a revocation for another machine, of the future or of long ago: refused, and why")
    func refused() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let own = session()
        try core.admit(own, from: "a")
        let span = AgentLimits.sessionSecondsMax + 2 * AgentLimits.sessionSkewSeconds
        for (revocation, words) in [
            (revocation(of: own, by: world.stranger), "not signed by"),
            (revocation(of: own, by: world.session), "not signed by"),
            (revocation(of: own) { $0.audience = world.owner.address }, "for machine"),
            (revocation(at: now + 61), "Set this machine's clock"), (revocation(at: .max), "Set this machine's clock"),
            (revocation(at: now - span), "every session of that time is over"),
            (revocation(at: 0), "every session of that time is over"),
        ] {
            let said = await refusal(revocation, core)
            #expect(said?.contains(words) == true, "\(said ?? "taken")")
        }
        #expect(!isRevoked(own, core))
        #expect(await refusal(revocation(of: own, at: now - span + 1), core) == nil)
    }

    @Test("another account's word about a session changes nothing for it, and neither does its name in the way")
    func others() async throws {
        _ = try await bench.lease(in: store)
        let other = world.stranger
        let theirs = try await bench.lease(in: store)
        try store.write { database in
            try database.execute(
                sql: "UPDATE lease SET payer = ? WHERE id = ?",
                arguments: [other.address.description, theirs.description])
        }
        let core = try bench.core(store)
        let own = session()
        try core.admit(own, from: "a")
        let word = revocation(of: own, by: other) { $0.account = other.address }
        #expect(try await core.revoke(word).seen == 0)
        #expect(try await core.revoke(revocation(by: other) { $0.account = other.address }).seen == 0)
        #expect(!isRevoked(own, core))
        #expect(try await core.sessions(from: nil, by: .session(session(by: other, at: now + 1))).items.isEmpty)
        #expect(try await core.revoke(revocation(of: own)).seen == 1)
        #expect(isRevoked(own, core))
    }

    @Test("so many are revoked one by one, then all at once")
    func singles() async throws {
        _ = try await bench.lease(in: store)
        let core = try bench.core(store)
        let sessions = (0...UInt8(AgentLimits.revokedPerAccountMax)).map { session($0) }
        for session in sessions.dropLast() { _ = try await core.revoke(revocation(of: session)) }
        #expect(try await core.revoke(revocation(of: sessions[0])).account == world.buyer.address)
        #expect(await refusal(revocation(of: sessions.last), core)?.contains("gcx session revoke --all") == true)
        #expect(try store.count("session_revocation") == AgentLimits.revokedPerAccountMax)
        _ = try await core.revoke(revocation())
        #expect(isRevoked(try #require(sessions.last), core))
    }

    /// Half a minute of its time takes three seconds.
    private var slow: AgentClock {
        let clock = world.clock
        return AgentClock(
            wall: { clock.wall }, boot: { clock.boot }, bootID: { clock.bootID },
            pause: { duration in
                clock.advance(nanoseconds: duration.wholeNanoseconds)
                try? await Task.sleep(for: .milliseconds(5))
            })
    }

    @Test("who waits for a log, receipts or events when his session is revoked is cut off at his next look")
    func waiting() async throws {
        let lease = try await bench.lease(in: store)
        let stolen = session(1)
        let caller = Caller.session(stolen)
        for call: @Sendable (AgentCore) async throws -> Void in [
            { _ = try await $0.receipts(lease, after: 0, waitSeconds: 30, by: caller) },
            { _ = try await $0.log(lease, LogQuery(waitSeconds: 30), by: caller) },
            { _ = try await $0.events(of: nil, after: 1_000, waitSeconds: 30, by: caller) },
        ] {
            let core = try bench.core(store, clock: slow)
            try core.admit(stolen, from: "a")
            let start = world.clock.boot
            let waiting = Task { try await call(core) }
            while world.clock.boot == start { try await Task.sleep(for: .milliseconds(1)) }
            _ = try await core.revoke(revocation(of: stolen))
            let error = await #expect(throws: AgentError.self) { try await waiting.value }
            guard case .sessionRevoked = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            try store.write { try $0.execute(sql: "DELETE FROM session_revocation") }
        }
    }

    @Test("a database of a time before sessions were kept is brought forward with all that is in it")
    func migration() async throws {
        let lease = try await bench.lease(in: store)
        try store.write { database in
            try database.execute(
                sql: """
                    DROP TABLE session; DROP TABLE session_revocation;
                    DELETE FROM grdb_migrations WHERE identifier LIKE 'v9%'; PRAGMA user_version = 8
                    """)
        }
        try store.pool.close()
        let newer = try bench.store()
        let core = try bench.core(newer)
        #expect(try await core.job(lease, by: .owner).lease == lease)
        try core.admit(session(), from: "a")
        #expect(try await core.sessions(from: nil, by: .owner).items.count == 1)
        #expect(try newer.read { try Int32.fetchOne($0, sql: "PRAGMA user_version") } == StoreMark.version)
    }
}

extension AgentStore {
    /// Rows that were written since the database was opened.
    fileprivate func changes() throws -> Int {
        try write { try Int.fetchOne($0, sql: "SELECT total_changes()") ?? 0 }
    }

    fileprivate func count(_ table: String) throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }
}
