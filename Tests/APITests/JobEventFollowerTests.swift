import GCXModel
import Synchronization
import Testing

@testable import GCXBuyer
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct JobEventFollowerTests {
    let lease = SampleLease()

    private func event(_ sequence: UInt64, _ kind: JobEvent.Kind) -> JobEvent {
        JobEvent(
            sequence: sequence, lease: lease.id, wallNanoseconds: sequence, bootNanoseconds: sequence, kind: kind,
            text: "")
    }

    private func follow(_ agent: ScriptedAgent, of lease: LeaseID?, after: UInt64 = 0) async throws -> [UInt64] {
        var seen: [UInt64] = []
        try await JobEventFollower(agent: agent, caller: .owner, lease: lease, follow: true).run(after: after) {
            seen.append($0.sequence)
        }
        return seen
    }

    @Test(
        "following a job that is over ends, wiped or not, from wherever it begins", arguments: [0, 1, 2, 9] as [UInt64])
    func ended(after: UInt64) async throws {
        for kind in [JobEvent.Kind.closed, .wiped] {
            let agent = ScriptedAgent(lease, .init(phase: .closed, events: [event(1, .ended), event(2, kind)]))
            #expect(try await follow(agent, of: lease.id, after: after) == [1, 2].filter { $0 > after })
        }
    }

    @Test("following a job whose lease is open again ends, and one that runs is followed to its end")
    func running() async throws {
        let open = ScriptedAgent(lease, .init(phase: .open, events: [event(1, .ended)], jobs: 1))
        #expect(try await follow(open, of: lease.id) == [1])
        let agent = ScriptedAgent(lease, .init(events: [event(1, .started)]))
        async let seen = follow(agent, of: lease.id)
        while agent.state.withLock({ $0.callers.count < 4 }) { try await Task.sleep(for: .milliseconds(5)) }
        agent.state.withLock { state in
            state.events += [event(2, .ended), event(3, .closed)]
            state.phase = .closed
        }
        #expect(try await seen == [1, 2, 3])
    }
}
