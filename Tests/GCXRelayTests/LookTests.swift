import GCXModel
import GCXRelay
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct LookTests {
    @Test("a relay tells where it sees a machine, and which of its ports it gets to")
    func look() async throws {
        let relay = try await RunningRelay { $0.takesPlainMachines = false }
        let (listener, free) = (try Listener(), try Listener().port)
        let word = Digest.random()
        let heard = Task {
            try await onThread {
                let caller = try listener.accept()
                defer { caller.close() }
                return caller.readToEnd()
            }
        }
        let report = try await Self.ask(relay, [.init(port: listener.port, word: word), .init(port: free)])
        #expect(report.sight.from.contains("127.0.0.1:"))
        #expect(report.ports.map(\.port) == [listener.port, free])
        #expect(report.ports.map(\.outcome) == [.open, .refused])
        #expect(try await heard.value == Array("\(word)\n".utf8))
        await relay.stop()
    }

    @Test("a port that nobody listens to is listened to meanwhile, and one that somebody has is not")
    func listening() async throws {
        let relay = try await RunningRelay()
        let (taken, free) = (try Listener(), try Listener().port)
        #expect(await PortListener.open(taken.port) == nil)
        let listener = try #require(await PortListener.open(free))
        #expect(!listener.hasHeard)
        let report = try await Self.ask(relay, [.init(port: free, word: listener.word)])
        #expect(report.ports.map(\.outcome) == [.open])
        for _ in 0..<100 where !listener.hasHeard { try await Task.sleep(for: .milliseconds(20)) }
        #expect(listener.hasHeard)
        await listener.close()
        await relay.stop()
    }

    @Test("more ports than a question may have, and questions without end, are refused")
    func bounds() async throws {
        let relay = try await RunningRelay { $0.limits.registrations = .init(burst: 2, perSecond: 1) }
        let many = (1...9).map { LookLines.WantedPort(port: $0) }
        await #expect(throws: RelayError.self) { try await Self.ask(relay, many) }
        await #expect(throws: RelayError.self) { try await Self.ask(relay, [.init(port: 0)]) }
        var answered = 0
        for _ in 0..<6 where (try? await Self.ask(relay, [])) != nil { answered += 1 }
        #expect((2...3).contains(answered))
        await relay.stop()
    }

    private static func ask(
        _ relay: RunningRelay, _ ports: [LookLines.WantedPort]
    ) async throws -> RelayLook.Report {
        try await RelayLook(at: "127.0.0.1", of: try relay.address).ask(ports)
    }
}
