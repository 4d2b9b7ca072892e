import NIOCore
import NIOEmbedded
import Testing

@testable import GCXRelay

@Suite("Reads of connections that wait")
struct SmallReadsTests {
    @Test("a small read is handed on in a buffer of its own size, and keeps no other")
    func small() throws {
        let passed = try #require(try read(17))
        #expect(passed.readableBytes == 17)
        #expect(passed.storageCapacity <= RelayLimits.smallReadBytes)
    }

    @Test("a large read is handed on as it came")
    func large() throws {
        let passed = try #require(try read(RelayLimits.smallReadBytes + 1))
        #expect(passed.readableBytes == RelayLimits.smallReadBytes + 1 && passed.storageCapacity == 32 << 10)
    }

    /// What comes of so many bytes in a buffer as TLS has it.
    private func read(_ count: Int) throws -> ByteBuffer? {
        let channel = EmbeddedChannel(handler: SmallReads())
        var buffer = channel.allocator.buffer(capacity: 32 << 10)
        buffer.writeRepeatingByte(1, count: count)
        try channel.writeInbound(buffer)
        return try channel.readInbound(as: ByteBuffer.self)
    }
}
