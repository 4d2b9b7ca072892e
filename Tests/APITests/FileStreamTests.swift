import GCXLinux
import Glibc
import NIOCore
import Testing

@testable import GCXWire

@Suite("Files in pieces")
struct FileStreamTests {
    /// More than two batches, and not a whole number of chunks.
    private let content = (0..<(2 * WireLimits.batchBytes + WireLimits.chunkBytes + 17)).map {
        UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8)
    }

    @Test("a chunk stays what it is as long as somebody has it, however many are read after it")
    func held() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            var held: [ByteBuffer] = []
            for try await chunk in try FileChunks(directory + "/source") { held.append(chunk) }
            #expect(held.count > WireLimits.chunksKept)
            #expect(held.flatMap { Array($0.readableBytesView) } == content)
        }
    }

    @Test("the memory of a chunk that nobody has any more is used again")
    func reused() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            var places: Set<UInt> = []
            for try await chunk in try FileChunks(directory + "/source") {
                places.insert(chunk.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) })
            }
            #expect(places.count <= WireLimits.chunksKept)
        }
    }

    @Test("what is written arrives in order, with the digest of all of it")
    func digest() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            let sink = try FileSink(directory + "/target", bytesMax: .max)
            let written = try await sink.write(try FileChunks(directory + "/source"))
            #expect(written.bytes == UInt64(content.count) && written.digest == SHA256Hex.of(content))
            #expect(try Files.bytes(directory + "/target", limit: 4 << 20) == content)
        }
    }

    @Test("what goes on behind what was kept has no digest: nobody looked at what was there")
    func kept() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            try DurableFile.write(content, to: directory + "/target", mode: 0o600)
            let sink = try FileSink(directory + "/target", bytesMax: .max, keeping: 1_000)
            let written = try await sink.write(try FileChunks(directory + "/source", from: 1_000))
            #expect(written.bytes == UInt64(content.count) && written.digest == nil)
            #expect(try Files.bytes(directory + "/target", limit: 4 << 20) == content)
        }
    }

    @Test("what came before a transfer broke off is in the file")
    func broken() async throws {
        struct Broken: Error {}
        try await withScratch { directory in
            let sink = try FileSink(directory + "/target", bytesMax: .max)
            let pieces = AsyncThrowingStream<ByteBuffer, any Error> { pieces in
                pieces.yield(ByteBuffer(string: "so far "))
                pieces.yield(ByteBuffer(string: "so good"))
                pieces.finish(throwing: Broken())
            }
            await #expect(throws: Broken.self) { try await sink.write(pieces) }
            #expect(try Files.text(directory + "/target") == "so far so good")
        }
    }

    @Test("two transfers at once never write one file, and the first goes on undisturbed")
    func alone() async throws {
        try await withScratch { directory in
            try DurableFile.write(content, to: directory + "/source")
            let first = try FileSink(directory + "/target", bytesMax: .max)
            #expect(
                throws: LinuxError.malformed(object: directory + "/target", reason: "another transfer is writing it")
            ) {
                try FileSink(directory + "/target", bytesMax: .max)
            }
            #expect(try await first.write(try FileChunks(directory + "/source")).digest == SHA256Hex.of(content))
        }
    }

    @Test("bytes of a collection without storage of its own are written all the same")
    func scattered() throws {
        let pipe = try Pipe()
        try pipe.write.write(repeatElement(UInt8(7), count: 3), object: "the pipe")
        var bytes = [UInt8](repeating: 0, count: 4)
        #expect(read(pipe.read.number, &bytes, 4) == 3 && bytes == [7, 7, 7, 0])
    }
}
