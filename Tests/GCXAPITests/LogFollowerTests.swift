import GCXAgent
import GCXModel
import Synchronization
import Testing

@testable import GCXAPI

@Suite(.timeLimit(.minutes(1))) struct LogFollowerTests {
    let lease = SampleLease()
    /// Bytes that are no UTF-8, on both streams.
    let lines = (0..<5).map { index in
        LogLine(
            bootNanoseconds: UInt64(index), wallNanoseconds: .max, stream: index == 3 ? "stderr" : "stdout",
            bytes: [UInt8(index), 0xff, 0x00])
    }

    @Test("every line comes once, in order and on its stream, over a restart of the agent")
    func follows() async throws {
        try await withScratch { directory in
            let endpoint = Endpoint.unix(path: directory + "/agent.sock")
            let agent = ScriptedAgent(lease, .init(log: Array(lines.prefix(3))))
            let seen = Mutex<(out: [UInt8], err: [UInt8])>(([], []))
            let following = Task {
                try await follower(AgentClient(endpoint), follow: true).run { bytes in
                    seen.withLock { $0.out += bytes }
                } stderr: { bytes in
                    seen.withLock { $0.err += bytes }
                }
            }
            try await withAgentServer(agent, at: endpoint) { _, _ in
                while seen.withLock({ $0.out.count < 9 }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            agent.state.withLock { ($0.log, $0.phase) = (lines, .closed) }
            try await withAgentServer(agent, at: endpoint) { _, _ in
                let end = try await following.value
                #expect(end == 5)
            }
            #expect(seen.withLock { $0.out } == [0, 0xff, 0, 1, 0xff, 0, 2, 0xff, 0, 4, 0xff, 0])
            #expect(seen.withLock { $0.err } == [3, 0xff, 0])
        }
    }

    @Test("without following it stops at what is there, and goes on from an offset")
    func pages() async throws {
        let agent = ScriptedAgent(lease, .init(log: lines))
        let seen = Mutex<[LogLine]>([])
        let end = try await follower(agent, follow: false).run(from: 1) { line in seen.withLock { $0.append(line) } }
        #expect(end == 5)
        #expect(seen.withLock { $0 } == Array(lines.dropFirst()))
    }

    private func follower(_ agent: any AgentOperations, follow: Bool) -> LogFollower {
        LogFollower(agent: agent, lease: lease.id, by: .owner, follow: follow, patience: .seconds(20))
    }
}
