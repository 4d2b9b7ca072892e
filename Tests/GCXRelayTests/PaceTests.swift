import GCXRelay
import NIOCore
import Testing

@testable import struct GCXRelay.PeerBook
@testable import struct GCXRelay.RelayRanking

@Suite struct PaceTests {
    private let second: UInt64 = 1_000_000_000

    @Test("what was not used comes back at its pace, up to the burst")
    func refill() {
        var pace = Pace(.init(burst: 2, perSecond: 1), at: 0)
        #expect(pace.take(at: 0) && pace.take(at: 0) && !pace.take(at: 0))
        #expect(pace.take(at: second) && !pace.take(at: second))
        #expect(pace.take(at: 100 * second) && pace.take(at: 100 * second) && !pace.take(at: 100 * second))
    }

    @Test("a debt is waited for, as long as it takes at that pace")
    func debt() {
        var pace = Pace(.init(burst: 100, perSecond: 100), at: 0)
        pace.spend(300, at: 0)
        let wait = pace.wait(at: 0)
        #expect(abs(Double(wait) - 2.01e9) < 1e7)
        let rest = pace.wait(at: wait + 1)
        #expect(rest == 0)
    }

    @Test("a clock that stands or goes back makes nothing, and no bound is no wait")
    func clock() {
        var pace = Pace(.init(burst: 1, perSecond: 1), at: 10 * second)
        #expect(pace.take(at: 5 * second) && !pace.take(at: 0) && !pace.take(at: 10 * second))
        var free = Pace(.init(burst: 0, perSecond: 0), at: 0)
        free.spend(.max, at: 0)
        let wait = free.wait(at: 0)
        #expect(wait == 0)
    }

    @Test("one peer takes no more than its share, and another still gets in")
    func peers() throws {
        var limits = RelayLimits()
        (limits.handshakesOfPeer, limits.tunnelsOfPeer, limits.tunnels) = (3, 2, 3)
        var book = PeerBook(limits)
        let (one, other) = (try peer("192.0.2.1"), try peer("192.0.2.2"))
        let taken = (0..<10).filter { _ in book.arrive(one, at: 0) }
        #expect(taken.count == 3)
        #expect(
            book.arrive(other, at: 0) && book.take(.tunnel, one, at: 0) && book.take(.tunnel, one, at: 0)
                && !book.take(.tunnel, one, at: 0))
        #expect(book.take(.tunnel, other, at: 0) && !book.take(.tunnel, other, at: 0))
        book.release(.tunnel, one)
        let isTaken = book.take(.tunnel, other, at: 0)
        #expect(isTaken)
    }

    @Test("peers of whom nothing is open are forgotten at the bound")
    func forgotten() throws {
        var book = PeerBook(RelayLimits())
        for number in 0..<20_000 {
            let peer = try peer("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
            _ = book.arrive(peer, at: 0)
            book.release(.handshake, peer)
        }
        #expect(book.peersCount <= 16_384)
    }

    @Test("an IPv6 peer is its network, and an IPv4 one is the same however it is written")
    func addresses() throws {
        #expect(try peer("2001:db8::1") == peer("2001:db8::ffff:2"))
        #expect(try peer("2001:db8::1") != peer("2001:db8:0:1::1"))
        #expect(try peer("::ffff:192.0.2.1") == peer("192.0.2.1"))
        #expect(try peer("192.0.2.1") != peer("192.0.2.2"))
    }

    private func peer(_ address: String) throws -> RelayPeer {
        RelayPeer(try SocketAddress(ipAddress: address, port: 1))
    }
}

@Suite struct RelayRankingTests {
    private let second: UInt64 = 1_000_000_000
    private let relays: [RelayAddress]

    init() throws { relays = try ["a.example:1", "b.example:1", "c.example:1"].map(RelayAddress.init) }

    @Test("the nearest is dialled first, those that did not answer last")
    func nearest() {
        var ranking = RelayRanking(relays, LinkLimits())
        ranking.measured(relays[0], latency: 30)
        ranking.measured(relays[1], latency: nil)
        ranking.measured(relays[2], latency: 10)
        #expect(take(&ranking, at: 0) == relays[2])
        #expect(take(&ranking, at: 0) == relays[0])
        #expect(take(&ranking, at: 0) == relays[1])
        #expect(take(&ranking, at: 0) == nil)
        #expect(ranking.nextAttempt == nil)
    }

    private func take(_ ranking: inout RelayRanking, at now: UInt64) -> RelayAddress? { ranking.take(at: now) }

    @Test("one that failed rests, and meanwhile the next is dialled")
    func rest() {
        var ranking = RelayRanking(relays, LinkLimits())
        #expect(take(&ranking, at: 0) == relays[0])
        ranking.leave(relays[0], wasGood: false, at: 0, chance: 1)
        #expect(take(&ranking, at: 0) == relays[1])
        #expect(take(&ranking, at: second / 2) == relays[0])
    }

    @Test("waits double up to the longest, half of each by chance, and a good connection begins anew")
    func backoff() {
        let range = LinkLimits().backoff
        let waits = (1...9).map { RelayRanking.backoff(after: $0, range, chance: 1) }
        #expect(waits.prefix(3) == [second / 2, second, 2 * second])
        #expect(waits.last == 15 * second)
        #expect(RelayRanking.backoff(after: 1, range, chance: 0) == second / 4)
        #expect(RelayRanking.backoff(after: .max, range, chance: .infinity) == 15 * second)
        #expect(RelayRanking.backoff(after: 0, range, chance: 1) == second / 2)
    }

    @Test("addresses of relays are read as they are written, and nothing else is one")
    func addresses() throws {
        for text in ["relay.example:443", "192.0.2.7:1", "[2001:db8::7]:65535"] {
            #expect(try RelayAddress(text).description == text)
        }
        for text in [
            "", "relay", "relay:", ":1", "relay:0", "relay:65536", "relay:+1", "a b:1", "[::1]", "[::1]1", "::1:1",
            "[relay]:1", "rel\nay:1", String(repeating: "a", count: 256) + ":1",
        ] {
            #expect(throws: RelayError.addressMalformed(text)) { try RelayAddress(text) }
        }
    }
}
