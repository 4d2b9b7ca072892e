import GCXJobLog
import GCXModel
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXClient
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct LogFollowerTests {
    let lease = SampleLease()
    /// Bytes that are no UTF-8, on both streams.
    let records = (0..<5).map { index in
        JobLog.Record(
            stream: index == 3 ? .error : .output, bootNanoseconds: UInt64(index), wallNanoseconds: .max,
            bytes: [UInt8(index), 0xff, 0x00])
    }
    let recordBytes = UInt64(3 + JobLog.overheadBytes)

    @Test("every line comes once, in order and on its stream, over a restart of the agent")
    func follows() async throws {
        try await withScratch { directory in
            let endpoint = Endpoint.unix(path: directory + "/agent.sock")
            let agent = ScriptedAgent(lease, .init(log: Array(records.prefix(3))))
            let seen = Mutex<[LogLine]>([])
            let following = Task {
                try await follower(AgentClient(endpoint), follow: true).run { line in
                    seen.withLock { $0.append(line) }
                }
            }
            try await withAgentServer(agent, at: endpoint) { _, _ in
                while seen.withLock({ $0.count < 3 }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            agent.state.withLock { ($0.log, $0.phase) = (records, .closed) }
            try await withAgentServer(agent, at: endpoint) { _, _ in
                let end = try await following.value
                #expect(end == 5 * recordBytes)
            }
            #expect(seen.withLock { $0 } == records.map(line))
        }
    }

    @Test("without following it stops at what is there, and goes on from an offset")
    func pages() async throws {
        let agent = ScriptedAgent(lease, .init(log: records))
        var seen: [LogLine] = []
        let end = try await follower(agent, follow: false).run(from: recordBytes) { seen.append($0) }
        #expect(end == 5 * recordBytes)
        #expect(seen == records.dropFirst().map(line))
    }

    @Test("a query crosses the wire whole, only the first call asks for a place, and the answer comes back whole")
    func query() async throws {
        try await withScratch { directory in
            let endpoint = Endpoint.unix(path: directory + "/agent.sock")
            let agent = ScriptedAgent(lease, .init(log: records, skipLines: 7))
            let query = LogQuery(from: recordBytes, sinceNanoseconds: 17, tail: 3, stream: .stderr, bytesMax: 4_096)
            try await withAgentServer(agent, at: endpoint) { _, _ in
                var skips: [UInt64] = []
                try await follower(AgentClient(endpoint), follow: false).pages(query) { (page) throws(AgentError) in
                    skips.append(page.skipLines)
                    return true
                }
                #expect(skips == [7, 7, 7])
            }
            let asked = agent.state.withLock { $0.queries }
            #expect(asked.first == query)
            #expect(
                asked.dropFirst().map(\.from) == [3 * recordBytes, 5 * recordBytes]
                    && asked.dropFirst().allSatisfy { $0.tail == nil && $0.sinceNanoseconds == nil })
            #expect(asked.allSatisfy { $0.stream == .stderr && $0.bytesMax == 4_096 })
        }
    }

    @Test("what was dropped while the reader was away is said once, in bytes of the log when nothing tells more")
    func lost() async throws {
        let agent = ScriptedAgent(lease, .init(log: records, firstKept: 2 * recordBytes))
        var seen: [LogLine] = []
        let end = try await follower(agent, follow: false).run { seen.append($0) }
        #expect(end == 5 * recordBytes)
        #expect(seen.first?.kind == .lost(bytes: 2 * recordBytes, isExact: false))
        // Nobody says whether the loss ended with a line.
        #expect(seen.dropFirst().first?.kind == .midLine([.stdout, .stderr]))
        #expect(seen.dropFirst(2).map(\.bytes) == records.dropFirst(2).map(\.bytes))
    }

    @Test("a query that is none is refused", arguments: ["from=-1", "tail=x", "stream=stdin", "since=1.5", "max=,"])
    func badQuery(text: String) async throws {
        try await withScratch { directory in
            let endpoint = Endpoint.unix(path: directory + "/agent.sock")
            try await withAgentServer(ScriptedAgent(lease, .init(log: records)), at: endpoint) { _, _ in
                let answer = try await HTTPTransport.shared.answer(
                    .get("/v1/leases/\(lease.id)/log?\(text)"), from: ServerAddress(endpoint))
                #expect(answer.status == 400)
            }
        }
    }

    private func line(_ record: JobLog.Record) -> LogLine {
        LogLine(
            kind: .output(record.stream == .error ? .stderr : .stdout), bootNanoseconds: record.bootNanoseconds,
            wallNanoseconds: record.wallNanoseconds, bytes: record.bytes)
    }

    private func follower(_ agent: any AgentOperations, follow: Bool) -> LogFollower {
        LogFollower(agent: agent, lease: lease.id, by: .owner, follow: follow, patience: .seconds(20))
    }
}
