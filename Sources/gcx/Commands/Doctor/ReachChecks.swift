// dictionaries: listeners
import GCXAgent
import GCXLinux
import GCXModel
import GCXRelay
import GCXWire

/// What relays see of this machine.
struct ReachChecks {
    let relays: [NamedRelay]
    let ports: [UInt16]

    /// An address of a relay, and its kind as people call it.
    private struct Way {
        let named: NamedRelay
        var relay: RelayAddress { named.address }
        let address: String

        var label: String { "\(relay) over \(address.contains(":") ? "IPv6" : "IPv4")" }
    }

    func all() async -> [Finding] {
        var listeners: [UInt16: PortListener] = [:]
        for port in ports { listeners[port] = await PortListener.open(port) }
        var findings: [Finding] = []
        var reached: Set<UInt16> = []
        for relay in relays {
            let ways = Self.ways(to: relay)
            if ways.isEmpty {
                findings.append(.fault("relay \(relay.address)", "its name is not known here", fix: Self.check))
            }
            for way in ways { findings += await look(way, listeners, &reached) }  // bounded: joins lists
        }
        for listener in listeners.values { await listener.close() }
        return findings + [verdict(reached)]  // bounded: joins lists
    }

    /// The first address of each kind.
    private static func ways(to relay: NamedRelay) -> [Way] {
        let all = HostAddresses.of(relay.address.host).map { Way(named: relay, address: $0) }
        return [all.first { !$0.address.contains(":") }, all.first { $0.address.contains(":") }].compactMap(\.self)
    }

    private func look(
        _ way: Way, _ listeners: [UInt16: PortListener], _ reached: inout Set<UInt16>
    ) async -> [Finding] {
        let wanted = ports.map { LookLines.WantedPort(port: $0, word: listeners[$0]?.word) }
        let report: RelayLook.Report
        do throws(RelayError) {
            report = try await RelayLook(
                at: way.address, of: way.relay, security: RelaySecurity.of(way.named.signer, LookLines.greeting)
            ).ask(wanted)
        } catch {
            return [.warning(way.label, error.description, fix: error.remedy.instruction)]
        }
        let ours = WallClock.seconds()
        var tried: [Finding] = []
        for found in report.ports {
            let isOurs = await listeners[found.port]?.hasHeardSoon() ?? true
            if found.outcome == .open, isOurs { reached.insert(found.port) }
            tried.append(Self.finding(found, way, isOurs: isOurs))
        }
        // bounded: joins lists
        return [Self.sight(report, way), Self.clock(report, way, ours)] + tried
    }

    private static func sight(_ report: RelayLook.Report, _ way: Way) -> Finding {
        let own = RelayLook.ownAddresses
        let from = report.sight.from.shown
        let isOwn = own.contains { from.hasPrefix("\($0):") || from.hasPrefix("[\($0)]:") }
        return .ok(
            way.label,
            "answers in \(report.latency.words), and sees this machine at \(from)"
                + (isOwn ? ", an address of its own" : ", an address of the router before it"))
    }

    private static func clock(_ report: RelayLook.Report, _ way: Way, _ ours: UInt64) -> Finding {
        let (check, theirs) = ("clock of \(way.relay)", report.sight.at)
        let apart = max(theirs, ours) - min(theirs, ours)  // bounded: the smaller from the larger
        let which = theirs > ours ? "ahead of" : "behind"
        guard apart > secondsNoticed else { return .ok(check, "the same as this machine's") }
        return .warning(
            check, "\(NumberText.count(apart, "second")) \(which) this machine's",
            fix: "Set this machine's clock right (`timedatectl status`), or tell whoever runs the relay.")
    }

    private static func finding(_ found: LookLines.TriedPort, _ way: Way, isOurs: Bool) -> Finding {
        let check = "port \(found.port) from outside"
        switch found.outcome {
        case .open where isOurs: return .ok(check, "\(way.label) gets there")
        case .open:
            return .warning(
                check, "somebody answers \(way.label), and it is not this machine",
                fix: "Let the router pass port \(found.port) on to this machine.")
        case .refused:
            return .warning(
                check, "the router, or this machine, refuses \(way.label)",
                fix:
                    "Let the router pass port \(found.port) on to this machine, or go without: buyers come through relays."
            )
        case .silent:
            return .warning(
                check, "\(way.label) gets no answer: a firewall or a router drops what comes",
                fix: "Let it pass port \(found.port), or go without: buyers come through relays.")
        case .unreachable:
            return .warning(
                check, "\(way.label) knows no way here", fix: "Nothing, if another way works: see the other findings.")
        }
    }

    private func verdict(_ reached: Set<UInt16>) -> Finding {
        guard !reached.isEmpty else {
            return .ok("reach", "buyers come through relays; nothing gets to this machine from outside by itself")
        }
        let names = reached.sorted().map(String.init).joined(separator: ", ")
        return .ok("reach", "buyers get here directly, at port \(names), and through relays")
    }

    private static let check = "See that the relay's address is right and that it runs, or name another."
    /// More than two clocks differ that are both kept right, with the way in between.
    private static let secondsNoticed: UInt64 = 5
}
