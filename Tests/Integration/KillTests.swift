import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    /// `kill -9` of the agent at seeded moments, again and again on one site, while leases follow one another.
    @Suite("An agent killed at any moment")
    struct KilledAgentTests {
        private static let lines = 8
        /// Longer than a few restarts.
        private static let work = "for i in $(seq 1 \(lines)); do echo \"line $i\"; sleep 0.4; done"

        private static func number(_ name: String) -> Int? {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
        }

        @Test("loses no lease, sells nothing twice, bills once, and leaves nothing behind")
        func killed() throws {
            let kills = Self.number("GCX_KILLS") ?? 20
            let seed = Self.number("GCX_SEED") ?? Int(clamping: WallClock.now() / 1_000_000_000)
            // One core is for sale, so a second lease beside the first would sell it twice.
            let reserved = "\(max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1))"
            let site = try Site(["offer.cores_reserved": reserved, "offer.grace_seconds": "30"])
            try site.open(funds: "1000000000000")
            var delays = Delays(state: UInt64(truncatingIfNeeded: seed))
            var done = 0
            while done < kills {
                let moment = "GCX_SEED=\(seed), moments from \(done)"
                let (lease, spare) = try openOneOfTwo(site, moment)
                try killAndStart(site, after: delays.next(upTo: 100))
                try expectRefused(spare, beside: lease, at: site, moment)
                done += 1
                var buyer = try site.begin(Self.work, on: lease)
                while done < kills, try site.inspect(lease).phase != .closed {
                    try killAndStart(site, after: delays.next(upTo: 900))
                    done += 1
                    if site.hasEnded(buyer) { buyer = try site.beginAgain(Self.work, on: lease) }
                }
                try finish(lease, buyer, at: site, moment)
            }
            site.stop(.agent)
            #expect(try site.traces().isEmpty)
            try site.gcx("ledger", "verify", "--database", site.path("ledger.sqlite"))
        }

        private func killAndStart(_ site: Site, after delay: Duration) throws {
            pause(for: delay)
            site.kill(.agent)
            try site.start(.agent)
        }

        /// Two buyers at once see the one core free, and one gets it; answers the lease and the other's demand.
        private func openOneOfTwo(_ site: Site, _ moment: String) throws -> (lease: String, spare: String) {
            let demands = [try site.demand(), try site.demand()]
            var opened: [Int] = []
            // The lease before may still be on its way out.
            try site.wait("room for a lease, \(moment)", seconds: 30) {
                let buyers = try demands.enumerated().map { index, demand in
                    try site.spawn(opening(demand, site), log: "open\(index)-\(demand)")
                }
                opened = buyers.map { site.finish($0) }.enumerated().filter { $1 == .exited(0) }.map(\.offset)
                return !opened.isEmpty
            }
            #expect(opened.count == 1, "\(moment): one core was sold twice")
            let (winner, other) = (opened[0], 1 - opened[0])
            let said = try Files.text(site.path("open\(winner)-\(demands[winner])")).split(separator: "\n")
            let lease = try #require(said.last { $0.hasPrefix("0x") })
            return (String(lease), demands[other])
        }

        private func opening(_ demand: String, _ site: Site) -> [String] {
            ["lease", "open"] + site.signing("buyer") + ["--demand", demand]
        }

        /// The capacity of a lease is not sold again while it holds it.
        private func expectRefused(_ spare: String, beside lease: String, at site: Site, _ moment: String) throws {
            let second = try site.outcome(opening(spare, site))
            #expect(second.status != .exited(0), "\(moment): the core of \(lease) was sold again")
            #expect(second.errorLine.contains("0 free"), "\(moment): \(second.errorLine)")
        }

        /// The lease ends as its job did, is paid to the unit, and nothing of it is left.
        private func finish(_ lease: String, _ first: pid_t, at site: Site, _ moment: String) throws {
            var buyer = first
            try site.wait("the end of \(lease), \(moment)", seconds: 60) {
                if site.hasEnded(buyer), try site.inspect(lease).phase != .closed {
                    buyer = try site.beginAgain(Self.work, on: lease)
                }
                return try site.inspect(lease).phase == .closed
            }
            _ = site.finish(buyer)
            let status = try site.inspect(lease)
            let said = try site.gcx("job", "logs", lease).split(separator: "\n").map(String.init)
            #expect(status.exit == .exited(code: 0), "\(moment): \(status.note)")
            #expect(said == (1...Self.lines).map { "line \($0)" }, "\(moment): \(said)")
            let receipts = try site.receipts(lease)
            #expect(receipts.map(\.sequence) == (1...UInt64(max(1, receipts.count))).map { $0 }, "\(moment)")
            #expect(status.claimed == status.amount && status.amount == receipts.last?.amount, "\(moment)")
            #expect(try site.traces() == [], "\(moment)")
        }
    }
}

/// Pauses that follow from a seed (an LCG of Knuth's), so that a run can be had again.
struct Delays {
    var state: UInt64

    mutating func next(upTo milliseconds: UInt64) -> Duration {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return .milliseconds(Int64((state >> 33) % max(1, milliseconds)))
    }
}
