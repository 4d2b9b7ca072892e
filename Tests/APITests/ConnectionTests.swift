import GCXAgent
import GCXLinux
import GCXModel
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

/// Connections of strangers against a server that runs.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ConnectionTests {
    let lease = SampleLease()

    /// Deadlines that a test can wait for.
    private var quick: ConnectionLimits {
        var limits = ConnectionLimits()
        (limits.firstByte, limits.head, limits.idle) = (.seconds(1), .seconds(1), .seconds(2))
        (limits.silence, limits.rateGrace) = (.seconds(1), .seconds(1))
        limits.tick = .milliseconds(50)
        return limits
    }

    private func onPort(
        _ limits: ConnectionLimits = ConnectionLimits(), _ agent: ScriptedAgent? = nil,
        _ body: (AgentClient, Endpoint) async throws -> Void
    ) async throws {
        let agent = agent ?? ScriptedAgent(lease)
        let server = try await RunningServer {
            try AgentServer(agent, at: .loopback(.v4, port: 0), logger: quiet, onListening: $0).limited(limits)
        }
        try await server.during { try await body(AgentClient(server.endpoint), server.endpoint) }
    }

    private let head = "GET /v1/status HTTP/1.1\r\nHost: a\r\n"

    /// What an honest client waits at the most: a fraction of a second, and what other tests on a busy machine add. What was
    /// seen without bounds was 74 and 90 seconds.
    static let patience: Duration = .seconds(20)

    /// An honest client's call, and that it did not wait for the others.
    private func expectAnswer(_ client: AgentClient) async throws {
        let start = ContinuousClock.now
        let answer = try await client.transport.answer(.get("/v1/status"), from: client.address)
        #expect(answer.status == 200)
        #expect(start.duration(to: .now) < Self.patience)
    }

    @Test("1,024 silent connections on a socket keep nobody out")
    func silentCrowd() async throws {
        try await withScratch { directory in
            try await withAgentServer(ScriptedAgent(lease), at: .unix(path: directory + "/s")) { client, server in
                let crowd = try (0..<1_024).map { _ in try RawClient(server.endpoint) }
                try await expectAnswer(client)
                #expect(try await areClosed(1_024 - ServerLimits.connectionsMax, of: crowd))
            }
        }
    }

    @Test("1,040 connections on a port that send a byte of a header now and then keep nobody out")
    func drippingCrowd() async throws {
        try await onPort { client, endpoint in
            let crowd = try (0..<1_040).map { _ in try RawClient(endpoint) }
            await RawClient.send("GET /v1/status HTTP/1.1\r\nHost: a\r\nX: ", to: crowd)
            for _ in 0..<3 {
                await RawClient.send("a", to: crowd)
                try await expectAnswer(client)
            }
        }
    }

    @Test("a connection that sends nothing is ended, and so is one whose head drips, however steadily")
    func deadlines() async throws {
        try await onPort(quick) { client, endpoint in
            let (silent, dripping) = (try RawClient(endpoint), try RawClient(endpoint))
            await dripping.send(head + "X: ")
            let start = ContinuousClock.now
            var answer = ""
            while start.duration(to: .now) < .seconds(10), answer.isEmpty || !silent.isClosed {
                await dripping.send("a")
                if answer.isEmpty { answer = await dripping.some(within: 100) }
            }
            #expect(silent.isClosed && answer.hasPrefix("HTTP/1.1 408 "))
            #expect(start.duration(to: .now) < .seconds(5))
            try await expectAnswer(client)
        }
    }

    @Test("a head that stays incomplete is answered with 408 in an envelope")
    func incompleteHead() async throws {
        try await onPort(quick) { _, endpoint in
            let client = try RawClient(endpoint)
            await client.send(head)
            let answer = try #require(await client.rest())
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains("\"code\":\"tooSlow\""))
        }
    }

    @Test("a body that stops or drips is ended with 408")
    func drippingBody() async throws {
        try await onPort(quick) { _, endpoint in
            let (stopped, dripping) = (try RawClient(endpoint), try RawClient(endpoint))
            for client in [stopped, dripping] {
                await client.send("POST /v1/leases HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{")
            }
            #expect(await stopped.rest()?.hasPrefix("HTTP/1.1 408 ") == true)
            var answer = ""
            for _ in 0..<50 where answer.isEmpty {
                await dripping.send("a")
                answer = await dripping.some(within: 100)
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("who asks for a large answer and does not read it is ended")
    func deafReader() async throws {
        try await withScratch { directory in
            let path = directory + "/output"
            try DurableFile.write([UInt8](repeating: 7, count: 32 << 20), to: path)
            let agent = ScriptedAgent(lease, .init(output: path))
            try await onPort(quick, agent) { client, endpoint in
                let deaf = try RawClient(endpoint, receiveBuffer: 4_096)
                let session = try SessionHeader.value(lease.apiSession)
                await deaf.send(
                    "GET /v1/leases/\(lease.id)/output HTTP/1.1\r\nHost: a\r\nAuthorization: \(session)\r\n\r\n")
                try await Task.sleep(for: .seconds(4))
                // What the kernel still held comes, and then the end instead of the rest.
                #expect(await (deaf.rest()?.utf8.count ?? .max) < 32 << 20)
                try await expectAnswer(client)
            }
        }
    }

    @Test("a head of a megabyte is answered with 431, in one field or in many, and with an address too long")
    func hugeHead() async throws {
        try await onPort { client, endpoint in
            let long = String(repeating: "a", count: 1 << 20)
            let many = (0..<10_000).map { "X-\($0): a\r\n" }.joined()
            let few = (0..<100).map { "X-\($0): a\r\n" }.joined()
            for fields in ["X: \(long)\r\n", many, few] {
                let raw = try RawClient(endpoint)
                #expect(await raw.send(head + fields + "\r\n"))
                let answer = try #require(await raw.rest())
                #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer.prefix(200))")
                #expect(answer.contains("\"code\":\"headersTooLarge\"") && answer.contains("\"instruction\""))
            }
            let raw = try RawClient(endpoint)
            await raw.send("GET /\(long) HTTP/1.1\r\n\r\n")
            #expect(await raw.rest()?.hasPrefix("HTTP/1.1 4") == true)
            try await expectAnswer(client)
        }
    }

    @Test("bytes that are no request, and bad chunks, are answered with 400 in an envelope")
    func badChunks() async throws {
        try await onPort { _, endpoint in
            let post = "POST /v1/leases HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            for text in [
                post + "zz\r\nab\r\n", post + "5\r\nabcdefgh\r\n0\r\n\r\n", "\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n",
            ] {
                let raw = try RawClient(endpoint)
                await raw.send(text)
                let answer = try #require(await raw.rest())
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(200))")
                #expect(answer.contains("\"code\":\"malformed\""))
                #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "it is answered once")
            }
        }
    }

    @Test("HEAD is answered without a body, and the next request on the connection is understood")
    func headMethod() async throws {
        try await onPort { _, endpoint in
            let raw = try RawClient(endpoint)
            await raw.send("HEAD /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = await raw.some(within: 2_000)
            #expect(first.hasPrefix("HTTP/1.1 404 ") && first.hasSuffix("\r\n\r\n"))
            #expect(first.lowercased().contains("content-length: "))
            await raw.send(head + "Connection: close\r\n\r\n")
            #expect(await raw.rest()?.hasPrefix("HTTP/1.1 200 ") == true)
        }
    }

    @Test("requests sent far ahead end the connection, a few do not; an upgrade gathers no memory")
    func pipelining() async throws {
        try await onPort { client, endpoint in
            let few = try RawClient(endpoint)
            await few.send(String(repeating: head + "\r\n", count: 3) + head + "Connection: close\r\n\r\n")
            #expect(await few.rest()?.components(separatedBy: "HTTP/1.1 200").count == 5)
            let many = try RawClient(endpoint)
            await many.send(String(repeating: head + "\r\n", count: 5_000))
            #expect(await (many.rest()?.components(separatedBy: "HTTP/1.1 200").count ?? .max) < 1_000)
            let upgrade = try RawClient(endpoint)
            await upgrade.send(head + "Connection: upgrade\r\nUpgrade: x\r\n\r\n")
            var sent = 0
            while sent < 64, await upgrade.send([UInt8](repeating: 65, count: 1 << 20)) { sent += 1 }
            #expect(sent < 64)
            try await expectAnswer(client)
        }
    }

    @Test("of many who wait for one lease some wait, and the others are answered at once; no one else is kept waiting")
    func waiters() async throws {
        try await onPort { client, endpoint in
            let session = try SessionHeader.value(lease.apiSession)
            var crowd: [RawClient] = []
            for _ in 0..<AgentLimits.waitersPerLeaseMax + 8 {
                let one = try RawClient(endpoint)
                await one.send(
                    "GET /v1/leases/\(lease.id)/receipts?wait=30 HTTP/1.1\r\nHost: a\r\nAuthorization: \(session)\r\n\r\n"
                )
                crowd.append(one)
            }
            try await expectAnswer(client)
            var answered = 0
            for _ in 0..<50 where answered < 8 {
                for one in crowd where await one.some(within: 10).hasPrefix("HTTP/1.1 200 ") { answered += 1 }
            }
            #expect(answered == 8)
        }
    }

    @Test("a server that is full closes what is silent, and serves who speaks on a connection it kept")
    func full() async throws {
        var limits = ConnectionLimits()
        limits.connectionsMax = 8
        try await onPort(limits) { client, endpoint in
            let spoken = try RawClient(endpoint)
            await spoken.send(head + "\r\n")
            #expect(await spoken.some(within: 2_000).hasPrefix("HTTP/1.1 200 "))
            let silent = try (0..<20).map { _ in try RawClient(endpoint) }
            try await expectAnswer(client)
            await spoken.send(head + "\r\n")
            #expect(await spoken.some(within: 2_000).hasPrefix("HTTP/1.1 200 "))
            #expect(try await areClosed(12, of: silent))
        }
    }

    @Test("1,100 connections at once that never send their body keep nobody out who comes after them")
    func bodilessCrowd() async throws {
        try await onPort { client, endpoint in
            for _ in 0..<3 {
                let crowd = try (0..<1_100).map { _ in try RawClient(endpoint) }
                await RawClient.send(
                    "POST /v1/leases HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", to: crowd)
                for _ in 0..<5 {
                    let honest = try RawClient(endpoint)
                    await honest.send(head + "Connection: close\r\n\r\n")
                    #expect(await honest.rest()?.hasPrefix("HTTP/1.1 200 ") == true)
                }
                withExtendedLifetime(crowd) {}
            }
            try await expectAnswer(client)
        }
    }

    /// Whether so many of them are closed, now or soon: who waits in vain for a place is sent away after a while.
    private func areClosed(_ count: Int, of crowd: [RawClient]) async throws -> Bool {
        let start = ContinuousClock.now
        while crowd.count(where: { $0.isClosed }) < count, start.duration(to: .now) < Self.patience {
            try await Task.sleep(for: .milliseconds(100))
        }
        return crowd.count { $0.isClosed } >= count
    }
}

extension String {
    /// The parts between the occurrences of `separator`.
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var (parts, rest) = ([Substring](), self[...])
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
