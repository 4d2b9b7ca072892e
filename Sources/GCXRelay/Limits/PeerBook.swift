import Glibc
package import NIOCore

// dictionaries: peers

/// Who is at the other end, as far as it is counted: an IPv4 address, or the network of an IPv6 address, which one household gets
/// as a whole.
package struct RelayPeer: Hashable, Sendable {
    /// 4 of an IPv4 address, 8 of a network, none where no address is known.
    package let bytes: [UInt8]

    package init(_ address: SocketAddress?) { self.init(host: address?.ipAddress ?? "") }

    /// - Parameter word: `ADDRESS:PORT`, as a relay says it. Whatever is none is nobody known.
    init(said word: String) { self.init(host: (try? RelayAddress(word))?.host ?? "") }

    private init(host text: String) {
        let all = Self.bytes(of: text, AF_INET6, count: 16)
        let isMapped = all?.starts(with: Self.mapped) ?? false
        bytes =
            all.map { Array(isMapped ? $0.suffix(4) : $0.prefix(8)) } ?? Self.bytes(of: text, AF_INET, count: 4) ?? []
    }

    private static func bytes(of text: String, _ family: Int32, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return unsafe inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    /// What an IPv4 address begins with when it is written as an IPv6 one.
    private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
}

/// How much each peer has open, and whether it may have more.
struct PeerBook: Sendable {
    /// What is counted.
    enum Kind: Sendable { case handshake, tunnel, machine }

    private struct Entry {
        var counts: [Kind: Int] = [:]
        var arrivals: Pace
        var registrations: Pace

        var isEmpty: Bool { counts.allSatisfy { $0.value == 0 } }
    }

    private let limits: RelayLimits
    private var peers: [RelayPeer: Entry] = [:]
    private(set) var totals: [Kind: Int] = [:]

    init(_ limits: RelayLimits) { self.limits = limits }

    var peersCount: Int { peers.count }

    /// Whether a new connection of this peer is looked at; if so it counts as a handshake.
    mutating func arrive(_ peer: RelayPeer, at now: UInt64) -> Bool {
        var entry = entry(of: peer, at: now)
        let isTaken = entry.arrivals.take(at: now)
        peers[peer] = entry
        return isTaken && take(.handshake, peer, at: now)
    }

    /// Whether this peer may try to register another machine now.
    mutating func register(_ peer: RelayPeer, at now: UInt64) -> Bool {
        var entry = entry(of: peer, at: now)
        defer { peers[peer] = entry }
        return entry.registrations.take(at: now)
    }

    /// One more, unless the peer has all it may have, or all peers have.
    mutating func take(_ kind: Kind, _ peer: RelayPeer, at now: UInt64) -> Bool {
        var entry = entry(of: peer, at: now)
        let (own, all) = (entry.counts[kind, default: 0], totals[kind, default: 0])
        guard own < limits.most(kind, ofPeer: true), kind == .handshake || all < limits.most(kind, ofPeer: false) else {
            return false
        }
        // bounded here: limits of ours
        entry.counts[kind] = own + 1
        totals[kind] = all + 1
        peers[peer] = entry
        return true
    }

    mutating func release(_ kind: Kind, _ peer: RelayPeer) {
        // bounded here: it was counted when it was taken
        peers[peer]?.counts[kind, default: 1] -= 1
        totals[kind, default: 1] -= 1
    }

    private mutating func entry(of peer: RelayPeer, at now: UInt64) -> Entry {
        if let entry = peers[peer] { return entry }
        if peers.count >= RelayLimits.peersMax { peers = peers.filter { !$0.value.isEmpty } }
        let entry = Entry(arrivals: Pace(limits.arrivals, at: now), registrations: Pace(limits.registrations, at: now))
        peers[peer] = entry
        return entry
    }
}

extension RelayLimits {
    fileprivate func most(_ kind: PeerBook.Kind, ofPeer: Bool) -> Int {
        switch kind {
        case .handshake: ofPeer ? handshakesOfPeer : handshakes
        case .tunnel: ofPeer ? tunnelsOfPeer : tunnels
        case .machine: ofPeer ? machinesOfPeer : machines
        }
    }
}
