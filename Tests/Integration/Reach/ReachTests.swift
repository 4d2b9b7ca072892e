import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Testing

extension WholeLeases {
    /// A buyer behind a router and a bad line (200 ms, 5 % of the packets lost, some late), and a provider behind two routers, who
    /// reach each other through relays alone and know nothing but the ledger.
    @Suite(
        "Across machines", .timeLimit(.minutes(15)), .enabled(if: getuid() == 0, "needs root, to make namespaces"))
    struct ReachTests {
        @Test(
            "a gigabyte each way, with relays killed, addresses changed and a buyer asleep: job, receipts and money are what they would have been"
        )
        func storm() throws {
            let stage = try Stage()
            let site = stage.site
            let lease = try lease(of: site)
            let sent = try stage.makeInput()
            let program =
                "sha256sum /input/big; for n in $(seq 90); do echo line $n; sleep 1; done; cat /input/big > /output/big; echo word > /output/word"
            var words = site.running(program, on: lease, limit: "400")
            words.insert(contentsOf: ["--input", site.path("sent"), "--output", site.path("got")], at: 2)
            let buyer = try site.spawn(words, log: "buyer.out", afar: true)
            try stage.troubleOnTheWayIn()
            try stage.troubleDuringTheJob(of: buyer)
            try stage.troubleOnTheWayOut()
            stage.expectSmall(buyer)
            #expect(site.finish(buyer) == .exited(0))
            try site.expectPaid(lease, agent: stage.agent, fetched: site.path("got"))
            let said = try Files.text(site.path("buyer.out")).split(separator: "\n")
            #expect(said.filter { $0.hasPrefix("line ") } == (1...90).map { "line \($0)" })
            #expect(said.contains { $0.hasPrefix(sent) }, "the job saw another input")
            #expect(try SHA256Hex.ofFile(site.path("got/big")).hex == sent)
        }

        private func lease(of site: Site) throws -> String {
            let demand = try site.demand(memory: "256M", storage: "3G", seconds: "900", budget: "90000000")
            let opened = try site.outcomeAfar(["lease", "open"] + site.signing("buyer") + ["--demand", demand])
            #expect(opened.status == .exited(0), "\(opened.errorLine)")
            return String(try #require(opened.text.split(separator: "\n").first))
        }
    }
}

/// A provider that nobody can dial, at two relays, with an offer.
private struct Stage {
    let internet: Internet
    let site: Site
    let relays: [RelayHost]
    /// What goes in and comes out: less where no sender of the kernel gets a gigabyte over the line in minutes.
    let bytes: UInt64 = Internet.hasFastSender ? 1 << 30 : 4 << 20

    init() throws {
        let internet = try Internet()
        let relays = try [Internet.Host.relay1, .relay2].map { try RelayHost($0, of: internet) }
        for relay in relays { try relay.start() }
        let names = relays.map { "\"\($0.named)\"" }.joined(separator: ", ")
        (self.internet, self.relays) = (internet, relays)
        site = try Site(
            [
                "agent.relays": "[\(names)]", "offer.grace_seconds": "120", "offer.storage_bytes": "4294967296",
                "offer.credit_limit_base_units": "10000000",
            ],
            far: FarPlaces(agent: nil, ledger: "https://198.51.100.13:443"), on: internet)
        try site.open(funds: "100000000")
        try waitForRelays(2)
    }

    /// Bytes that nobody can guess, in a folder; answers their digest.
    func makeInput() throws -> String {
        let file = site.path("sent/big")
        try Files.makeDirectories(site.path("sent"), mode: 0o755)
        let seed = "openssl enc -aes-128-ctr -nosalt -k reach -md sha256 -in /dev/zero 2>/dev/null"
        try ChildProcess(
            "sh", ["-c", "\(seed) | head -c \(bytes) > \(file)"], environment: ChildProcess.plainEnvironment,
            timeout: .seconds(60)
        ).run()
        return try SHA256Hex.ofFile(file).hex
    }

    /// How often the agent has connected to a relay.
    private var connections: Int {
        ((try? Files.text(site.path("agent.log"))) ?? "").split(separator: "\n").filter {
            $0.contains("relay connected")
        }
        .count
    }

    private func waitForRelays(_ count: Int) throws {
        try site.wait("\(count) connections to relays", seconds: 90) { connections >= count }
    }

    /// The agent by a relay, for commands that look for no agent themselves.
    var agent: String { "relay://\(relays[1].place)#\(site.addresses["machine", default: ""])" }

    /// The relay through which most bytes pass now.
    private func carrier() throws -> RelayHost {
        let before = relays.map { $0.bytesRead ?? 0 }
        pause(for: .milliseconds(500))
        let moved = relays.indices.map { (relays[$0].bytesRead ?? 0) - before[$0] }
        return relays[moved[0] > moved[1] ? 0 : 1]
    }

    /// Waits until so much of a transfer is there. What was there once is never sent again.
    private func waitFor(_ share: Double, of what: String, _ size: () -> UInt64?) throws {
        let wanted = UInt64(Double(bytes) * share)
        var (most, hasBegunAnew) = (UInt64(0), false)
        try site.wait("\(share) of \(what)", seconds: 240) {
            let now = size() ?? 0
            // Of all that went, only what was on the way when the connection broke goes once more, and a download's last byte,
            // which is compared.
            if now < most - min(most, 1 << 20), !hasBegunAnew {
                hasBegunAnew = true
                Issue.record("\(what) began anew: \(now) bytes after \(most)")
            }
            most = max(most, now)
            return now >= wanted
        }
    }
}

// What happens.
extension Stage {
    func troubleOnTheWayIn() throws {
        let agent = try #require(site.processes[.agent])
        let uploads = site.path("agent/uploads")
        func came(_ share: Double) throws {
            try waitFor(share, of: "the input") {
                // The image comes first, and is small.
                ProcessFigures.largestOpenFile(of: agent, below: uploads).flatMap { $0 > 3 << 20 ? $0 : nil }
            }
        }
        try came(0.3)
        let killed = try carrier()
        killed.kill()
        try came(0.5)
        try killed.start()
        let known = connections
        try internet.move()
        try waitForRelays(known + 1)
        try came(0.7)
    }

    /// - Parameter buyer: who follows the job's log.
    func troubleDuringTheJob(of buyer: pid_t) throws {
        func line(_ number: Int) throws {
            try site.wait("line \(number)", seconds: 240) {
                try Files.text(site.path("buyer.out")).contains("line \(number)\n")
            }
        }
        try line(2)
        try internet.renumber()
        try line(9)
        // The lid of the buyer's laptop is closed for a while.
        kill(buyer, SIGSTOP)
        pause(for: .seconds(8))
        kill(buyer, SIGCONT)
        try line(20)
        for relay in relays { relay.kill() }
        // Nobody reaches anybody for a minute.
        pause(for: .seconds(60))
        let known = connections
        for relay in relays { try relay.start() }
        try waitForRelays(known + 2)
        try line(90)
    }

    func troubleOnTheWayOut() throws {
        func came(_ share: Double) throws {
            try waitFor(share, of: "the output") { Disk.size(of: site.path("got.output.tar.part")) }
        }
        try came(0.3)
        let killed = try carrier()
        killed.kill()
        try came(0.5)
        let known = connections
        try killed.start()
        try came(0.9)
        try waitForRelays(known + 1)
    }

    /// Nobody holds more than a few buffers of what passes.
    func expectSmall(_ buyer: pid_t) {
        let agent = site.processes[.agent].flatMap { ProcessFigures.peakKiB(of: $0) }
        let peaks =
            [("buyer", ProcessFigures.peakKiB(of: buyer)), ("agent", agent)] + relays.map { ("relay", $0.peakKiB) }
        for (name, peak) in peaks { #expect((peak ?? .max) < 256 << 10, "\(name) has held \(peak ?? 0) KiB") }
    }
}
