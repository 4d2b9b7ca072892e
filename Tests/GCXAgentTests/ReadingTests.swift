import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Glibc
import Support
import Synchronization
import Testing

@testable import GCXAgent

/// A control group of its own, with room for readers.
private final class ReaderGroup {
    let place: CgroupPlace

    init() throws {
        let parent = try CgroupPlace.forJobs()
        place = CgroupPlace(
            layout: parent.layout, group: "\(parent.group)/reading-test-\(UInt32.random(in: 0...UInt32.max))")
        try place.cgroup.create(CgroupLimits(cores: 1, memoryBytes: 64 << 20, pids: 16))
    }

    deinit { try? place.cgroup.remove() }

    var spent: UInt64 { place.cgroup.readerUsage().cpuNanoseconds ?? 0 }
}

@Suite("What is sent for a lease is read in its group", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct ReadingTests {
    let bench: AgentBench
    let store: AgentStore
    private let group: ReaderGroup

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
        let group = try ReaderGroup()
        self.group = group
        bench.driver.read(in: group.place)
    }

    @Test("looking through an upload, and hashing it")
    func counted() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        var steps = [group.spent]
        let image = try bench.archive(of: "an image")
        try await bench.upload(.image, image, for: lease, to: core)
        steps.append(group.spent)
        // Another file in its place is hashed, and this one has the same bytes.
        let uploads = LeaseUploads(lease, await core.context)
        let path = uploads.path(of: try #require(try store.uploads(of: lease)[.image]))
        try DurableFile.write(image, to: path)
        #expect(try await uploads.placed(.image, by: bench.reader(lease)) != nil)
        steps.append(group.spent)
        for (before, after) in zip(steps, steps.dropFirst()) { #expect(after > before, "\(steps)") }
        let terms = try #require(try store.lease(lease)).terms
        let asked = try #require(bench.driver.readersAsked.first)
        #expect(asked.cores == terms.resources.cores && asked.memoryBytes == terms.resources.memoryBytes)
    }

    @Test("no upload is read for a lease that is no longer open, and no group is made for it")
    func closed() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        var ticket = try await core.beginUpload(.image, lease: lease, by: .owner)
        try ticket.file.write(try bench.archive(of: "an image"))
        _ = try await core.cancel(lease, by: .owner)
        do throws(AgentError) {
            try await core.endUpload(ticket)
            Issue.record("it was taken")
        } catch {}
        #expect(bench.driver.readersAsked.isEmpty)
    }

    @Test("an upload is looked through no longer than its task is wanted")
    func cancelled() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let uploads = LeaseUploads(lease, await core.context)
        let archive = try bench.archive(of: "words")
        let reader = bench.reader(lease, stop: StopFlag())
        let task = Task {
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
            var file = try uploads.begin(.input)
            try file.write(archive)
            try await uploads.inspect(file.seal(), .input, by: reader)
        }
        task.cancel()
        await #expect(throws: AgentError.self) { try await task.value }
        #expect(reader.stop?.isRaised == true)
    }
}
