import GCXLinux
import GCXModel
import GCXSandbox
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("Uploads are sealed")
struct UploadTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    private func directory(_ lease: LeaseID) -> String { "\(bench.settings.uploadsPath)/\(JobName(of: lease))" }

    /// What lies in its place: its bytes, which have the digest that is written down.
    private func placed(_ kind: UploadKind, _ lease: LeaseID) throws -> [UInt8] {
        let upload = try #require(try store.uploads(of: lease)[kind])
        let path = "\(directory(lease))/\(kind.rawValue)-\(upload.digest).tar"
        #expect(try SHA256Hex.ofFile(path).hex == upload.digest)
        #expect(try upload.isFile(at: path))
        #expect(upload.file.mode == 0o400)
        return try Files.bytes(path)
    }

    @Test("two uploads at once never mix: each is whole, and the last to end has the place")
    func concurrent() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let (one, two) = (try bench.archive(of: "one"), try bench.archive(of: "two"))
        var first = try await core.beginUpload(.input, lease: lease, by: .owner)
        var second = try await core.beginUpload(.input, lease: lease, by: .owner)
        for place in stride(from: 0, to: one.count, by: 512) {
            try first.file.write(one[place..<min(place + 512, one.count)])
            try second.file.write(two[place..<min(place + 512, two.count)])
        }
        try await core.endUpload(first)
        #expect(try placed(.input, lease) == one)
        try await core.endUpload(second)
        #expect(try placed(.input, lease) == two)
        #expect(try Files.names(in: directory(lease)).count == 1, "what had the place is gone")
    }

    @Test("what an upload that was begun earlier sends does not reach one that was looked through and hashed")
    func openFirst() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        var early = try await core.beginUpload(.input, lease: lease, by: .owner)
        let good = try bench.archive(of: "good")
        try await bench.upload(.input, good, for: lease, to: core)
        try early.file.write([UInt8](repeating: 7, count: good.count))
        #expect(await refusal(of: early, by: core) != nil)
        #expect(try placed(.input, lease) == good)
    }

    @Test("an upload that is given up or refused leaves nothing")
    func givenUp() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        do {
            var ticket = try await core.beginUpload(.image, lease: lease, by: .owner)
            try ticket.file.write([1, 2, 3])
            #expect(await core.context.room.isBusy(lease))
        }
        #expect(await !core.context.room.isBusy(lease))
        await #expect(throws: AgentError.self) {
            try await bench.upload(.image, [UInt8](repeating: 1, count: 2_048), for: lease, to: core)
        }
        #expect(try Files.names(in: directory(lease)).isEmpty)
        #expect(try store.uploads(of: lease).isEmpty)
    }

    @Test("after the job was submitted no upload takes the place of one")
    func submitted() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let good = try bench.archive(of: "good")
        try await bench.upload(.input, good, for: lease, to: core)
        var late = try await core.beginUpload(.input, lease: lease, by: .owner)
        try late.file.write(try bench.archive(of: "late"))
        try store.update(lease) { $0.phase = .starting }
        #expect(
            await refusal(of: late, by: core) == AgentError.wrongPhase(lease, phase: "starting", wanted: "open"))
        #expect(try placed(.input, lease) == good)
    }

    @Test("a file that is not the one that was hashed is used only when its bytes are the same")
    func swapped() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let good = try bench.archive(of: "good")
        try await bench.upload(.input, good, for: lease, to: core)
        let uploads = LeaseUploads(lease, await core.context)
        let path = uploads.path(of: try #require(try store.uploads(of: lease)[.input]))
        try DurableFile.write(good, to: path)
        #expect(try await uploads.placed(.input, by: bench.reader(lease)) != nil)
        try DurableFile.write(try bench.archive(of: "evil"), to: path)
        await #expect(throws: AgentError.self) { try await uploads.placed(.input, by: bench.reader(lease)) }
        // The same upload again puts it right.
        try await bench.upload(.input, good, for: lease, to: core)
        #expect(try placed(.input, lease) == good)
    }

    @Test("a lease has a bound for all its uploads together, and for those at once")
    func bounds() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        var first = try await begin(.image, lease, core)
        var second = try await begin(.image, lease, core)
        var third: UploadTicket? = try await begin(.image, lease, core)
        var fourth: UploadTicket? = try await begin(.image, lease, core)
        await #expect(throws: AgentError.self) { _ = try await core.beginUpload(.input, lease: lease, by: .owner) }
        // An image and an input of 1 MiB each, twice.
        try first.file.write(piece)
        try second.file.write(piece)
        try third?.file.write(piece)
        try fourth?.file.write(piece)
        fourth = nil
        var next = try await begin(.input, lease, core)
        try next.file.write(piece)
        third = nil
        var another = try await begin(.input, lease, core)
        try store.save(
            SealedUpload(
                kind: .image, digest: "0", file: FileIdentity(device: 0, inode: 0, bytes: 1 << 20, mode: 0o400)),
            of: lease, while: .open)
        let error = #expect(throws: AgentError.self) { try another.file.write(piece) }
        guard case .noRoom = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(throws: AgentError.tooLarge("the input", bytesMax: 1 << 20)) { try next.file.write([1]) }
    }

    private func begin(_ kind: UploadKind, _ lease: LeaseID, _ core: AgentCore) async throws -> UploadTicket {
        try await core.beginUpload(kind, lease: lease, by: .owner)
    }

    /// Why the agent does not take an upload; nil when it does.
    private func refusal(of ticket: consuming UploadTicket, by core: AgentCore) async -> AgentError? {
        do throws(AgentError) {
            try await core.endUpload(ticket)
            return nil
        } catch { return error }
    }
}
