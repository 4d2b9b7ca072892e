import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import GRDB
import Logging
import Support

@testable import GCXAgent

/// An agent's core with a real store and a real ledger, in a folder of its own. Its driver runs nothing but what a test has
/// scripted.
final class AgentBench: Sendable {
    let world: TestWorld
    let ledger: LedgerBench
    let driver: ScriptedDriver
    let identity: AgentIdentity
    let settings: AgentSettings
    private let folder: TestFolder

    var state: String { folder.path }

    init(_ edit: (inout AgentSettings) -> Void = { _ in }) throws {
        world = try TestWorld()
        folder = try TestFolder()
        let (clock, path) = (world.clock, folder.path)
        let book = try SQLiteLedger(
            path: "\(path)/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
            founding: TestWorld.founding, boot: { clock.boot }, now: { clock.now })
        ledger = LedgerBench(ledger: book, world: world)
        identity = try AgentIdentity(machine: MemoryCustody(world.machine), grant: world.grant(), domain: world.domain)
        var settings = AgentSettings(
            stateDirectory: path, sampleInterval: .seconds(1),
            stopGraceMilliseconds: 1_000, logBytesMax: 1 << 20, imageBytesMax: 1 << 20, inputBytesMax: 1 << 20,
            pidsDefault: 64, probeInterval: .seconds(60),
            offer: OfferPolicy(
                region: "here", coresReserved: 0, memoryReservedBytes: 0, storageBytes: 1 << 30,
                leaseSeconds: 60...3_600, receiptSeconds: 5, graceSeconds: 30, closeWindowSeconds: 10, creditLimit: 100,
                validSeconds: 3_600, rates: TestWorld.rates, allow: [], deny: []))
        edit(&settings)
        self.settings = settings
        driver = ScriptedDriver(
            jobs: settings.jobsPath, history: settings.historyPath, clock: world.clock, isReading: true)
    }

    func store() throws(AgentError) -> AgentStore { try AgentStore(path: settings.databasePath) }

    /// A wait takes no time: the clocks go on by it at once.
    static func clock(_ clock: TestClock) -> AgentClock {
        AgentClock(
            wall: { clock.wall }, boot: { clock.boot }, bootID: { clock.bootID },
            pause: { duration in
                clock.advance(nanoseconds: duration.wholeNanoseconds)
                await Task.yield()
            })
    }

    /// A life of the agent: what it knows, it finds in the folder.
    func core(
        _ store: AgentStore, ledger other: (any Ledger)? = nil, clock: AgentClock? = nil
    ) throws(AgentError) -> AgentCore {
        try AgentCore(
            context: KeeperContext(
                identity: identity, settings: settings, store: store, ledger: other ?? ledger.ledger,
                driver: driver,
                problems: Problems(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                room: UploadRoom(store: store, settings: settings), clock: clock ?? Self.clock(world.clock)),
            description: .init(runtime: "none", cgroupLayout: "none"))
    }

    /// A lease that is open on the ledger and in the store.
    func lease(in store: AgentStore, _ edit: (inout LeaseTerms) -> Void = { _ in }) async throws -> LeaseID {
        // Room for every lease of a test, for all are on one machine.
        let market = try await ledger.openMarket(offer: {
            $0.capacity = Resources(cores: 1_000, memoryBytes: 1 << 50, storageBytes: 1 << 50, gpus: 8)
        })
        let signed = ledger.lease(market, edit)
        try await ledger.ledger.post(.leaseOpened(signed))
        let id = signed.lease(in: world.domain)
        _ = try store.insert(signed, id: id, at: world.clock.now) { _ in LeasePlacement(cores: nil, devices: []) }
        try store.update(id) { $0.phase = .open }
        return id
    }

    /// A receipt of the lease, as if its job had run, and the voucher that answers it.
    func voucher(_ lease: LeaseID, _ amount: Amount, in store: AgentStore) throws -> Signed<Voucher> {
        let sequence = (try store.lastReceipt(lease)?.document.sequence ?? 0) + 1
        let receipt = Receipt(
            lease: lease, sequence: sequence, previous: .zero, bootID: "boot", periodStartNanoseconds: 0,
            periodEndNanoseconds: 1, issuedAt: world.clock.now, usage: .zero, amount: amount, logDigest: .zero,
            samplesDigest: .zero, isFinal: false, events: [])
        let signed = world.sign(receipt, by: world.machine)
        let digest = signed.digest(in: world.domain)
        try store.write { database in
            try database.execute(
                sql: "INSERT INTO receipt (lease, sequence, digest, amount, document) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    lease.description, Int64(sequence), digest.description, amount.description,
                    try StoredJSON.encode(signed),
                ])
        }
        return world.sign(Voucher(channel: lease, cumulative: amount, receipt: digest), by: world.session)
    }

    /// A session of the buyer's, as `gcx job run --key` makes it.
    func session(by key: PrivateKey? = nil, _ edit: (inout ApiSession) -> Void = { _ in }) -> Caller {
        var document = ApiSession(
            account: world.buyer.address, session: world.buyer.address, audience: world.machine.address,
            issuedAt: world.clock.now, expiresAt: world.clock.now + 3_600)
        edit(&document)
        return .session(world.sign(document, by: key ?? world.buyer))
    }

    /// Sends bytes as an upload, in two pieces.
    func upload(_ kind: UploadKind, _ bytes: [UInt8], for lease: LeaseID, to core: AgentCore) async throws {
        var ticket = try await core.beginUpload(kind, lease: lease, by: .owner)
        try ticket.file.write(bytes.prefix(bytes.count / 2))
        try ticket.file.write(bytes.dropFirst(bytes.count / 2))
        try await core.endUpload(ticket)
    }

    /// Who reads what was sent for a lease.
    func reader(_ lease: LeaseID, stop: StopFlag? = nil) -> SentReader {
        SentReader(
            driver: driver, job: JobName(of: lease),
            resources: JobResources(cores: 1, memoryBytes: 64 << 20, writableBytes: 32 << 20), seconds: 60, stop: stop)
    }

    /// A tar archive of one file.
    func archive(of text: String) throws -> [UInt8] {
        let place = "\(folder.path)/pack-\(UUID())"
        try Files.makeDirectories("\(place)/tree", mode: 0o755)
        try DurableFile.write(text.utf8, to: "\(place)/tree/words", mode: 0o644)
        try Unpacker.located().pack(directory: "\(place)/tree", into: "\(place)/it.tar")
        defer { try? Files.removeTree(place) }
        return try Files.bytes("\(place)/it.tar")
    }
}

/// A folder that goes with its test.
final class TestFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/gcx-agent-\(UUID())"

    init() throws { try Files.makeDirectories(path, mode: 0o700) }

    deinit { try? Files.removeTree(path) }
}
