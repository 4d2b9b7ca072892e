import GCXLinux
import GCXModel
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("Uploads that broke off")
struct BrokenUploadTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    private func part(_ bytes: [UInt8], from: Int = 0) throws -> UploadPart {
        try #require(UploadPart(digest: SHA256Hex.of(bytes), from: UInt64(from)))
    }

    /// Brings a piece of an upload, after which the connection breaks.
    private func bring(
        _ bytes: [UInt8], _ range: Range<Int>, for lease: LeaseID, to core: AgentCore
    ) async throws {
        var ticket = try await core.beginUpload(
            .input, try part(bytes, from: range.lowerBound), lease: lease, by: .owner)
        try ticket.file.write(bytes[range])
    }

    private func came(_ bytes: [UInt8], for lease: LeaseID, to core: AgentCore) async throws -> UInt64 {
        try await core.uploaded(.input, digest: SHA256Hex.of(bytes), lease: lease, by: .owner)
    }

    private func isRefused(_ ticket: consuming UploadTicket, by core: AgentCore) async -> Bool {
        do throws(AgentError) {
            try await core.endUpload(ticket)
            return false
        } catch { return true }
    }

    @Test("are gone on with by whoever knows what they are to be, and are whole in the end")
    func resumed() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let bytes = try bench.archive(of: "words")
        try await bring(bytes, 0..<700, for: lease, to: core)
        #expect(try await came(bytes, for: lease, to: core) == 700)
        #expect(try await came([1], for: lease, to: core) == 0)
        // What is there already is taken for what it is.
        try await bring(bytes, 600..<1_300, for: lease, to: core)
        #expect(try await came(bytes, for: lease, to: core) == 1_300)
        var last = try await core.beginUpload(.input, try part(bytes, from: 1_300), lease: lease, by: .owner)
        try last.file.write(bytes[1_300...])
        #expect(last.file.bytes == UInt64(bytes.count))
        try await core.endUpload(last)
        #expect(try store.uploads(of: lease)[.input]?.digest == SHA256Hex.of(bytes))
        #expect(try await came(bytes, for: lease, to: core) == UInt64(bytes.count))
    }

    @Test("have one writer: what a call still brings, after another has gone on, is not taken")
    func oneWriter() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let bytes = try bench.archive(of: "words")
        var early = try await core.beginUpload(.input, try part(bytes), lease: lease, by: .owner)
        try early.file.write(bytes[..<100])
        var late = try await core.beginUpload(.input, try part(bytes, from: 100), lease: lease, by: .owner)
        #expect(throws: AgentError.self) { try early.file.write(bytes[100..<200]) }
        try late.file.write(bytes[100...])
        #expect(await isRefused(early, by: core))
        try await core.endUpload(late)
        #expect(try store.uploads(of: lease)[.input]?.digest == SHA256Hex.of(bytes))
    }

    @Test("cannot be gone on with beyond what is there, under another digest, by another lease, or after long")
    func bounds() async throws {
        let (lease, other) = (try await bench.lease(in: store), try await bench.lease(in: store))
        let core = try bench.core(store)
        let bytes = try bench.archive(of: "words")
        try await bring(bytes, 0..<100, for: lease, to: core)
        #expect(try await came(bytes, for: other, to: core) == 0)
        for (part, lease) in [
            (try part(bytes, from: 101), lease), (try part([1], from: 100), lease), (try part(bytes, from: 100), other),
        ] {
            await #expect(throws: AgentError.self) {
                _ = try await core.beginUpload(.input, part, lease: lease, by: .owner)
            }
        }
        #expect(UploadPart(digest: "abc") == nil)
        #expect(await core.context.room.isBusy(lease))
        await core.context.room.shelf.removeAll(of: lease)
        #expect(await !core.context.room.isBusy(lease))
        #expect(try await came(bytes, for: lease, to: core) == 0)
    }

    @Test("are not kept when they are not what was announced, nor for longer than they are worth")
    func gone() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let bytes = try bench.archive(of: "words")
        let announced = try #require(UploadPart(digest: SHA256Hex.of([1])))
        var ticket = try await core.beginUpload(.input, announced, lease: lease, by: .owner)
        try ticket.file.write(bytes)
        #expect(await isRefused(ticket, by: core))
        #expect(try await core.uploaded(.input, digest: announced.digest, lease: lease, by: .owner) == 0)
        let shelf = UploadShelf(kept: .zero)
        let file = try UploadFile(in: bench.settings.stateDirectory, name: "input", bytesMax: 10)
        shelf.put(UploadDraft(file, digest: announced.digest), .input, lease)
        #expect(shelf.find(announced.digest, .input, lease) != nil)
        try await Task.sleep(for: .milliseconds(1))
        shelf.removeOld()
        #expect(shelf.find(announced.digest, .input, lease) == nil)
    }
}
