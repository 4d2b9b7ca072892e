import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Logging
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("What an agent says of itself", .timeLimit(.minutes(1)))
struct StandingTests {
    let bench: AgentBench
    let silent: SilentLedger
    let core: AgentCore

    init() throws {
        bench = try AgentBench()
        silent = SilentLedger(bench.ledger.ledger)
        core = try bench.core(try bench.store(), ledger: silent)
    }

    /// One look at the ledger.
    private func look() async { await WatchService(context: core.context, core: core).look() }

    private func standing() async throws -> AgentStanding { try #require(try await core.status().standing) }

    @Test("a ledger that goes away is said with the moment it was first missed, and so is that nothing is for sale")
    func outage() async throws {
        let (_, offer) = try await published()
        await look()
        #expect(try await standing().ledgerAway == nil)
        #expect(try await standing().notForSale == nil, "offer \(offer.short)")
        silent.isSilent.withLock { $0 = true }
        let first = bench.world.clock.now
        await look()
        bench.world.clock.advance(30)
        await look()
        let away = try #require(try await standing().ledgerAway)
        #expect(away.since == first && away.reason.shown.contains("silent"))
        #expect(try await standing().notForSale == "its ledger does not answer")
        silent.isSilent.withLock { $0 = false }
        await look()
        #expect(try await standing().ledgerAway == nil)
        #expect(try await standing().notForSale == nil)
    }

    @Test("a grant that its owner took back is said, and when one ends")
    func grant() async throws {
        _ = try await published()
        await core.context.standing.began(
            at: bench.world.clock.now, grantEndsAt: bench.identity.grant.document.expiresAt)
        await look()
        #expect(try await standing().grantRevokedAt == nil)
        #expect(try await standing().grantEndsAt == bench.identity.grant.document.expiresAt)
        try await revoke()
        await look()
        #expect(try await standing().grantRevokedAt == bench.world.clock.now)
        #expect(try await standing().notForSale?.shown.contains("taken the machine's grant back") == true)
    }

    @Test("an offer that is not live says why: none yet, not on the ledger, taken back")
    func offer() async throws {
        #expect(try await standing().notForSale == "no offer is made yet")
        let (signed, digest) = try await published()
        await look()
        #expect(try await standing().notForSale == nil)
        try await bench.ledger.ledger.post(
            .withdrawal(bench.world.sign(withdrawal(of: digest), by: bench.world.machine)))
        await look()
        #expect(try await standing().notForSale == "the offer was withdrawn on the ledger")
        await core.use(signed, digest: .random())
        await look()
        #expect(try await standing().notForSale == "the ledger does not have the offer yet")
    }

    @Test("a measurement says since when and how long, and is over whatever comes of it")
    func measuring() async throws {
        let standing = await core.context.standing
        await #expect(throws: AgentError.storage("broken")) {
            try await standing.measuring(since: 5, seconds: 6) { () async throws(AgentError) in
                let now = await standing.current.measuring
                #expect(now == .init(since: 5, seconds: 6))
                throw .storage("broken")
            }
        }
        #expect(await standing.current.measuring == nil)
    }

    @Test("the service manager reads in a line what the agent waits for, or does")
    func line() {
        var standing = AgentStanding()
        #expect(Standing.line(standing) == "Serving")
        standing.measuring = .init(since: 0, seconds: nil)
        #expect(Standing.line(standing) == "Measuring the machine")
        standing.ledgerAway = .init(since: 0, reason: "x")
        #expect(Standing.line(standing).hasPrefix("The ledger has not answered since 1970-01-01"))
    }

    @Test("an agent of an older version, which says nothing of all this, is read as one that says nothing")
    func older() async throws {
        let text = try StoredJSON.encode(await core.publicStatus())
        #expect(!text.contains("standing"))
        #expect(try StoredJSON.decode(AgentStatus.self, text).standing == nil)
    }

    @Test("waiting for the ledger lasts until it answers, and says since when and for what")
    func waits() async throws {
        silent.isSilent.withLock { $0 = true }
        let clock = bench.world.clock
        let wait = LedgerWait(
            silent, logger: quiet, clock: AgentClock(wall: { clock.now * 1_000_000_000 }, boot: BootClock.now),
            pause: .milliseconds(5))
        let start = clock.now
        #expect(await wait.ask() == false)
        clock.advance(9)
        #expect(await wait.ask() == false)
        #expect(wait.found == nil && wait.outage?.since == start)
        let agent = WaitingAgent(
            machine: bench.world.machine.address, grant: bench.identity.grant.document, startedAt: start, wait: wait)
        let said = try #require(try await agent.status().standing)
        #expect(said.isWaiting == true && said.ledgerAway == wait.outage)
        #expect(agent.publicStatus().standing == nil)
        let refusal = #expect(throws: AgentError.self) { try agent.jobs(from: nil, by: .owner) }
        #expect(refusal == .waitingForLedger(try #require(wait.outage).reason))
        #expect(refusal?.remedy == .retry(after: .seconds(5)))
        let running = Task { try await wait.run() }
        silent.isSilent.withLock { $0 = false }
        try await running.value
        #expect(wait.found?.domain == bench.world.domain)
    }

    @Test("a wait that is told to stop ends at once, however long its pause")
    func stops() async throws {
        silent.isSilent.withLock { $0 = true }
        let wait = LedgerWait(silent, logger: quiet, pause: .seconds(3_600))
        let running = Task { try await wait.run() }
        while wait.outage == nil { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        running.cancel()
        try? await running.value
        #expect(start.duration(to: .now) < .seconds(30) && wait.found == nil)
    }

    @Test(
        "a bell ends a pause, also one that begins after it was rung; without it the pause is as long as it was to be")
    func bell() async {
        let bell = Bell()
        let start = ContinuousClock.now
        await bell.wait(atMost: .milliseconds(50))
        #expect(start.duration(to: .now) >= .milliseconds(50))
        bell.ring()
        await bell.wait(atMost: .seconds(3_600))
        async let pause = bell.wait(atMost: .seconds(3_600))
        try? await Task.sleep(for: .milliseconds(20))
        bell.ring()
        _ = await pause
        #expect(start.duration(to: .now) < .seconds(30))
    }

    @Test("other settings reach whoever reads them next, also through copies made before")
    func live() async {
        let context = await core.context
        var other = bench.settings
        other.stopGraceMilliseconds = 77
        await core.context.$settings.replace(other)
        #expect(context.settings.stopGraceMilliseconds == 77)
    }

    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The machine's grant and an offer, on the ledger and in the agent.
    private func published() async throws -> (Signed<Offer>, Digest) {
        try await bench.ledger.ledger.post(.grant(bench.identity.grant))
        let market = try await bench.ledger.openMarket()
        let signed = try await bench.ledger.ledger.offer(market.offer).signed
        await core.use(signed, digest: market.offer)
        return (signed, market.offer)
    }

    private func revoke() async throws {
        let digest = bench.identity.grant.digest(in: bench.world.domain)
        try await bench.ledger.ledger.post(
            .withdrawal(bench.world.sign(withdrawal(of: digest), by: bench.world.owner)))
    }

    private func withdrawal(of digest: Digest) -> Withdrawal {
        Withdrawal(subject: digest, reason: "a test", issuedAt: bench.world.clock.now)
    }
}
