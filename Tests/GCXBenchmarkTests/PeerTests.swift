import CKernels
import Dispatch
import Foundation
import GCXBenchmark
import Synchronization
import Testing

@testable import gcx_probe

@Suite("The two ends of a network figure")
struct PeerTests {
    private static let nonce = "0x" + String(repeating: "ab", count: 32)
    private static let client = "0x" + String(repeating: "01", count: 20)

    @Test("each line reads as it was written")
    func lines() {
        for line: PeerLine in [
            .hello(nonce: Self.nonce, client: Self.client), .ready, .up(1), .down(BenchmarkLimits.peerTransferBytesMax),
            .got, .echo, .bye,
        ] {
            #expect(PeerLine(line.text) == line)
            #expect(line.text.utf8.count < PeerLine.bytesMax)
        }
    }

    @Test(
        "what no gcx bench says is no line",
        arguments: [
            "", "GET / HTTP/1.1", "up", "up -1", "up 1 2", "up 99999999999", "ready ", "gcx-bench/2 a b",
            "gcx-bench/1 0xab 0x01",
        ])
    func foreign(text: String) { #expect(PeerLine(text) == nil) }

    @Test(
        "a target is a host and a port",
        arguments: [
            ("box", "box", 7_177), ("box:80", "box", 80), ("10.0.0.1:1", "10.0.0.1", 1), ("[::1]:5", "::1", 5),
            ("[::1]", "::1", 7_177),
        ])
    func target(text: String, host: String, port: UInt16) {
        let target = PeerTarget(text)
        #expect(target?.host == host && target?.port == port)
    }

    @Test(
        "what names no host and port is refused",
        arguments: ["", ":80", "box:", "box:70000", "a b", "[::1", "::1", "[]"])
    func noTarget(text: String) { #expect(PeerTarget(text) == nil) }

    /// Two ends of a connection within this process, the second one served by a thread.
    private static func pair() throws -> (ours: PeerConnection, theirs: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (PeerConnection(owning: ends[0], name: "test"), ends[1])
    }

    /// The serving end on a thread of its own: both ends block, and the pool of tasks has as many threads as there are cores.
    private final class Serving: Sendable {
        private let result = Mutex<Result<PeerTally, any Error>?>(nil)
        private let ended = DispatchSemaphore(value: 0)

        init(_ end: Int32) {
            Thread.detachNewThread { [self] in
                let tally = Result {
                    try PeerCommand.serve(PeerConnection(owning: end, name: "the client"), descriptor: end)
                }
                result.withLock { $0 = tally }
                ended.signal()
            }
        }

        func value() throws -> PeerTally {
            ended.wait()
            return try #require(result.withLock { $0 }).get()
        }
    }

    @Test("the serving end counts what went each way, and ends with the client's bye")
    func session() throws {
        let (ours, theirs) = try Self.pair()
        let serving = Serving(theirs)
        try ours.say(.hello(nonce: Self.nonce, client: Self.client))
        try ours.hear(.ready)
        for bytes: UInt64 in [10, 300_000] {
            try ours.say(.up(bytes))
            try ours.send(bytes)
            try ours.hear(.got)
            try ours.say(.down(bytes))
            try ours.receive(bytes)
            try ours.say(.got)
        }
        try ours.say(.echo)
        try ours.hear(.echo)
        try ours.say(.bye)
        let tally = try serving.value()
        #expect(tally.nonce == Self.nonce && tally.client == Self.client)
        #expect(tally.up.map(\.bytes) == [10, 300_000] && tally.down.map(\.bytes) == [10, 300_000])
        #expect(PeerTally.rate(tally.up) ?? 0 > 0)
    }

    @Test(
        "a client that says something else, or hangs up, ends the session with a reason",
        arguments: [nil, "got\n", "x\n"])
    func rude(word: String?) throws {
        let (ours, theirs) = try Self.pair()
        let serving = Serving(theirs)
        try ours.say(.hello(nonce: Self.nonce, client: Self.client))
        try ours.hear(.ready)
        if let word { ours.sayRudely(word) } else { ours.hangUp() }
        #expect(throws: BenchFailure.self) { try serving.value() }
    }

    @Test("an endless line is cut off")
    func endless() throws {
        let (ours, theirs) = try Self.pair()
        let serving = Serving(theirs)
        ours.sayRudely(String(repeating: "x", count: 4_096))
        #expect(throws: BenchFailure.self) { try serving.value() }
    }
}

extension PeerConnection {
    fileprivate func sayRudely(_ text: String) { _ = gcx_peer_send(fd, Array(text.utf8), UInt64(text.utf8.count)) }
    fileprivate func hangUp() { shutdown(fd, Int32(SHUT_RDWR)) }
}
