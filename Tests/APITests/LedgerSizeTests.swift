import Foundation
import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc
import Support
import Synchronization
import Testing

/// A ledger on which strangers have put as much as they like, and what asking for it costs the others.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LedgerSizeTests {
    /// One offer with so many leases, and pages of nothing but the largest entries.
    private static let (leases, largeEntries) = (3_500, 220)

    /// Serves such a ledger at a socket. Its file lies in memory, for what is looked at is the ledger's thread and not the disk.
    private func serving(
        _ body: (SQLiteLedger, LedgerBench.Market, String) async throws -> Void
    ) async throws {
        let directory = "/dev/shm/gcx-size-\(Digest.random().short)"
        try Files.makeDirectory(directory)
        defer { try? Files.removeTree(directory) }
        let world = try TestWorld()
        let ledger = try SQLiteLedger(
            path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
            founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
        let market = try await Self.fill(ledger, world)
        try await withLedgerServer(ledger, at: .unix(path: directory + "/l")) { _, _ in
            try await body(ledger, market, directory + "/l")
        }
    }

    /// All leases at once on one offer, each on a demand and at times of its own; then the largest entries, so that they are one behind
    /// the other.
    private static func fill(_ ledger: SQLiteLedger, _ world: TestWorld) async throws -> LedgerBench.Market {
        let bench = LedgerBench(ledger: ledger, world: world)
        let room = Resources(cores: 1 << 20, memoryBytes: 1 << 50, storageBytes: 1 << 50, gpus: 0)
        let market = try await bench.openMarket(offer: { $0.capacity = room })
        try await ledger.post(.faucet(world.faucet(world.buyer.address, 1_000_000)))
        // Documents are signed and hashed by all processors; the ledger writes one after the other.
        try await inParallel(leases) { number in
            let start = world.clock.now + UInt64(number)
            try await ledger.post(
                .leaseOpened(
                    try await bench.freshLease(market) {
                        ($0.startsAt, $0.endsAt, $0.deposit, $0.burst) = (start, start + 600, 100, 1_000)
                    }))
        }
        let lines = (0..<LedgerLimits.contradictionsMax).map {
            Untrusted(String(repeating: "x", count: Limits.eventBytesMax - 2) + "\(10 + $0)")
        }
        try await inParallel(largeEntries) { _ in
            let key = PrivateKey.generate()
            try await ledger.post(
                .attestation(world.attestation(by: key) { ($0.machine, $0.contradictions) = (key.address, lines) }))
        }
        return market
    }

    private static func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<8 {
                group.addTask { for number in stride(from: first, to: count, by: 8) { try await body(number) } }
            }
            try await group.waitForAll()
        }
    }

    /// What an honest client waits at the most: milliseconds, and what the tests beside this one add. Where each question took
    /// the ledger's thread for three seconds, and each page a hundred megabytes, it was half a minute and more.
    private static let patience: Duration = .seconds(8)

    /// Asks for the same on several connections, again and again, while an honest client asks for something small.
    ///
    /// - Returns: the longest that the honest client waited, and how many answers the others got.
    private func asking(
        _ path: String, connections: Int, at socket: String, _ isRight: @escaping @Sendable (String) -> Bool
    ) async throws -> (longest: Duration, answers: Int) {
        let greedy = (0..<connections).map { _ in Asker(path, at: socket, isRight) }
        let honest = Asker("/v1/identity", at: socket) { $0.hasPrefix("HTTP/1.1 200 ") }
        try await Task.sleep(for: .seconds(2))
        for asker in greedy + [honest] { await asker.end() }
        for asker in greedy + [honest] { #expect(asker.seen.wrong == []) }
        #expect(honest.seen.answers >= 5)
        return (honest.seen.longest, greedy.reduce(0) { $0 + $1.seen.answers })
    }

    @Test("what is free of an offer with 3,500 leases, and pages of large entries, keep nobody waiting")
    func full() async throws {
        try await serving { ledger, market, socket in
            let free = try await ledger.freeCapacity(of: market.offer, from: 0, until: .max)
            // Leases of 600 s that begin a second apart: so many overlap at the most.
            #expect(free.cores == (1 << 20) - 600 * TestWorld.wanted.cores)
            let start = ContinuousClock.now
            for _ in 0..<10 { _ = try await ledger.freeCapacity(of: market.offer, from: 0, until: .max) }
            let each = start.duration(to: .now) / 10
            #expect(each < Self.patience / 10)
            let asked = try await asking(
                "/v1/offers/\(market.offer)/free?from=0&until=\(UInt64.max)", connections: 16, at: socket
            ) { $0.contains("\"cores\":\(free.cores)") }
            #expect(asked.longest < Self.patience && asked.answers >= 16, "\(asked)")

            let paged = try await asking(
                "/v1/entries?limit=200&from=\(2 * Self.leases + 4)", connections: 8, at: socket
            ) {
                $0.hasPrefix("HTTP/1.1 200 ") && $0.utf8.count <= LedgerLimits.pageBytesMax + 100_000
                    && $0.utf8.count > LedgerLimits.pageBytesMax / 2
            }
            #expect(paged.longest < Self.patience && paged.answers >= 8, "\(paged)")
            print(
                "a question for free capacity took \(each), others waited \(asked.longest) and, beside pages, \(paged.longest)"
            )
            #expect(await ledger.head().document.size == UInt64(2 * Self.leases + Self.largeEntries + 5))
        }
    }
}

/// Asks for the same again and again, each time on a connection of its own, in a thread of its own: the server of the test
/// runs on those that tasks share.
private final class Asker: Sendable {
    struct Seen {
        var longest = Duration.zero
        var answers = 0
        /// The beginnings of answers that were not right.
        var wrong: [String] = []
    }

    private let found = Mutex((seen: Seen(), isOver: false))
    private let done = Mutex(false)

    init(_ path: String, at socket: String, _ isRight: @escaping @Sendable (String) -> Bool) {
        Thread.detachNewThread { [self] in
            while !found.withLock({ $0.isOver }) {
                let start = ContinuousClock.now
                let answer = Self.answer(to: path, at: socket)
                let (took, isRight) = (start.duration(to: .now), isRight(answer))
                found.withLock { found in
                    found.seen.longest = max(found.seen.longest, took)
                    if isRight { found.seen.answers += 1 } else { found.seen.wrong.append("\(answer.prefix(200))") }
                }
            }
            done.withLock { $0 = true }
        }
    }

    var seen: Seen { found.withLock { $0.seen } }

    func end() async {
        found.withLock { $0.isOver = true }
        while !done.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(10)) }
    }

    private static func answer(to path: String, at socket: String) -> String {
        let request = "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        guard let file = try? RawSocket.connected(to: socket, sending: Array(request.utf8)) else {
            return "no connection"
        }
        var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 256 << 10))
        while case let count = read(file.number, &piece, piece.count), count > 0 { all += piece.prefix(count) }
        return String(decoding: all, as: UTF8.self)
    }
}
