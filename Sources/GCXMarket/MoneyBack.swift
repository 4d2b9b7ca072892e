import GCXModel

// dictionaries: paid, returned, room, collected, neighbours, cameFrom, found

/// Money that went from an account and may have come to those who paid it: a ring, whatever its length.
///
/// Every account is a place and everything ever settled between two of them is a pipe of that width. The largest flow
/// from the account to its payers, into each at most what that one paid, is the most that can have come back. Where the
/// pipes were not followed further, they are taken to lead everywhere, so a long chain gains nothing.
///
/// When something happened does not matter here: it can only make the flow larger, never smaller.
struct MoneyBack {
    private var paid: [Address: Amount] = [:]
    private var network: FlowNetwork

    init(_ facts: StandingFacts) {
        let account = facts.account
        network = FlowNetwork(source: account)
        for trade in facts.trades where trade.settled > .zero && trade.payer != trade.payee {
            if trade.payee == account {
                paid[trade.payer] = (paid[trade.payer] ?? .zero).adding(trade.settled) ?? Amount(.max)
            } else if trade.payer == account {
                network.widen(.account(account), .account(trade.payee), by: trade.settled)
            }
        }
        for trade in facts.beyond where trade.payee != account && trade.payer != account {
            network.widen(.account(trade.payer), .account(trade.payee), by: trade.settled)
        }
        for account in facts.unread { network.widen(.account(account), .elsewhere, by: Amount(.max)) }
        for (payer, amount) in paid {
            network.widen(.elsewhere, .account(payer), by: Amount(.max))
            network.widen(.account(payer), .sink(payer), by: amount)
            network.widen(.sink(payer), .drain, by: amount)
        }
    }

    /// What may have come back to each payer, at most what it paid.
    ///
    /// Where there are too many paths to try, all that the account paid on and that found none yet counts as come back.
    var returned: [Address: Amount] {
        var network = network
        var untried = network.fill(paths: MarketLimits.pathsMax)
        var returned: [Address: Amount] = [:]
        for payer in paid.keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            let (most, found) = (paid[payer] ?? .zero, network.flow(into: payer))
            let more = min(untried, most.subtracting(found) ?? .zero)
            untried = untried.subtracting(more) ?? .zero
            returned[payer] = found.adding(more) ?? most
        }
        return returned
    }
}

extension StandingFacts {
    /// The same with all money going the other way.
    var reversed: StandingFacts {
        StandingFacts(
            account: account, time: time, trades: trades.map(\.reversed), machines: machines,
            beyond: beyond.map(\.reversed), unread: unread)
    }
}

/// Pipes between places, and the largest flow through them.
///
/// Shortest paths first (Edmonds and Karp), places in a fixed order: the same facts give the same flow everywhere.
private struct FlowNetwork {
    enum Place: Hashable, Comparable {
        case account(Address)
        /// What was not read.
        case elsewhere
        /// Where what came back to one payer is collected.
        case sink(Address)
        case drain

        private var order: (Int, [UInt8]) {
            switch self {
            case .account(let address): (0, address.bytes)
            case .elsewhere: (1, [])
            case .sink(let address): (2, address.bytes)
            case .drain: (3, [])
            }
        }

        static func < (left: Place, right: Place) -> Bool {
            let (a, b) = (left.order, right.order)
            return a.0 != b.0 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1)
        }
    }

    private let source: Place
    /// What still fits from one place to another.
    private var room: [Place: [Place: Amount]] = [:]
    private var collected: [Place: Amount] = [:]

    init(source: Address) { self.source = .account(source) }

    mutating func widen(_ from: Place, _ to: Place, by amount: Amount) {
        let before = room[from]?[to] ?? .zero
        room[from, default: [:]][to] = before.adding(amount) ?? Amount(.max)
    }

    func flow(into payer: Address) -> Amount { collected[.sink(payer)] ?? .zero }

    /// Fills the pipes, and answers how much more the source could give when `paths` were not enough.
    mutating func fill(paths: Int) -> Amount {
        guard room[source] != nil else { return .zero }
        let neighbours = neighbours
        for _ in 0..<paths {  // bounded: a constant
            guard let path = shortestPath(neighbours) else { return .zero }
            push(along: path)
        }
        return (room[source] ?? [:]).values.reduce(.zero) { $0.adding($1) ?? Amount(.max) }
    }

    /// The places at the other ends of each place's pipes, in order.
    private var neighbours: [Place: [Place]] {
        var found: [Place: Set<Place>] = [:]
        for (from, exits) in room {
            for to in exits.keys {
                found[from, default: []].insert(to)
                found[to, default: []].insert(from)
            }
        }
        return found.mapValues { $0.sorted() }
    }

    /// From the source to the drain, by pipes with room.
    private func shortestPath(_ neighbours: [Place: [Place]]) -> [(Place, Place)]? {
        var cameFrom: [Place: Place] = [source: source]
        var queue = [source]
        var next = 0
        // bounded here: `next` is an index of the queue
        while next < queue.count, cameFrom[.drain] == nil {
            let place = queue[next]
            next += 1
            for neighbour in neighbours[place] ?? []
            where cameFrom[neighbour] == nil && (room[place]?[neighbour] ?? .zero) > .zero {
                cameFrom[neighbour] = place
                queue.append(neighbour)
            }
        }
        guard cameFrom[.drain] != nil else { return nil }
        var path: [(Place, Place)] = []
        var place = Place.drain
        while place != source, let before = cameFrom[place] {
            path.append((before, place))
            place = before
        }
        return path
    }

    private mutating func push(along path: [(Place, Place)]) {
        let amount = path.map { room[$0.0]?[$0.1] ?? .zero }.min() ?? .zero
        for (from, to) in path {
            room[from, default: [:]][to] = (room[from]?[to] ?? .zero).subtracting(amount) ?? .zero
            room[to, default: [:]][from] = (room[to]?[from] ?? .zero).adding(amount) ?? Amount(.max)
            if to == .drain { collected[from] = (collected[from] ?? .zero).adding(amount) ?? Amount(.max) }
        }
    }
}
