import GCXLinux
import GCXModel
import GCXWire
import Support
import Synchronization
import Testing

@testable import GCXAgent

@Suite("Starting a job", .timeLimit(.minutes(1)))
struct StartTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    private var request: JobRequest { JobRequest(command: ["/bin/true"], imageFormat: .rootfs) }

    private func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1_000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("\(what) did not come")
    }

    @Test("a start in which the agent ends each time is given up after a few, with a reason")
    func endsTheAgent() async throws {
        let lease = try await bench.lease(in: store)
        // A life that ends in the middle of a start never comes back from it.
        bench.driver.hold(true, isDeaf: true)
        defer { bench.driver.hold(false) }
        for _ in 1...AgentLimits.startAttemptsMax { bench.driver.next(.fails()) }
        let first = try bench.core(store)
        try await bench.upload(.image, try bench.archive(of: "an image"), for: lease, to: first)
        _ = try await first.submit(request, lease: lease, by: .owner)
        try await wait("the first start") { bench.driver.count(.start) == 1 }
        for life in 2...AgentLimits.startAttemptsMax {
            let core = try bench.core(store)
            for keeper in await core.allKeepers() { await keeper.resume() }
            try await wait("start \(life)") { bench.driver.count(.start) == life }
            #expect(try store.lease(lease)?.phase == .starting)
        }
        let last = try bench.core(store)
        for keeper in await last.allKeepers() { await keeper.resume() }
        try await wait("the end") { try store.lease(lease)?.phase == .open }
        #expect(bench.driver.count(.start) == AgentLimits.startAttemptsMax)
        guard case .hostFailure(let why) = try store.lease(lease)?.exit else {
            Issue.record("\(String(describing: try store.lease(lease)?.phase))")
            return
        }
        #expect(
            why.shown.contains("the agent ended during each of \(AgentLimits.startAttemptsMax) tries"), "\(why.shown)")
    }

    @Test("a start that fails is not tried again, and costs no lease: the next job's starts are counted anew")
    func fails() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        bench.driver.next(.fails(), .fails())
        try await bench.upload(.image, try bench.archive(of: "an image"), for: lease, to: core)
        _ = try await core.submit(request, lease: lease, by: .owner)
        try await wait("the end") { try store.lease(lease)?.exit != nil }
        #expect(bench.driver.count(.start) == 1)
        #expect(try store.lease(lease)?.phase == .open)
        try await bench.upload(.image, try bench.archive(of: "an image"), for: lease, to: core)
        _ = try await core.submit(request, lease: lease, by: .owner)
        try await wait("the second end") { bench.driver.count(.start) == 2 }
        try await wait("the second end") { try store.lease(lease)?.exit != nil }
        #expect(try store.lease(lease)?.jobs == 2 && store.countStart(lease) == 2)
    }

    @Test("an agent that is told to stop does not count the start that it left")
    func stopped() async throws {
        let lease = try await bench.lease(in: store)
        try store.update(lease) { ($0.phase, $0.request) = (.starting, request) }
        #expect(try store.countStart(lease) == 1)
        let core = try bench.core(store)
        for keeper in await core.allKeepers() { await keeper.closeBooks() }
        #expect(try store.countStart(lease) == 1)
    }

    @Test("a lease that is over before its job has started is ended, and nothing is started for it")
    func late() async throws {
        let lease = try await bench.lease(in: store)
        try store.update(lease) { ($0.phase, $0.request) = (.starting, request) }
        let core = try bench.core(store)
        bench.world.clock.advance(10_000)
        for keeper in await core.allKeepers() { await keeper.tick() }
        try await wait("the end") { try store.lease(lease)?.phase.exit == .timeLimit }
        #expect(bench.driver.count(.start) == 0)
    }
}
