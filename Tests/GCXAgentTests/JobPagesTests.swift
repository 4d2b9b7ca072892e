import GCXModel
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("Lists of jobs, page by page", .timeLimit(.minutes(1)))
struct JobPagesTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    /// A lease as the machine signed `row`.
    private func insert(like row: LeaseRow, _ phase: LeasePhase) throws -> LeaseID {
        let id = LeaseID.random()
        _ = try store.insert(row.signed, id: id, at: row.createdAt) { _ in
            LeasePlacement(cores: nil, devices: [])
        }
        try store.update(id) { $0.phase = phase }
        return id
    }

    @Test("a page has a bound whatever stands open, and all pages together have each lease once")
    func bounds() async throws {
        let row = try #require(try store.lease(try await bench.lease(in: store)))
        let phases: [LeasePhase] = [.open, .closed(nil), .open, .closed(nil), .open, .closed(nil)]
        let all = try [row.id] + phases.map { try insert(like: row, $0) }
        var (pages, place) = ([[LeaseID]](), UInt64?.none)
        repeat {
            // Bounds smaller than any of ours: three of the four that are open, and pages of two.
            let page = try store.recent(2, notClosed: 3, before: place)
            pages.append(page.rows.reversed().map(\.id))
            place = page.next
        } while place != nil
        #expect(pages == [[all[6], all[5], all[3], all[1]], [all[4]], [all[2]], [all[0]]])
    }

    @Test("a list goes on where a page ends, and what is open was in the first one already")
    func next() async throws {
        let mine = try await bench.lease(in: store)
        try store.update(mine) { $0.phase = .closed(nil) }
        let row = try #require(try store.lease(mine))
        for _ in 0..<AgentLimits.jobsListedMax { _ = try insert(like: row, .closed(nil)) }
        let core = try bench.core(store)
        let page = try await core.jobs(from: nil, by: .owner)
        #expect(page.items.count == AgentLimits.jobsListedMax)
        let next = try #require(page.next)
        let rest = try await core.jobs(from: next, by: .owner)
        #expect(rest.items.map(\.lease) == [mine] && rest.next == nil)
        #expect(try await core.allJobs(by: .owner).count == AgentLimits.jobsListedMax + 1)
        try store.update(mine) { $0.phase = .open }
        #expect(try await core.jobs(from: nil, by: .owner).items.last?.lease == mine)
        #expect(try await core.jobs(from: next, by: .owner).items.isEmpty)
    }
}
