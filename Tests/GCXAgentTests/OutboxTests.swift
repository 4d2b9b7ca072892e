import Foundation
import GCXLedger
import GCXModel
import Logging
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("The outbox")
struct OutboxTests {
    let world: TestWorld
    let store: AgentStore
    let ledger = ScriptedLedger(.storage(operation: "write", detail: "disk full"))
    let problems = Problems()
    let outbox: OutboxService
    private let folder: Folder

    init() throws {
        world = try TestWorld()
        folder = try Folder()
        store = try AgentStore(path: folder.path + "/agent.sqlite")
        outbox = OutboxService(
            store: store, ledger: ledger, domain: ledger.known.domain, problems: problems,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pause: { _ in },
            posted: {})
    }

    private func enqueue(_ entry: Entry) throws {
        try store.enqueue(entry, key: entry.key(in: world.domain).description, lease: nil)
    }

    @Test(
        "an entry waits for a ledger that is ill, and is posted when it is well",
        arguments: [
            LedgerError.storage(operation: "write", detail: "disk full"), .locked(path: "x"),
            .unreachable(endpoint: "x", detail: "gone"), .corrupted(nil, detail: "bad"),
            .wrongNetwork(isTestNetwork: true),
        ])
    func ill(error: LedgerError) async throws {
        ledger.failure.withLock { $0 = error }
        try enqueue(.grant(world.grant()))
        try enqueue(.grant(world.grant { $0.label = "another" }))
        #expect(await outbox.pass() == false)
        #expect(ledger.posts.withLock { $0 } == 1, "what follows would fare no better")
        #expect(try store.queuedCount() == 2)
        #expect(await problems.lines.contains { $0.hasPrefix("outbox:") })
        ledger.answer.withLock { $0 = PostReceipt(index: 0, entryHash: .zero, postedAt: 7, duplicate: false) }
        #expect(await outbox.pass())
        #expect(try store.queuedCount() == 0)
        #expect(await problems.lines.isEmpty)
    }

    @Test("an entry that is refused for good is kept with its reason and does not stop the next")
    func refused() async throws {
        ledger.failure.withLock { $0 = .amountOverflow(.grant) }
        try enqueue(.grant(world.grant()))
        try enqueue(.grant(world.grant { $0.label = "another" }))
        #expect(await outbox.pass())
        #expect(ledger.posts.withLock { $0 } == 2)
        #expect(try store.queuedCount() == 0)
    }

    @Test("the same entry is written once")
    func once() throws {
        let grant = Entry.grant(world.grant())
        try enqueue(grant)
        try enqueue(grant)
        #expect(try store.queuedCount() == 1)
    }
}

/// A folder that goes with its test.
private final class Folder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/gcx-agent-\(UUID())"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
