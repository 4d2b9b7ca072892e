import GCXBuyer
import GCXClient
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXMarket
@testable import gcx

@Suite("gcx run, before anything runs")
struct RunTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func usage(_ words: [String]) async throws -> UsageError? {
        do { try await Gcx.run(["run", "--key", "none.json"] + words) } catch { return error as? UsageError }
        return nil
    }

    @Test("without an image it names the forms, and an output that nobody waits for is refused")
    func usage() async throws {
        let image = try #require(try await usage(["--", "true"]))
        #expect(image.message.contains("needs an image"))
        for form in ["oci:DIR", "oci-archive:FILE", "rootfs:DIR", "docker://HOST/PATH"] {
            #expect(image.remedy.contains(form))
        }
        let output = try #require(try await usage(["--image", "rootfs:/", "--detach", "--output", "x", "--", "true"]))
        #expect(output.remedy.contains("gcx job output"))
    }

    @Test("an input that is not there is said before a key is asked for")
    func places() async throws {
        let error = await #expect(throws: CommandError.self) {
            try await Gcx.run([
                "run", "--key", "none.json", "--image", "rootfs:/", "--input", "/nowhere", "--", "true",
            ])
        }
        #expect(error?.description.contains("there is no input directory /nowhere") == true)
    }

    @Test("it ends as its job did, and by the signal that stopped the job")
    func statuses() {
        let cases: [(ExitReason?, Int32?, Int32)] = [
            (.exited(code: 0), nil, 0), (.exited(code: 7), nil, 7), (.exited(code: 127), 2, 127),
            (.signalled(signal: 9), nil, 137), (.cancelled(by: .buyer), 2, 130), (.cancelled(by: .buyer), 15, 143),
            (.cancelled(by: .owner), nil, 125), (.outOfMemory, nil, 125), (.timeLimit, 2, 125), (nil, nil, 125),
        ]
        for (exit, signal, status) in cases {
            #expect(RunAttendance.exitStatus(exit, signal) == status, "\(String(describing: exit))")
        }
    }

    private func quote(_ change: (inout Offer) -> Void = { _ in }) throws -> Quote {
        let offer = world.offer(grant: .random(), change).document
        let wish = Wish(resources: TestWorld.wanted, seconds: 3_600)
        var demand = wish.demand(of: world.buyer.address, at: world.clock.now)
        demand.budget = 123_456_789_012
        let match = Match(offer: .random(), startsAt: world.clock.now, hourly: 99_999_999_999, trust: 0)
        return Quote(demand: demand, match: match, offer: offer, whole: 88_888_888_888)
    }

    @Test("the price fits the terminal, and says what it costs at most", arguments: [60, 80])
    func price(width: Int) throws {
        let lines = QuoteText.fields(try quote()).lines(width: width)
        // An address alone is 42 columns, and words are not cut.
        for line in lines { #expect(line.count <= width, "\(line)") }
        let text = lines.joined(separator: "\n")
        for word in ["123,456,789,012 base units", "99,999,999,999 base units", "escrow", "2 cores"] {
            #expect(text.contains(word), "\(word) in \(text)")
        }
    }

    @Test("what came of it fits the terminal, whether the lease is closed yet or not", arguments: [60, 80])
    func result(width: Int) throws {
        let bought = try bought(ScriptedLedger(.leaseUnknown(.zero)))
        var status = JobStatus(
            lease: bought.lease, payer: bought.terms.payer, phase: .closed, exit: .exited(code: 3), startedAt: nil,
            endedAt: nil, usage: .zero, amount: 1_234_567, vouched: 1_234_567, claimed: 1_234_567, deposit: 9_000_000,
            receipts: 3, logBytes: 0, note: "")
        var record = LeaseRecord(
            id: bought.lease, signed: world.countersign(bought.terms), index: 0, openedAt: 0,
            escrow: .closed(settled: 1_234_567, refunded: 7_765_433, closedAt: 9))
        let closed = RunText.fields(status, record, bought.lease).lines(width: width)
        #expect(closed.allSatisfy { $0.count <= width }, "\(closed)")
        let text = closed.joined(separator: "\n")
        for word in ["exited with status 3", "1,234,567 base units", "7,765,433 base units"] {
            #expect(text.contains(word), "\(word) in \(text)")
        }
        record.escrow = .open(deposit: 9_000_000, settled: 0)
        status.exit = nil
        let open = RunText.fields(status, record, bought.lease).text(width: width)
        #expect(open.contains("not closed yet") && open.contains("\(bought.lease)"), "\(open)")
    }

    @Test("a wish without a bound asks the market, and one with a bound is a demand of that budget")
    func wish() {
        var wish = Wish(resources: TestWorld.wanted, seconds: 60)
        #expect(wish.demand(of: world.buyer.address, at: 10).budget == Amount(.max))
        wish.priceMax = 5
        let demand = wish.demand(of: world.buyer.address, at: 10)
        #expect(demand.budget == 5 && demand.expiresAt == 130 && demand.durationSeconds == 60)
    }

    @Test("an error of a purchase says what became of the money, and keeps its remedy")
    func money() {
        let error = PurchaseError(
            cause: CommandError("no machine answers", fix: "Wait."), money: "nothing was paid")
        #expect(error.description == "no machine answers; nothing was paid" && error.remedy == .fix("Wait."))
    }

    private func purchase(_ ledger: ScriptedLedger, _ folder: BuyerFolder) -> Purchase {
        Purchase(
            ledger: ledger, agents: AgentSearch(named: nil, installed: nil), buyer: MemoryCustody(world.buyer),
            folder: folder)
    }

    private func bought(_ ledger: ScriptedLedger) throws -> Bought {
        let terms = world.terms(offer: .random(), demand: .random())
        let place = "unix:/tmp/gcx-no-agent-\(UInt64.random(in: 0...UInt64.max))"
        let flow = JobFlow(
            ledger: ledger, agent: AgentClient(try Endpoint(place)), lease: terms.digest(in: world.domain),
            session: MemoryCustody(world.session), caller: .owner)
        return Bought(flow: flow, terms: terms)
    }

    @Test("what was begun is taken back, and said, whether the ledger answers or not")
    func release() async throws {
        let place = try TemporaryDirectory("gcx-run-test")
        let folder = BuyerFolder(path: "\(place.path)/gcx")
        let ledger = ScriptedLedger(.unreachable(endpoint: "unix:none", detail: "gone"))
        let holding = Holding(purchase(ledger, folder))
        #expect(await holding.release() == "nothing was signed, and nothing was paid")
        let demand = Digest.random()
        holding.hold(.demand(demand))
        #expect(await holding.release() == "nothing was paid; the demand lapses in 2 min at the latest")
        ledger.answer.withLock { $0 = PostReceipt(index: 0, entryHash: .random(), postedAt: 7, duplicate: false) }
        #expect(await holding.release() == "nothing was paid, and the demand was withdrawn")

        // Whether the ledger has the lease is not known, so its key stays.
        let bought = try bought(ledger)
        try folder.keep(world.session, of: bought.lease)
        holding.hold(.proposal(bought, demand: demand))
        #expect(await holding.release().contains("`gcx lease show \(bought.lease)` tells it"))
        #expect(folder.leases == [bought.lease])
        ledger.failure.withLock { $0 = .leaseUnknown(bought.lease) }
        #expect(await holding.release() == "nothing was paid, and the demand was withdrawn")
        #expect(folder.leases.isEmpty)
    }

    @Test("a lease that nobody closes keeps its key, and its buyer is told how to end it")
    func notClosed() async throws {
        let place = try TemporaryDirectory("gcx-run-test")
        let folder = BuyerFolder(path: "\(place.path)/gcx")
        let ledger = ScriptedLedger(.leaseUnknown(.zero))
        let holding = Holding(purchase(ledger, folder))
        let bought = try bought(ledger)
        try folder.keep(world.session, of: bought.lease)
        holding.hold(.lease(bought))
        let words = await holding.release()
        #expect(
            words.contains("gcx lease close \(bought.lease)") && words.contains("no more than the deposit"), "\(words)")
        #expect(folder.leases == [bought.lease])
    }

    @Test("an error inside is thrown with what became of the money")
    func guarding() async throws {
        let place = try TemporaryDirectory("gcx-run-test")
        let ledger = ScriptedLedger(.unreachable(endpoint: "unix:none", detail: "gone"))
        let purchase = purchase(ledger, BuyerFolder(path: place.path))
        let error = await #expect(throws: PurchaseError.self) {
            try await Holding(purchase).guarding { _ = try await purchase.ledger.account(.random()) }
        }
        #expect(error?.description.hasSuffix("; nothing was signed, and nothing was paid") == true)
        #expect(error?.remedy == LedgerError.unreachable(endpoint: "unix:none", detail: "gone").remedy)
    }
}
