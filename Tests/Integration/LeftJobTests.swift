import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Testing

extension WaitingLeases {
    /// What a buyer on another machine types of a job that `gcx run --detach` began.
    @Suite("A job that was left")
    struct LeftJobTests {
        private func openSite() throws -> Site {
            let site = try Site(["offer.credit_limit_base_units": "1000000"], far: try .onLoopback())
            try site.open()
            return site
        }

        private func run(_ program: String, at site: Site) -> [String] {
            ["run"] + site.signing("buyer") + [
                "--memory", "64M", "--storage", "32M", "--for", "120s", "--yes", "--image",
                "rootfs:\(site.path("rootfs"))", "--", "/bin/sh", "-c", program,
            ]
        }

        @Test(
            "over TLS, a job that was left is found by its id and nothing else, by every command",
            .timeLimit(.minutes(2)))
        func leftAfar() throws {
            let site = try openSite()
            let buyer = try FarBuyer(of: site)
            let id = try buyer.leave(run("echo begun; echo out > /output/x; sleep 3; exit 5", at: site))
            try site.wait("the log", seconds: 20) { try buyer.said("job", "logs", id) == "begun\n" }
            #expect(try buyer.said("job", "inspect", id).contains("TEST"))
            #expect(try buyer.said("job", "events", id).contains("started"))
            // Nobody but its buyer is told of it.
            let stranger = try buyer.outcome(["job", "logs", id] + site.signing("owner"))
            #expect(stranger.status != .exited(0) && stranger.text.isEmpty, "\(stranger.text)")

            let paid = try buyer.outcome(["job", "pay", id, "--output", site.path("out")])
            let said = String(decoding: paid.error, as: UTF8.self)
            #expect(paid.status == .exited(5) && paid.text == "begun\n" && said.contains("refunded  "), "\(said)")
            #expect(try Files.text(site.path("out/x")) == "out\n")
            // What is over is read all the same, and cannot be paid twice.
            #expect(try buyer.said("job", "logs", id, "--verify").hasPrefix("ok: "))
            #expect(try buyer.said("receipt", "list", id).contains("(final)"))
            #expect(try buyer.said("receipt", "verify", id).contains("all signed, chained and priced right"))
            #expect(try buyer.said("job", "output", id, "--out", site.path("again")).hasPrefix("sha256:"))
            let again = try buyer.outcome(["job", "pay", id])
            let words = String(decoding: again.error, as: UTF8.self)
            #expect(again.status == .exited(5), "\(words)")
            #expect(words.contains("there is nothing left to pay") && words.contains("refunded  "), "\(words)")
        }

        @Test(
            "over TLS, a job that was left is paused, resumed and ended by its id, and by its key where it is not remembered"
        )
        func endedAfar() throws {
            let site = try openSite()
            let buyer = try FarBuyer(of: site)
            let id = try buyer.leave(run("echo begun; sleep 60", at: site))
            #expect(try buyer.said("job", "pause", id).hasPrefix("held"))
            #expect(try buyer.said("job", "resume", id).hasPrefix("running"))
            // Where nothing is remembered the key finds the job on the ledger.
            for name in try Files.names(in: buyer.state) where name.hasSuffix(".job") {
                try Files.remove("\(buyer.state)/\(name)")
            }
            let lost = try buyer.outcome(["job", "cancel", id])
            #expect(lost.status != .exited(0) && lost.errorLine.contains("remedy: "), "\(lost.errorLine)")
            let ended = try buyer.outcome(["job", "cancel", id] + site.signing("buyer"))
            #expect(ended.status == .exited(0), "\(ended.errorLine)")
            let paid = try buyer.outcome(["job", "pay", id] + site.signing("buyer"))
            #expect(paid.status == .exited(125) && paid.text == "begun\n", "\(paid.errorLine)")
            #expect(String(decoding: paid.error, as: UTF8.self).contains("refunded  "))
            #expect(try Files.names(in: buyer.state) == [])
            #expect(try site.account("buyer").escrowed == .zero)
        }
    }
}

/// A buyer of a site who is on another machine: he has a home of his own, does not see the agent's socket, and knows the ledger's
/// address.
struct FarBuyer {
    private let site: Site
    private let home: String
    /// What his programs remember.
    var state: String { "\(home)/.local/state/gcx" }

    init(of site: Site) throws {
        (self.site, home) = (site, site.path("elsewhere"))
        try Files.makeDirectory(home)
        _ = try said("ledger", "use", try #require(site.farLedger))
    }

    func outcome(_ arguments: [String]) throws -> ChildProcess.Outcome {
        let hidden = [
            "--mount", "sh", "-c", "mount -t tmpfs none \"$0\" && exec \"$@\"", site.path("run"), Gcx.program,
        ]
        return try ChildProcess(
            "unshare", hidden + arguments, environment: ChildProcess.plainEnvironment.merging(["HOME": home]) { $1 },
            workingDirectory: home
        ).outcome()
    }

    /// Of a command that has to succeed.
    func said(_ arguments: String...) throws -> String {
        let outcome = try outcome(arguments)
        try #require(outcome.status == .exited(0), "\(arguments): \(outcome.errorLine)")
        return outcome.text
    }

    /// Begins a job with `gcx run` and leaves it; answers the id that is said.
    func leave(_ run: [String]) throws -> String {
        let place = run.firstIndex(of: "--") ?? run.endIndex
        let outcome = try outcome(Array(run[..<place]) + ["--detach"] + run[place...])
        let said = String(decoding: outcome.error, as: UTF8.self)
        try #require(outcome.status == .exited(0), "\(said)")
        // What he is told to type names neither key nor ledger.
        #expect(said.contains("gcx job pay 0x") && !said.contains("--key"), "\(said)")
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
