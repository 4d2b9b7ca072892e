import NIOCore
import Testing

@testable import GCXAPI

/// Who gets a place, and who has to go.
@Suite struct ConnectionBookTests {
    private var limits: ConnectionLimits {
        var limits = ConnectionLimits()
        (limits.connectionsMax, limits.connectionsPerUserMax, limits.ownerReserve) = (8, 4, 2)
        limits.requestsPerPeerMax = 2
        return limits
    }

    private func second(_ number: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(number) * 1_000_000_000) }
    private let eve = Peer.user(4_000_001)
    private let bob = Peer.user(4_000_002)
    private let root = Peer.user(0)

    @Test("the connection that was silent for longest makes place, then the one idle for longest")
    func order() {
        var book = ConnectionBook(limits)
        for id in 1...4 { #expect(book.admit(UInt64(id), eve, at: second(Int64(id))) == .admitted) }
        book.change(1, to: .serving, at: second(5))
        book.change(2, to: .idle, at: second(6))
        book.change(3, to: .idle, at: second(5))
        #expect(book.admit(5, eve, at: second(7)) == .instead(of: 4))
        book.change(5, to: .serving, at: second(7))
        #expect(book.admit(6, eve, at: second(8)) == .instead(of: 3))
        book.change(6, to: .serving, at: second(8))
        #expect(book.admit(7, eve, at: second(9)) == .instead(of: 2))
        book.change(7, to: .serving, at: second(9))
        #expect(book.admit(8, eve, at: second(10)) == .refused)
        #expect(book.entries.keys.sorted() == [1, 5, 6, 7])
    }

    @Test("a request that drips makes place, one that moves does not")
    func drip() {
        var book = ConnectionBook(limits)
        for id in 1...4 {
            _ = book.admit(UInt64(id), eve, at: second(0))
            book.change(UInt64(id), to: id == 4 ? .sending : .receiving, at: second(0))
            book.moved(UInt64(id), id == 3 ? 5 : 10 << 20)
        }
        #expect(book.admit(5, eve, at: second(0)) == .refused, "it is too early to judge")
        #expect(book.admit(5, eve, at: second(10)) == .instead(of: 3))
    }

    @Test("no single user takes all places, many do not take the owner's, and the owner takes none from the rest")
    func reserve() {
        var book = ConnectionBook(limits)
        for id in 1...4 { _ = book.admit(UInt64(id), eve, at: second(Int64(id))) }
        for id in 5...6 { #expect(book.admit(UInt64(id), bob, at: second(5)) == .admitted) }
        #expect(book.admit(7, bob, at: second(2)) == .instead(of: 1), "the largest gives one up")
        for id in 8...9 { #expect(book.admit(UInt64(id), root, at: second(3)) == .admitted) }
        #expect(book.entries.count == 8)
        book.change(2, to: .serving, at: second(3))
        #expect(book.admit(10, bob, at: second(4)) != .refused)
        #expect(book.entries.values.count { $0.peer == root } == 2)
    }

    @Test("a peer with too many requests on their way gives up a slow one, or waits")
    func requests() {
        var book = ConnectionBook(limits)
        for id in 1...3 {
            _ = book.admit(UInt64(id), eve, at: second(0))
            book.change(UInt64(id), to: .receiving, at: second(0))
            book.moved(UInt64(id), id == 2 ? 1 : 10 << 20)
        }
        #expect(book.serve(1, at: second(2)) == .instead(of: 2))
        #expect(book.serve(1, at: second(2)) == .admitted, "two are left, which is the bound")
        _ = book.admit(9, eve, at: second(2))
        for id: ConnectionID in [1, 3, 9] { book.change(id, to: .serving, at: second(2)) }
        #expect(book.serve(9, at: second(9)) == .refused)
        book.change(1, to: .idle, at: second(9))
        #expect(book.serve(9, at: second(9)) == .admitted)
    }
}
