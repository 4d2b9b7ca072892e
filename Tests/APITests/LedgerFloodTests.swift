import GCXLedger
import GCXLedgerSQLite
import GCXLinux
import GCXModel
import GCXSigning
import NIOCore
import NIOHTTP1
import Support
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Whoever floods a ledger, and whoever does not.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LedgerFloodTests {
    /// Quotas that a test can use up.
    private var small: PostLimits {
        var limits = PostLimits()
        limits.connection = .init(posts: .init(burst: 5, perSecond: 1), bytes: .init(burst: 1 << 20, perSecond: 1_000))
        limits.peer = .init(posts: .init(burst: 20, perSecond: 2), bytes: .init(burst: 2 << 20, perSecond: 1_000))
        return limits
    }

    private func serving(
        _ posts: PostLimits = PostLimits(), _ body: (HTTPLedger, SQLiteLedger, TestWorld) async throws -> Void
    ) async throws {
        try await withScratch { directory in
            let world = try TestWorld()
            let ledger = try SQLiteLedger(
                path: directory + "/ledger.sqlite", operatorKey: world.operator, isTestNetwork: true,
                founding: TestWorld.founding, boot: { world.clock.boot }, now: { world.clock.now })
            let server = try await RunningServer {
                LedgerServer(ledger, at: .unix(path: directory + "/l"), logger: quiet, onListening: $0)
                    .limited(posts: posts)
            }
            try await server.during { try await body(HTTPLedger(server.endpoint), ledger, world) }
        }
    }

    private func post(_ entry: Entry, of world: TestWorld) throws -> [UInt8] {
        let body = try PostedEntry.canonicalJSON(entry)
        return Array("POST /v1/entries HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func spam(_ world: TestWorld) -> Entry {
        let key = PrivateKey.generate()
        return .demand(world.demand(by: key) { $0.buyer = key.address })
    }

    @Test("fresh keys without money write no more than their quota, and hear when to come again")
    func quota() async throws {
        try await serving(small) { client, ledger, world in
            var refused = 0
            let bodies = try (0..<80).map { _ in try post(spam(world), of: world) }
            let start = ContinuousClock.now
            for connection in 0..<8 {
                let raw = try RawClient(client.endpoint)
                for number in 0..<10 {
                    await raw.send(bodies[connection * 10 + number])
                    let answer = await raw.some(within: 5_000)
                    if answer.hasPrefix("HTTP/1.1 429 ") {
                        refused += 1
                        #expect(answer.lowercased().contains("\r\nretry-after: "))
                        #expect(answer.contains("\"code\":\"quotaUsed\"") && answer.contains("\"kind\":\"retry\""))
                    }
                }
            }
            let size = await ledger.head().document.size
            // What comes back meanwhile is a matter of how long this took.
            let seconds = Int(start.duration(to: .now).components.seconds) + 1
            #expect(size >= 20 && size <= 20 + 2 * seconds, "\(size) in \(seconds) s")
            #expect(refused == 80 - Int(size))
        }
    }

    @Test("signs of life draw from the same quota, whether they are taken or not")
    func signs() async throws {
        try await serving(small) { client, ledger, world in
            let bench = LedgerBench(ledger: ledger, world: world)
            let market = try await bench.openMarket(offer: { $0.conduct = .heard })
            let raw = try RawClient(client.endpoint)
            var answers: [String] = []
            for number in 0..<10 {
                let sign = bench.sign(market.offer, by: number < 2 ? world.stranger : nil) { $0.at += UInt64(number) }
                let body = try WireJSON.encode(sign)
                await raw.send(
                    Array("POST /v1/signs HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
                answers.append(String(await raw.some(within: 5_000).dropFirst(9).prefix(3)))
            }
            #expect(answers.prefix(4) == ["409", "409", "200", "200"])
            #expect(answers.filter { $0 == "429" }.count >= 3, "\(answers)")
        }
    }

    @Test("during the flood an account with money posts at once, and so does the one who is paid by a voucher")
    func honestDuringFlood() async throws {
        try await serving(small) { client, ledger, world in
            let id = try await LedgerBench(ledger: ledger, world: world).openLease()
            try await flooding(client.endpoint, world) {
                for number in 1...5 {
                    let start = ContinuousClock.now
                    try await client.post(.demand(world.demand()))
                    try await client.post(.claim(world.voucher(id, Amount(UInt128(number)))))
                    _ = try await client.offers(liveOnly: true)
                    #expect(start.duration(to: .now) < ConnectionTests.patience)
                }
            }
        }
    }

    /// Floods from four connections while `body` runs.
    private func flooding(
        _ endpoint: Endpoint, _ world: TestWorld, _ body: () async throws -> Void
    ) async throws {
        let refused = Count()
        let flood = (0..<4).map { _ in
            Task {
                while !Task.isCancelled {
                    let raw = try RawClient(endpoint)
                    for _ in 0..<10 {
                        await raw.send(try post(spam(world), of: world))
                        if await raw.some(within: 1_000).hasPrefix("HTTP/1.1 429 ") {
                            refused.value.withLock { $0 += 1 }
                        }
                    }
                }
            }
        }
        while refused.value.withLock({ $0 }) < 20 { try await Task.sleep(for: .milliseconds(20)) }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        for task in flood { task.cancel() }
        for task in flood { _ = await task.result }
        try result.get()
    }

    @Test("what a known account once signed does not use up its quota when others post it again")
    func replay() async throws {
        var limits = small
        limits.account = .init(posts: .init(burst: 3, perSecond: 1), bytes: .init(burst: 1 << 20, perSecond: 1_000))
        try await serving(limits) { client, ledger, world in
            _ = try await LedgerBench(ledger: ledger, world: world).openLease()
            let old = Entry.demand(world.demand())
            try await ledger.post(old)
            try await flooding(client.endpoint, world) {
                for _ in 0..<10 {
                    let again = try await client.post(old)
                    #expect(again.duplicate)
                }
                let fresh = try await client.post(.demand(world.demand()))
                #expect(!fresh.duplicate)
            }
        }
    }

    @Test("a client that is put off comes again when it was told to")
    func clientRetries() async throws {
        var limits = PostLimits()
        limits.peer = .init(posts: .init(burst: 2, perSecond: 1), bytes: .init(burst: 1 << 20, perSecond: 1 << 20))
        try await serving(limits) { client, ledger, world in
            for _ in 0..<4 { try await client.post(.grant(world.grant())) }
            #expect(await ledger.head().document.size == 4)
        }
    }

    @Test("lists come in pages, and a client puts them together")
    func pages() async throws {
        try await serving { client, ledger, world in
            for _ in 0..<210 { try await ledger.post(.demand(world.demand())) }
            let first = try await HTTPTransport.shared.answer(.get("/v1/demands?live=true"), from: client.address)
            #expect(first.headers.first(name: "gcx-next") == "200")
            let last = try await HTTPTransport.shared.answer(
                .get("/v1/demands?live=true&from=200"), from: client.address)
            #expect(last.headers.first(name: "gcx-next") == nil)
            #expect(try await client.demands(liveOnly: true) == (await ledger.demands(liveOnly: true)))
            let journal = try await HTTPTransport.shared.answer(.get("/v1/entries?limit=1000"), from: client.address)
            #expect(journal.headers.first(name: "gcx-next") == "200")
            #expect(try await client.entries(from: 150, limit: 100).count == 60)
            for path in [
                "/v1/demands?from=-1", "/v1/entries?from=x", "/v1/offers/\(Digest.random())/free?from=5&until=5",
            ] {
                #expect(try await HTTPTransport.shared.answer(.get(path), from: client.address).status == 400)
            }
        }
    }

    @Test("eight readers of pages full of the largest entries keep nobody waiting")
    func largePages() async throws {
        try await serving { client, ledger, world in
            for _ in 0..<60 {
                let key = PrivateKey.generate()
                try await ledger.post(
                    .attestation(
                        world.attestation(by: key) { record in
                            record.machine = key.address
                            record.facts = (0..<512).map {
                                Fact(
                                    name: "a.fact.with.a.name.of.some.length.\($0)", value: .max, unit: "flop/s",
                                    level: .measured, measuredAt: 1_800_000_000)
                            }
                        }))
            }
            let readers = (0..<8).map { _ in
                Task {
                    while !Task.isCancelled {
                        let raw = try RawClient(client.endpoint)
                        await raw.send("GET /v1/entries?limit=200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        let bytes = await raw.rest()?.utf8.count ?? .max
                        #expect(bytes <= LedgerLimits.pageBytesMax + 100_000)
                    }
                }
            }
            for _ in 0..<10 {
                let start = ContinuousClock.now
                _ = try await client.identity()
                #expect(start.duration(to: .now) < ConnectionTests.patience)
            }
            for reader in readers { reader.cancel() }
            for reader in readers { _ = try await reader.value }
        }
    }
}

/// A number that tasks share.
private final class Count: Sendable {
    let value = Mutex(0)
}

@Suite struct AnswerPaceTests {
    private let eve = Peer.user(4_000_001)
    private let size = AnswerPace.Size(burst: 4 << 20, perSecond: 2 << 20)

    @Test("large answers beyond the burst wait until the others are worked off, small ones and other peers do not")
    func pace() {
        let pace = AnswerPace(size)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for _ in 0..<4 { #expect(pace.send(1 << 20, to: eve, at: start) == .zero) }
        #expect(pace.send(1 << 20, to: eve, at: start) == .milliseconds(500))
        #expect(pace.send(1 << 20, to: eve, at: start) == .milliseconds(1_000))
        #expect(pace.send(1_000, to: eve, at: start) == .zero)
        #expect(pace.send(1 << 20, to: .user(4_000_002), at: start) == .zero)
        #expect(pace.send(1 << 30, to: .user(0), at: start) == .zero, "the owner waits for nobody")
        #expect(pace.send(4 << 20, to: eve, at: start + .seconds(10)) == .zero, "all is worked off")
        #expect(pace.send(.max, to: eve, at: start) == .seconds(2), "what is beyond that is not remembered")
    }

    @Test("a ledger paces what it answers on a port")
    func live() async throws {
        let world = try TestWorld()
        var limits = ConnectionLimits.ledger
        limits.answers = .init(burst: 128 << 10, perSecond: 256 << 10)
        try await withScratch { directory in
            let ledger = try SQLiteLedger(
                path: directory + "/l", operatorKey: world.operator, isTestNetwork: true, founding: TestWorld.founding,
                now: { world.clock.now })
            for number in 0..<24 {
                let key = PrivateKey.generate()
                let demand = world.demand(by: key) {
                    $0.buyer = key.address
                    $0.allow = (0..<200).map { _ in Address.random() }
                    $0.revision = UInt64(number) + 1
                }
                _ = try await ledger.post(.demand(demand))
            }
            let server = try await RunningServer {
                LedgerServer(ledger, at: .loopback(.v4, port: 0), logger: quiet, onListening: $0).limited(limits)
            }
            try await server.during {
                let start = ContinuousClock.now
                var bytes = 0
                for _ in 0..<4 {
                    let raw = try RawClient(server.endpoint)
                    await raw.send("GET /v1/entries?limit=24 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    let answer = try #require(await raw.rest())
                    #expect(answer.hasPrefix("HTTP/1.1 200 "))
                    bytes += answer.utf8.count
                }
                // What does not fit into the burst takes its time, however fast the machine is.
                let least = Double(bytes - (128 << 10)) / Double(256 << 10)
                #expect(bytes >= 512 << 10 && start.duration(to: .now) >= .seconds(least * 0.9))
            }
        }
    }
}

@Suite struct TokenBucketTests {
    private func milliseconds(_ number: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(number) * 1_000_000) }

    @Test("a bucket gives its burst, then what comes back, and says how long to wait")
    func bucket() {
        var bucket = TokenBucket(.init(burst: 10, perSecond: 2), at: milliseconds(0))
        #expect(bucket.take(10, at: milliseconds(0)) == 0)
        #expect(bucket.take(1, at: milliseconds(0)) == 1)
        #expect(bucket.take(5, at: milliseconds(0)) == 3)
        #expect(bucket.take(1, at: milliseconds(499)) == 1)
        #expect(bucket.take(1, at: milliseconds(500)) == 0)
        #expect(bucket.take(1_000, at: milliseconds(1_000_000)) == 0, "a full bucket lets the largest through")
        #expect(bucket.take(1, at: milliseconds(1_000_000)) == 1)
        #expect(!bucket.isFull(at: milliseconds(1_004_000)) && bucket.isFull(at: milliseconds(1_005_000)))
    }

    @Test("a clock that goes back and looks that are close to each other lose nothing")
    func closeLooks() {
        var bucket = TokenBucket(.init(burst: 1, perSecond: 1), at: milliseconds(1_000))
        #expect(bucket.take(1, at: milliseconds(1_000)) == 0)
        for number in 1..<1_000 { #expect(bucket.take(1, at: milliseconds(1_000 + Int64(number))) == 1) }
        #expect(bucket.take(1, at: milliseconds(500)) == 1)
        #expect(bucket.take(1, at: milliseconds(2_000)) == 0)
    }
}
