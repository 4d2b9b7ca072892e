import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("Who is let in")
struct SessionTests {
    let world: TestWorld
    let check: SessionCheck

    init() throws {
        world = try TestWorld()
        check = SessionCheck(machine: world.machine.address, domain: world.domain, now: world.clock.now)
    }

    private func session(
        by key: PrivateKey? = nil, from: Int64 = 0, to: Int64 = 3_600, _ edit: (inout ApiSession) -> Void = { _ in }
    ) -> Signed<ApiSession> {
        let now = Int64(world.clock.now)
        var document = ApiSession(
            account: world.buyer.address, session: world.session.address, audience: world.machine.address,
            issuedAt: UInt64(clamping: now + from), expiresAt: UInt64(clamping: now + to))
        edit(&document)
        return world.sign(document, by: key ?? world.buyer)
    }

    @Test(
        "a session holds for as long as a day, by clocks that differ by up to a minute",
        arguments: [(0, 1), (0, 86_400), (-86_399, 1), (60, 61), (60, 86_460)])
    func good(from: Int64, to: Int64) throws { try check.check(session(from: from, to: to)) }

    @Test(
        "one that begins later, is over, runs for nothing, backwards or for more than a day does not",
        arguments: [
            (61, 3_600), (-10, 0), (-86_400, 1), (0, 86_401), (0, 0), (10, 5), (30, 30),
            // Ten years from now, from beginning to end a day at the most.
            (315_360_000, 315_360_000), (315_360_000, 315_360_001), (315_360_000, 315_446_400),
        ])
    func bad(from: Int64, to: Int64) {
        #expect(throws: AgentError.self) { try check.check(session(from: from, to: to)) }
    }

    @Test("one of the end of all times does not, and does not end the agent")
    func extremes() {
        for (from, to) in [(UInt64.max, UInt64.max), (0, .max), (.max, 0), (0, 0)] {
            let session = session { ($0.issuedAt, $0.expiresAt) = (from, to) }
            #expect(throws: AgentError.self) { try check.check(session) }
            let end = SessionCheck(machine: world.machine.address, domain: world.domain, now: .max)
            #expect(throws: AgentError.self) { try end.check(session) }
        }
    }

    @Test("one that another key signed, for another machine or on another ledger does not")
    func parties() throws {
        #expect(throws: AgentError.self) { try check.check(session(by: world.stranger)) }
        #expect(throws: AgentError.self) { try check.check(session(by: world.session)) }
        #expect(throws: AgentError.self) { try check.check(session { $0.audience = world.owner.address }) }
        let elsewhere = SessionCheck(
            machine: world.machine.address, domain: .embedded(operator: world.stranger.address), now: world.clock.now)
        #expect(throws: AgentError.self) { try elsewhere.check(session()) }
    }

    @Test("the agent asks: only the payer's good session sees the lease, and nobody's changes it")
    func asked() async throws {
        let bench = try AgentBench()
        let store = try bench.store()
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        #expect(try await core.job(lease, by: bench.session()).lease == lease)
        let far = bench.world.clock.now + 315_360_000
        let refused = [
            bench.session(by: bench.world.stranger), bench.session { $0.audience = bench.world.owner.address },
            bench.session { $0.expiresAt = $0.issuedAt }, bench.session { ($0.issuedAt, $0.expiresAt) = (far, far) },
            bench.session(by: bench.world.stranger) { $0.account = bench.world.stranger.address },
        ]
        for caller in refused {
            await #expect(throws: AgentError.self) { try await core.job(lease, by: caller) }
            await #expect(throws: AgentError.self) { try await core.cancel(lease, by: caller) }
            await #expect(throws: AgentError.self) { _ = try await core.beginUpload(.input, lease: lease, by: caller) }
            #expect(try await core.jobs(by: caller).isEmpty)
        }
        #expect(try store.lease(lease)?.phase == .open)
    }
}
