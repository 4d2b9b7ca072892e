import FoundationEssentials
import GCXBuyer
import GCXLinux
import GCXModel
import Glibc
import Synchronization
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXWire

@Suite(.timeLimit(.minutes(1))) struct TransferTests {
    let lease = SampleLease()
    /// Not a whole number of chunks.
    let content = (0..<(3 * WireLimits.chunkBytes + 17)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    @Test("an upload arrives byte for byte, never to be written again, and tells how far it is")
    func upload() async throws {
        try await serving { agent, client, directory in
            try DurableFile.write(content, to: directory + "/source")
            let seen = Mutex<[UInt64]>([])
            let sent = try await client.upload(.image, lease: lease.id, file: directory + "/source", by: .owner) {
                done, total in
                #expect(total == UInt64(content.count))
                seen.withLock { $0.append(done) }
            }
            #expect(sent == UInt64(content.count))
            #expect(try Files.bytes(directory + "/target", limit: 1 << 20) == content)
            var status = stat()
            #expect(stat(directory + "/target", &status) == 0 && status.st_mode & 0o777 == 0o400)
            #expect(agent.state.withLock { $0.uploads } == (1, [.image]))
            #expect(seen.withLock { $0.last } == UInt64(content.count))
        }
    }

    @Test("an upload of exactly the limit is taken, and one byte more is refused and leaves no file")
    func limit() async throws {
        try await serving { agent, client, directory in
            try DurableFile.write(content, to: directory + "/source")
            agent.state.withLock { $0.uploadBytesMax = UInt64(content.count) }
            try await client.upload(.input, lease: lease.id, file: directory + "/source", by: .owner)
            agent.state.withLock {
                ($0.uploadBytesMax, $0.uploadPath) = (UInt64(content.count) - 1, directory + "/second")
            }
            await #expect(throws: AgentError.tooLarge("the input", bytesMax: UInt64(content.count) - 1)) {
                try await client.upload(.input, lease: lease.id, file: directory + "/source", by: .owner)
            }
            #expect(try Files.names(in: directory) == ["agent.sock", "source", "target"])
            #expect(agent.state.withLock { $0.uploads } == (2, [.input]))
        }
    }

    @Test("bytes beyond the limit are refused even when the header lied")
    func sinkLimit() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            let sink = try FileSink(directory + "/target", bytesMax: 100_000)
            await #expect(throws: FileSink.Overflow.self) {
                try await sink.write(try FileChunks(directory + "/source"))
            }
            let size = try Files.bytes(directory + "/target", limit: 1 << 20).count
            #expect(size <= 100_000)
        }
    }

    @Test("an upload announced too large, or without a length, is refused before a byte of it is there")
    func announced() async throws {
        try await serving { agent, client, _ in
            guard case .unix(let path) = client.endpoint else { return }
            let line = "PUT /v1/leases/\(lease.id)/uploads/image HTTP/1.1\r\nHost: x\r\n"
            let large = try RawSocket.exchange(Array("\(line)Content-Length: 1048577\r\n\r\n".utf8), with: path)
            #expect(large.hasPrefix("HTTP/1.1 413"))
            let unknown = try RawSocket.exchange(Array("\(line)Transfer-Encoding: chunked\r\n\r\n".utf8), with: path)
            #expect(unknown.hasPrefix("HTTP/1.1 400"))
            #expect(agent.state.withLock { $0.uploads } == (1, []))
        }
    }

    @Test("a download ends when the server stops, and leaves no half file")
    func stopsDownload() async throws {
        try await withScratch { directory in
            try DurableFile.write([], to: directory + "/output")
            #expect(truncate(directory + "/output", 1 << 32) == 0)
            let agent = ScriptedAgent(lease, .init(output: directory + "/output"))
            let server = try await RunningServer {
                try AgentServer(agent, at: .unix(path: directory + "/s"), logger: quiet, onListening: $0)
            }
            let (begun, announce) = AsyncStream<Void>.makeStream()
            let download = Task {
                try await AgentClient(server.endpoint).downloadOutput(
                    lease.id, to: directory + "/here", by: .owner
                ) { _, _ in announce.yield() }
            }
            for await _ in begun { break }
            try await server.stop()
            let error = await #expect(throws: AgentError.self) { try await download.value }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            // What came is kept under another name, to be gone on with.
            #expect(try Files.names(in: directory) == ["here.part", "output"])
        }
    }

    @Test("a connection that breaks in the middle of an upload leaves no file")
    func brokenUpload() async throws {
        try await serving { agent, client, directory in
            guard case .unix(let path) = client.endpoint else { return }
            let head =
                "PUT /v1/leases/\(lease.id)/uploads/image HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"
            try RawSocket.send(Array(head.utf8), to: path)
            while agent.state.withLock({ $0.uploads.begun == 0 }) { try await Task.sleep(for: .milliseconds(5)) }
            // The file has no name; it is gone with its last descriptor.
            for _ in 0..<400 where try Self.hasOpenFile(in: directory) { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try !Self.hasOpenFile(in: directory))
            #expect(agent.state.withLock { $0.uploads } == (1, []))
            #expect(!Files.exists(directory + "/target"))
        }
    }

    @Test("an upload whose connection breaks goes on where it stopped")
    func resumedUpload() async throws {
        try await serving { agent, client, directory in
            guard case .unix(let path) = client.endpoint else { return }
            try DurableFile.write(content, to: directory + "/source")
            let (digest, kept) = (SHA256Hex.of(content), 100_000)
            let head =
                "PUT /v1/leases/\(lease.id)/uploads/image?digest=\(digest) HTTP/1.1\r\nHost: x\r\nContent-Length: \(content.count)\r\n\r\n"
            try RawSocket.send(Array(head.utf8) + content.prefix(kept), to: path)
            @Sendable func there() async throws(AgentError) -> UInt64 {
                try await client.uploaded(.image, digest: digest, lease: lease.id, by: .owner)
            }
            for _ in 0..<400 where try await there() < UInt64(kept) { try await Task.sleep(for: .milliseconds(5)) }
            let least = Mutex(UInt64.max)
            try await PatientTransfer().upload(digest: digest, size: UInt64(content.count)) {
                () async throws(AgentError) in
                try await there()
            } send: { part, movement throws(AgentError) in
                try await client.upload(
                    .image, lease: lease.id, file: directory + "/source", part: part, by: .owner
                ) { done, total in
                    #expect(total == UInt64(content.count))
                    least.withLock { $0 = min($0, done) }
                    movement.note()
                }
            }
            #expect(least.withLock { $0 } >= UInt64(kept))
            #expect(try Files.bytes(directory + "/target", limit: 1 << 20) == content)
            #expect(agent.state.withLock { $0.uploads } == (2, [.image]))
        }
    }

    @Test("a transfer is tried until nothing has moved for as long as a buyer waits, and a word of the agent ends it")
    func patience() async throws {
        let tries = Mutex(0)
        let transfer = PatientTransfer(Patience(limit: .milliseconds(250)))
        // Each try moves something, so they take longer together than one silence may.
        let value = try await transfer.download { movement throws(AgentError) in
            movement.note()
            if tries.withLock({
                $0 += 1; return $0
            }) < 6 {
                throw .unreachable("it broke")
            }
            return 7
        }
        #expect(value == 7)
        await #expect(throws: BuyerError.self) {
            try await transfer.download { _ throws(AgentError) in throw .unreachable("it is away") }
        }
        tries.withLock { $0 = 0 }
        await #expect(throws: BuyerError.agent(.noRoom("full"))) {
            try await transfer.download { _ throws(AgentError) in
                tries.withLock { $0 += 1 }
                throw .noRoom("full")
            }
        }
        #expect(tries.withLock { $0 } == 1)
    }

    /// Whether this process has a file open in the directory, sockets left out.
    private static func hasOpenFile(in directory: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { number in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
            return target?.hasPrefix("\(directory)/") == true
        }
    }

    @Test("an upload into a link is refused, and so is a local file that is not there")
    func links() async throws {
        try await serving { agent, client, directory in
            try DurableFile.write([1, 2, 3], to: directory + "/precious")
            try DurableFile.write(content, to: directory + "/source")
            #expect(symlink(directory + "/precious", directory + "/target") == 0)
            await #expect(throws: AgentError.self) {
                try await client.upload(.image, lease: lease.id, file: directory + "/source", by: .owner)
            }
            #expect(try Files.bytes(directory + "/precious") == [1, 2, 3])
            let error = await #expect(throws: AgentError.self) {
                try await client.upload(.image, lease: lease.id, file: directory + "/nowhere", by: .owner)
            }
            #expect(error?.description.contains("ENOENT") == true)
        }
    }

    @Test("the output arrives byte for byte, and none is not an error")
    func download() async throws {
        try await serving { agent, client, directory in
            let none = try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner)
            #expect(none == nil)
            try DurableFile.write(content, to: directory + "/output.tar")
            agent.state.withLock { $0.output = directory + "/output.tar" }
            let fetched = try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner)
            #expect(fetched?.bytes == UInt64(content.count))
            #expect(fetched?.digest == SHA256Hex.of(content))
            #expect(try Files.bytes(directory + "/here", limit: 1 << 20) == content)
            try DurableFile.write([], to: directory + "/output.tar")
            #expect(try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner)?.bytes == 0)
            #expect(!Files.exists(directory + "/here.part"))
        }
    }

    @Test(
        "a download goes on where the one before stopped, and is compared with the digest", arguments: [1, 2, 100_000])
    func resumed(kept: Int) async throws {
        try await serving { agent, client, directory in
            try DurableFile.write(content, to: directory + "/output.tar")
            agent.state.withLock { ($0.output, $0.outputDigest) = (directory + "/output.tar", SHA256Hex.of(content)) }
            try DurableFile.write(content.prefix(kept), to: directory + "/here.part")
            let least = Mutex(UInt64.max)
            try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner) { done, total in
                #expect(total == UInt64(content.count))
                least.withLock { $0 = min($0, done) }
            }
            #expect(least.withLock { $0 } >= UInt64(kept))
            #expect(try Files.bytes(directory + "/here", limit: 1 << 20) == content)
        }
    }

    @Test("a part of another file is found out by the digest, and by its length, and thrown away")
    func otherPart() async throws {
        try await serving { agent, client, directory in
            try DurableFile.write(content, to: directory + "/output.tar")
            agent.state.withLock { ($0.output, $0.outputDigest) = (directory + "/output.tar", SHA256Hex.of(content)) }
            for part in [[UInt8](repeating: 1, count: 5_000), [UInt8](repeating: 1, count: content.count + 5_000)] {
                try DurableFile.write(part, to: directory + "/here.part")
                await #expect(throws: AgentError.self) {
                    try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner)
                }
                #expect(!Files.exists(directory + "/here") && !Files.exists(directory + "/here.part"))
            }
            let fetched = try await client.downloadOutput(lease.id, to: directory + "/here", by: .owner)
            #expect(fetched?.digest == SHA256Hex.of(content))
        }
    }

    private func serving(_ body: (ScriptedAgent, AgentClient, String) async throws -> Void) async throws {
        try await withScratch { directory in
            let agent = ScriptedAgent(lease, .init(uploadPath: directory + "/target"))
            try await withAgentServer(agent, at: .unix(path: directory + "/agent.sock")) { client, _ in
                try await body(agent, client, directory)
            }
        }
    }
}
