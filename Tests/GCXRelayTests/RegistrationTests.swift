import GCXModel
import GCXSigning
import GCXWire
import NIOCore
import NIOEmbedded
import Testing

@testable import GCXRelay

@Suite struct RegistrationTests {
    private let key = PrivateKey.generate()
    private let challenge = RegistrationLines.Challenge(relay: "relay.example:443", nonce: .random(), at: 1_000)

    private func signed(
        relay: Untrusted = "relay.example:443", nonce: Digest? = nil, at: UInt64 = 1_000, by signer: PrivateKey? = nil,
        in domain: EIP712Domain = RegistrationLines.domain
    ) -> Signed<RelayRegistration> {
        let document = RelayRegistration(
            relay: relay, machine: key.address, nonce: nonce ?? challenge.nonce, at: at)
        return Signed(document, by: signer ?? key, in: domain)
    }

    private func check(_ registration: Signed<RelayRegistration>, at now: UInt64 = 1_000) throws(RelayError) -> Address
    {
        try RegistrationLines.check(registration, answering: challenge, at: now, clockSeconds: 300)
    }

    @Test("what the machine's key signed for this relay and this connection is taken, with clocks five minutes apart")
    func taken() throws {
        #expect(try check(signed()) == key.address)
        #expect(try check(signed(at: 700)) == key.address)
        #expect(try check(signed(at: 1_300)) == key.address)
    }

    @Test("a registration for another relay, of another connection, by another key or on a ledger is refused")
    func refused() {
        #expect(throws: RelayError.otherRelay(expected: "relay.example:443", found: "other.example:443")) {
            try check(signed(relay: "other.example:443"))
        }
        #expect(throws: RelayError.otherNonce) { try check(signed(nonce: .random())) }
        #expect(throws: RelayError.clocksApart(seconds: 301)) { try check(signed(at: 1_301)) }
        #expect(throws: RelayError.clocksApart(seconds: .max)) { try check(signed(at: .max), at: 0) }
        let wrong = [
            signed(by: .generate()), signed(in: EIP712Domain(chainId: 1, verifyingContract: .zero)),
            Signed(document: signed().document, signature: .zero),
        ]
        for registration in wrong {
            do throws(RelayError) {
                _ = try check(registration)
                Issue.record("it was taken")
            } catch {
                guard case .signatureWrong = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }

    @Test("lines come out whole, however they are torn, and a long one is refused")
    func lines() throws {
        var collector = LineCollector()
        for byte in Array("one\ntwo\nrest".utf8) { collector.add(ByteBuffer(bytes: [byte])) }
        #expect(try collector.next() == Array("one".utf8))
        #expect(try collector.next() == Array("two".utf8))
        #expect(try collector.next() == nil)
        #expect(collector.held == ByteBuffer(string: "rest"))
        collector.add(ByteBuffer(repeating: 97, count: RelayWire.lineBytesMax))
        #expect(throws: RelayError.self) { try collector.next() }
    }

    @Test("what is said is read back, and a stranger's words are shown safely")
    func words() throws {
        let line = RegistrationLines.line(challenge)
        #expect(line.last == 10)
        #expect(try RegistrationLines.read(line.dropLast(), as: RegistrationLines.Challenge.self) == challenge)
        #expect(throws: RelayError.self) {
            try RegistrationLines.read(Array("{".utf8), as: RegistrationLines.Verdict.self)
        }
        let error = RelayError.refused(by: "relay.example:443", reason: "no\u{1b}[2J")
        #expect(!error.description.contains("\u{1b}"))
    }
}

@Suite struct TunnelTests {
    private final class Meter: TunnelMeter {
        var (bytes, ends) = (0, 0)
        var wait: TimeAmount?
        func passed(_ bytes: Int) { self.bytes += bytes }
        func pause() -> TimeAmount? { wait }
        func ended() { ends += 1 }
    }

    /// Notes whether its channel was asked to read.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0
        func read(context: ChannelHandlerContext) { count += 1 }
    }

    private struct Pair {
        let loop = EmbeddedEventLoop()
        let meter = Meter()
        let reads = Reads()
        let (left, right): (EmbeddedChannel, EmbeddedChannel)

        init() throws {
            let tunnel = Tunnel(meter: meter, lingering: .seconds(10))
            let ends = tunnel.ends()
            (left, right) = (EmbeddedChannel(loop: loop), EmbeddedChannel(loop: loop))
            try left.pipeline.syncOperations.addHandlers([reads, ends.0])
            try right.pipeline.syncOperations.addHandler(ends.1)
            for channel in [left, right] { try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait() }
        }
    }

    @Test("what one side reads the other writes, and it is counted")
    func bytes() throws {
        let pair = try Pair()
        try pair.left.writeInbound(ByteBuffer(string: "there"))
        try pair.right.writeInbound(ByteBuffer(string: "back"))
        #expect(try pair.right.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "there"))
        #expect(try pair.left.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "back"))
        #expect(pair.meter.bytes == 9)
    }

    @Test("a side is not read while the other takes nothing")
    func backpressure() throws {
        let pair = try Pair()
        pair.reads.count = 0
        pair.right.isWritable = false
        pair.right.pipeline.fireChannelWritabilityChanged()
        pair.left.read()
        #expect(pair.reads.count == 0)
        pair.right.isWritable = true
        pair.right.pipeline.fireChannelWritabilityChanged()
        #expect(pair.reads.count == 1)
    }

    @Test("beyond its pace a side is read later")
    func pace() throws {
        let pair = try Pair()
        pair.reads.count = 0
        pair.meter.wait = .milliseconds(100)
        pair.left.read()
        pair.left.read()
        #expect(pair.reads.count == 0)
        pair.meter.wait = nil
        pair.loop.advanceTime(by: .milliseconds(100))
        #expect(pair.reads.count == 1)
    }

    @Test("when one side is gone the other is closed, and the end is told once")
    func end() throws {
        let pair = try Pair()
        try pair.left.close().wait()
        pair.loop.advanceTime(by: .seconds(10))
        #expect(!pair.right.isActive)
        #expect(pair.meter.ends == 1)
    }
}
