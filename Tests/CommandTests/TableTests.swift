import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import Support
import Testing

@testable import gcx

/// Values that no terminal is glad about: what steers it, what is wide, what is long.
enum Hostile {
    static let text = "\u{1B}[2J\u{202E}" + String(repeating: "漢字 and words ", count: 30) + "\nrow\tcell"
    static let amount = Amount(.max)
    static let words = Untrusted(text)
}

@Suite("Tables on a terminal")
struct TableTests {
    private static func jobs() throws -> [JobStatus] {
        try LeasePhaseName.allCases.map { phase in
            var job = JobStatus(
                lease: .random(), payer: .random(), phase: phase,
                exit: phase == .closed || phase == .settling ? .hostFailure(description: Hostile.words) : nil,
                startedAt: 1,
                endedAt: nil,
                usage: Usage(
                    leaseNanoseconds: .max, coreNanoseconds: .max, memoryByteSeconds: ByteSeconds(.max),
                    gpuNanoseconds: .max, storageByteSeconds: ByteSeconds(.max), egressBytes: .max),
                amount: Hostile.amount, vouched: Hostile.amount, claimed: Hostile.amount, deposit: Hostile.amount,
                receipts: .max, logBytes: .max, note: Hostile.words)
            (job.createdAt, job.command, job.image) = (0, Hostile.words, Hostile.words)
            job.live = try JSON.live
            return job
        }
    }

    private static func receipts() -> [Receipt] {
        let usage = Usage(
            leaseNanoseconds: .max, coreNanoseconds: .max, memoryByteSeconds: ByteSeconds(.max), gpuNanoseconds: .max,
            storageByteSeconds: ByteSeconds(.max), egressBytes: .max)
        return [
            Receipt(
                lease: .random(), sequence: .max, previous: .random(), bootID: Hostile.words, periodStartNanoseconds: 0,
                periodEndNanoseconds: .max, issuedAt: .max, usage: usage, amount: Hostile.amount, logDigest: .random(),
                samplesDigest: .random(), isFinal: true, events: [Hostile.words, Hostile.words])
        ]
    }

    private static func events() -> [JobEvent] {
        JobEvent.Kind.allCases.map {
            JobEvent(
                sequence: .max, lease: .random(), wallNanoseconds: .max, bootNanoseconds: .max, kind: $0,
                text: Hostile.words)
        }
    }

    /// Every table of every command, with its worst values.
    static func tables() throws -> [(name: String, table: TextTable)] {
        let world = try TestWorld()
        let most = Resources(cores: .max, memoryBytes: .max, storageBytes: .max, gpus: .max)
        let offer = world.offer(grant: .random()) {
            ($0.region, $0.capacity, $0.expiresAt) = (Hostile.words, most, .max)
            $0.conduct = OfferConduct(
                endpoints: [Hostile.words], signSeconds: .max, idleSeconds: .max, reservationPercent: .max)
        }
        let demand = world.demand {
            ($0.resources, $0.hourlyMax, $0.budget) = (most, Hostile.amount, Hostile.amount)
            ($0.expiresAt, $0.durationSeconds) = (.max, .max)
        }
        let terms = world.terms(offer: .random(), demand: .random()) { $0.endsAt = .max }
        let signed = CountersignedTerms(
            terms: terms, payerSignature: world.buyer.sign(.random()), machineSignature: world.machine.sign(.random()))
        let lease = LeaseRecord(
            id: .random(), signed: signed, index: .max, openedAt: .max,
            escrow: .closed(settled: Hostile.amount, refunded: Hostile.amount, closedAt: .max))
        let fact = Fact(name: Hostile.words, value: .max, unit: Hostile.words, level: .measured, measuredAt: .max)
        let grant = FaucetGrant(account: .random(), amount: 1, nonce: .random())
        let posted = try PostedEntry(
            index: .max, postedAt: .max, previous: .random(), entry: .faucet(world.sign(grant, by: world.operator)))
        return [
            ("job list", JobTable.list(try jobs(), now: .max)), ("job top", JobTable.top(try jobs())),
            ("receipt list", ReceiptList.table(receipts())), ("receipts of a job", ReportText.receipts(receipts())),
            ("events of a job", ReportText.timeline(events())),
            (
                "offer list",
                try OfferList.table(
                    [OfferRecord(digest: .random(), signed: offer, index: 0, postedAt: 0)], scores: [:])
            ),
            ("facts of an offer", OfferShow.table([fact])),
            ("demand list", DemandList.table([DemandRecord(digest: .random(), signed: demand, index: 0, postedAt: 0)])),
            ("lease list", LeaseText.table([lease])), ("ledger entries", LedgerEntries.table([(posted, .random())])),
        ]
    }

    @Test("none is wider than the terminal, whatever stands in it", arguments: [1, 20, 40, 60, 80, 120, 200])
    func widths(width: Int) throws {
        for (name, table) in try Self.tables() {
            let lines = table.text(width: width).split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines {
                #expect(TextWidth.columns(line) <= width, "\(name) at \(width): \(line)")
                #expect(!line.unicodeScalars.contains(where: PlainText.isHidden), "\(name)")
            }
            #expect(lines.count == table.text(width: nil).split(separator: "\n").count, "\(name) lost no row")
        }
    }

    @Test("at 60 columns each still says what it is about", arguments: [60, 80])
    func essentials(width: Int) throws {
        let kept: [String: [String]] = [
            "job list": ["lease", "state", "command"], "job top": ["lease", "state", "cores", "memory"],
            "receipt list": ["receipt", "CPU", "owed in all"], "offer list": ["offer", "cores", "memory", "an hour"],
            "demand list": ["demand", "cores", "for", "budget"], "ledger entries": ["entry", "kind", "digest"],
        ]
        for (name, table) in try Self.tables() {
            let dropped = table.dropped(width: width)
            #expect(kept[name, default: []].allSatisfy { !dropped.contains($0) }, "\(name): without \(dropped)")
            #expect(dropped.allSatisfy(table.dropping.contains), "\(name) drops what it names")
        }
    }

    @Test("no id is cut below the characters that tell it from others", arguments: [40, 60, 80])
    func ids(width: Int) throws {
        let id = try Regex("0x[0-9a-f]{64}")
        for (name, table) in try Self.tables() {
            let whole = table.text(width: nil).matches(of: id).map { String($0.0.prefix(10)) }
            let text = table.text(width: width)
            #expect(whole.allSatisfy(text.contains), "\(name) at \(width): \(text)")
        }
    }

    @Test("a list of leases keeps its money at 60 columns, and shortens its ids first")
    func leases() throws {
        let world = try TestWorld()
        let signed = CountersignedTerms(
            terms: world.terms(offer: .random(), demand: .random()) { $0.endsAt = 1_800_000_000 },
            payerSignature: world.buyer.sign(.random()), machineSignature: world.machine.sign(.random()))
        let lease = LeaseRecord(
            id: .random(), signed: signed, index: 0, openedAt: 0, escrow: .open(deposit: 1_000, settled: 10))
        let table = LeaseText.table([lease])
        #expect(table.dropped(width: 60).isEmpty)
        #expect(table.text(width: 60).contains("\n\(lease.id.short)  open "))
    }

    @Test("a pipe gets every column and every id whole")
    func pipe() throws {
        for (name, table) in try Self.tables() {
            #expect(table.dropped(width: nil).isEmpty, "\(name)")
            #expect(!table.text(width: nil).contains("…\n"), "\(name)")
        }
        let job = try #require(try Self.jobs().first)
        #expect(JobTable.list([job], now: 0).text(width: nil).contains("\(job.lease)"))
        #expect(JobTable.list([job], now: 0).text(width: 60).contains("\(job.lease.short) "))
    }

    @Test("the list of jobs and the view of those that run say the same of a job")
    func oneWord() throws {
        for var job in try Self.jobs() where job.isActive {
            // The last receipt says less than the last sample.
            var usage = job.usage
            (job.amount, job.vouched, usage.coreNanoseconds) = (1_111, 222, 3_000_000_000)
            job.usage = usage
            usage.coreNanoseconds = 4_000_000_000
            job.metered = MeteredUsage(usage: usage, amount: 5_555)
            let (list, top) = (JobTable.list([job], now: 0), JobTable.top([job]))
            for word in [job.stateText, "5,555", "4.000 s"] {
                #expect(list.text(width: nil).contains(word) && top.text(width: nil).contains(word), "\(word)")
            }
        }
        #expect(try JobTable.top(Self.jobs().filter { !$0.isActive }).isEmpty)
    }
}

private enum JSON {
    /// The most that a job can do at once.
    static var live: LiveUsage {
        get throws {
            let text = """
                {"millicores":\(UInt64.max),"memoryBytes":\(UInt64.max),"pids":\(UInt64.max),"ioReadRate":\(UInt64.max),
                "ioWriteRate":\(UInt64.max),"storageBytes":\(UInt64.max)}
                """
            return try StrictJSON.decode(LiveUsage.self, from: Array(text.utf8))
        }
    }
}
