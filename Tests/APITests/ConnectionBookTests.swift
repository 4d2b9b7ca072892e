import NIOCore
import Testing

@testable import GCXServer

/// Who gets a place, and who has to go.
@Suite struct ConnectionBookTests {
    private var limits: ConnectionLimits {
        var limits = ConnectionLimits()
        (limits.connectionsMax, limits.connectionsPerUserMax, limits.ownerReserve) = (8, 4, 2)
        (limits.requestsPerPeerMax, limits.waitingMax) = (2, 3)
        return limits
    }

    private func second(_ number: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(number) * 1_000_000_000) }
    private func moment(_ milliseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(milliseconds * 1_000_000) }
    private let eve = Peer.user(4_000_001)
    private let bob = Peer.user(4_000_002)
    private let root = Peer.user(0)

    @Test("the connection that was silent for longest makes place, then the one idle for longest")
    func order() {
        var book = ConnectionBook(limits)
        for id in 1...4 { #expect(book.arrive(UInt64(id), eve, at: second(Int64(id))) == .decided(.admitted)) }
        book.change(1, to: .serving, at: second(5))
        book.change(2, to: .idle, at: second(6))
        book.change(3, to: .idle, at: second(5))
        #expect(book.arrive(5, eve, at: second(7)) == .decided(.instead(of: 4)))
        book.change(5, to: .serving, at: second(7))
        #expect(book.arrive(6, eve, at: second(8)) == .decided(.instead(of: 3)))
        book.change(6, to: .serving, at: second(8))
        #expect(book.arrive(7, eve, at: second(9)) == .decided(.instead(of: 2)))
        book.change(7, to: .serving, at: second(9))
        #expect(book.arrive(8, eve, at: second(10)) == .waits(pushingOut: nil))
        #expect(book.entries.keys.sorted() == [1, 5, 6, 7])
    }

    @Test("a request that drips makes place, one that moves does not")
    func drip() {
        var book = ConnectionBook(limits)
        for id in 1...4 {
            _ = book.arrive(UInt64(id), eve, at: second(0))
            book.change(UInt64(id), to: id == 4 ? .sending : .receiving, at: second(0))
            book.moved(UInt64(id), id == 3 ? 5 : 10 << 20)
        }
        #expect(book.arrive(5, eve, at: second(0)) == .waits(pushingOut: nil), "it is too early to judge")
        #expect(book.seat(at: second(1)).map(\.admission) == [.instead(of: 3)])
    }

    @Test("no single user takes all places, many do not take the owner's, and the owner takes none from the rest")
    func reserve() {
        var book = ConnectionBook(limits)
        for id in 1...4 { _ = book.arrive(UInt64(id), eve, at: second(Int64(id))) }
        for id in 5...6 { #expect(book.arrive(UInt64(id), bob, at: second(5)) == .decided(.admitted)) }
        #expect(book.arrive(7, bob, at: second(2)) == .decided(.instead(of: 1)), "the largest gives one up")
        for id in 8...9 { #expect(book.arrive(UInt64(id), root, at: second(3)) == .decided(.admitted)) }
        #expect(book.entries.count == 8)
        book.change(2, to: .serving, at: second(3))
        #expect(book.arrive(10, bob, at: second(4)) != .waits(pushingOut: nil))
        #expect(book.entries.values.count { $0.peer == root } == 2)
    }

    @Test("whoever connected just before a crowd keeps the place until there was time to speak")
    func justBefore() {
        var book = ConnectionBook(limits)
        for id in 1...3 {
            _ = book.arrive(UInt64(id), eve, at: moment(0))
            book.change(UInt64(id), to: .receiving, at: moment(1))
        }
        #expect(book.arrive(4, eve, at: moment(2)) == .decided(.admitted))
        for id in 5...7 { #expect(book.arrive(UInt64(id), eve, at: moment(3)) == .waits(pushingOut: nil)) }
        #expect(book.entries[4] != nil)
        book.change(4, to: .serving, at: moment(4))
        #expect(book.seat(at: moment(100)).isEmpty, "nobody had time to show what it is")
        let seated = book.seat(at: moment(300))
        #expect(seated.map(\.id) == [7, 6, 5], "the last to come is first")
        #expect(Set(book.entries.keys) == [4, 5, 6, 7])
    }

    @Test("those who wait are bounded: the one that waited for longest of the most goes, and nobody waits for ever")
    func waitingRoom() {
        var book = ConnectionBook(limits)
        for id in 1...4 {
            _ = book.arrive(UInt64(id), eve, at: moment(0))
            book.change(UInt64(id), to: .serving, at: moment(0))
        }
        for id in 5...6 {
            _ = book.arrive(UInt64(id), bob, at: moment(1))
            book.change(UInt64(id), to: .serving, at: moment(1))
        }
        for id in 11...12 { #expect(book.arrive(UInt64(id), eve, at: moment(2)) == .waits(pushingOut: nil)) }
        #expect(book.arrive(13, bob, at: moment(2)) == .waits(pushingOut: nil))
        #expect(book.arrive(14, eve, at: moment(1_900)) == .waits(pushingOut: 11))
        #expect(book.waitingCount == 3)
        let refused = book.seat(at: moment(2_100))
        #expect(refused.map(\.id) == [13, 12] && refused.allSatisfy { $0.admission == .refused })
        book.remove(1)
        #expect(book.seat(at: moment(2_200)).map(\.admission) == [.admitted])
        #expect(book.waitingCount == 0)
    }

    @Test("where files are few, fewer wait")
    func files() {
        func waiting(_ doors: Int, isRelayed: Bool = false, openFiles: UInt64) -> [Int] {
            let services = (0..<doors).map { _ in
                HTTPService(
                    endpoint: .loopback(.v4, port: 0), socketMode: 0o600,
                    entrance: isRelayed ? RelayedEntrance() : nil, logger: quiet
                ) { _ in }
            }
            return HTTPService.fitting(services, openFiles: openFiles).map(\.limits.waitingMax)
        }
        let most = ServerLimits.connectionsInWaitingRoomMax
        #expect(waiting(1, openFiles: 1 << 20) == [most])
        #expect(waiting(2, openFiles: 1 << 20) == [most, most])
        #expect(waiting(1, openFiles: 1_024).allSatisfy { (60...64).contains($0) })
        #expect(waiting(1, openFiles: 256) == [0])
        // All doors have the files of one process, and what is passed on takes two.
        #expect(waiting(2, openFiles: 3_008).allSatisfy { (600...640).contains($0) })
        #expect(waiting(1, isRelayed: true, openFiles: 3_008).allSatisfy { $0 < most - 700 })
    }

    @Test(
        "a relayed buyer with a crowd takes no place from another, and a relay that invents buyers takes only its own")
    func relayed() {
        var limits = limits
        (limits.connectionsPerRelayedPeerMax, limits.connectionsPerRelayMax) = (2, 4)
        var book = ConnectionBook(limits)
        func buyer(_ relay: UInt8, _ last: UInt8) -> Peer { .relayed(by: relay, [192, 0, 2, last]) }
        #expect(book.arrive(1, buyer(1, 1), at: second(1)) == .decided(.admitted))
        #expect(book.arrive(2, buyer(1, 2), at: second(1)) == .decided(.admitted))
        #expect(book.arrive(3, buyer(2, 1), at: second(1)) == .decided(.admitted), "another relay's word is another's")
        #expect(book.arrive(4, buyer(1, 2), at: second(2)) == .decided(.admitted))
        #expect(
            book.arrive(5, buyer(1, 2), at: second(3)) == .decided(.instead(of: 2)), "the crowd makes place for itself")
        #expect(book.arrive(6, buyer(1, 3), at: second(3)) == .decided(.admitted))
        for invented in 10..<40 {
            let arrival = book.arrive(UInt64(invented), buyer(1, UInt8(invented)), at: second(Int64(invented)))
            guard case .decided(.instead) = arrival else {
                Issue.record("\(arrival)")
                return
            }
        }
        #expect(book.entries.values.count { $0.peer.relay == 1 } == 4)
        #expect(book.entries[3] != nil)
        for id in 50..<53 {
            #expect(book.arrive(UInt64(id), .address([198, 51, 100, 1]), at: second(50)) == .decided(.admitted))
        }
        #expect(!buyer(1, 1).isOwner)
    }

    @Test("a peer with too many requests on their way gives up a slow one, or waits")
    func requests() {
        var book = ConnectionBook(limits)
        for id in 1...3 {
            _ = book.arrive(UInt64(id), eve, at: second(0))
            book.change(UInt64(id), to: .receiving, at: second(0))
            book.moved(UInt64(id), id == 2 ? 1 : 10 << 20)
        }
        #expect(book.serve(1, at: second(2)) == .instead(of: 2))
        #expect(book.serve(1, at: second(2)) == .admitted, "two are left, which is the bound")
        _ = book.arrive(9, eve, at: second(2))
        for id: ConnectionID in [1, 3, 9] { book.change(id, to: .serving, at: second(2)) }
        #expect(book.serve(9, at: second(9)) == .refused)
        book.change(1, to: .idle, at: second(9))
        #expect(book.serve(9, at: second(9)) == .admitted)
    }
}
