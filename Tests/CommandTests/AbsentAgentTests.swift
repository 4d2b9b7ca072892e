import GCXModel
import GCXWire
import Support
import Testing

@testable import gcx

@Suite("An agent that is not there")
struct AbsentAgentTests {
    private static let lease = "0x" + String(repeating: "4", count: 64)
    private static let place = ["--agent", "unix:/tmp/gcx-no-agent-\(UInt64.random(in: 0...UInt64.max))"]

    @Test(
        "is said at once, with what to do, by every command that would wait for one that restarts",
        .timeLimit(.minutes(1)),
        arguments: [
            ["job", "output", lease, "--out", "/tmp/gcx-no-output"], ["job", "logs", lease],
            ["job", "logs", lease, "--follow"], ["job", "logs", lease, "--verify"], ["job", "events"],
            ["job", "events", lease, "--follow"], ["job", "list"], ["job", "top"], ["job", "inspect", lease],
            ["job", "pause", lease], ["job", "resume", lease], ["job", "cancel", lease], ["receipt", "list", lease],
            ["agent", "status"],
        ])
    func absent(words: [String]) async throws {
        let start = ContinuousClock.now
        let error = await #expect(throws: AgentError.self, "\(words)") { try await Gcx.run(words + Self.place) }
        #expect(ContinuousClock.now - start < .seconds(10), "\(words)")
        guard case .unreachable(let why) = error, case .fix(let remedy) = error?.remedy else {
            Issue.record("\(words): \(String(describing: error))")
            return
        }
        #expect(why.contains("there is no such socket") && remedy.contains("--agent"))
    }
}
