import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

/// `gcx run` types itself on a terminal of its own.
enum Typist {
    static let lacks = ["python3"].first { ChildProcess.find($0) == nil }

    /// Waits for each word in turn, and types what stands beside it; says how the command ended, and what was seen.
    private static let script = """
        import fcntl, os, pty, select, struct, sys, termios, time
        steps = [bytes.fromhex(s) for s in sys.argv[1].split(",")]
        command = sys.argv[2:]
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.close(master)
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for n in range(3): os.dup2(slave, n)
            os.execv(command[0], command)
        seen, at, end = b"", 0, time.time() + 60
        while time.time() < end:
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready:
                new = os.read(master, 4096)
                seen, at = seen + new, at
            if len(steps) > 1 and steps[0] in seen[at:]:
                at += seen[at:].index(steps[0]) + len(steps[0])
                os.write(master, steps[1])
                steps = steps[2:]
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                while select.select([master], [], [], 0.1)[0]: seen += os.read(master, 4096)
                print(os.waitstatus_to_exitcode(status))
                print(seen.decode("utf-8", "replace"))
                sys.exit(0)
        os.kill(pid, 9)
        print("silent", seen)
        """

    static func run(
        _ steps: [(String, String)], _ arguments: [String], at site: Site
    ) throws -> (status: String, text: String) {
        let hex = steps.flatMap { [$0.0, $0.1] }.map { $0.utf8.map { String(format: "%02x", $0) }.joined() }
        let said = try ChildProcess(
            "python3", ["-c", script, hex.joined(separator: ","), Gcx.program] + arguments,
            environment: site.environment, workingDirectory: site.directory, timeout: .seconds(90)
        ).run()
        let lines = said.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (lines[0], lines.last ?? "")
    }
}

extension WaitingLeases {
    /// One command to buy.
    @Suite("gcx run")
    struct RunTests {
        /// Credit for a minute of use.
        private func openSite() throws -> Site {
            let site = try Site(["offer.credit_limit_base_units": "1000000"])
            try site.open()
            return site
        }

        /// - Parameter options: before the command.
        private func run(_ program: String, _ options: [String] = ["--yes"], at site: Site) -> [String] {
            ["run"] + site.signing("buyer") + [
                "--memory", "64M", "--storage", "32M", "--for", "120s", "--image", "rootfs:\(site.path("rootfs"))",
            ] + options + ["--", "/bin/sh", "-c", program]
        }

        /// No lease is open, no file is kept, and nobody's money is held. A demand that was served lapses.
        ///
        /// - Parameter remembered: jobs that were left, and can be come back to.
        private func expectNothingLeft(at site: Site, remembered: Int = 0) throws {
            try site.wait("the end of all leases", seconds: 20) {
                try site.account("buyer").escrowed == .zero
                    && site.jobs().allSatisfy { $0.phase == .closed }
            }
            let kept = try kept(at: site)
            #expect(kept.count == remembered && kept.allSatisfy { $0.hasSuffix(".job") }, "\(kept)")
            let (owner, buyer) = (try site.account("owner"), try site.account("buyer"))
            #expect(owner.balance.adding(buyer.balance) == Amount(100_000_000))
        }

        /// What lies in the buyer's state folder.
        private func kept(at site: Site) throws -> [String] {
            let state = site.path(".local/state/gcx")
            return Files.exists(state) ? try Files.names(in: state) : []
        }

        private func entries(at site: Site) throws -> String { try site.gcx("ledger", "head") }

        @Test("rents, runs, pays, fetches the output, gives back, and ends as the job does")
        func wholeLoop() throws {
            let site = try openSite()
            try Files.makeDirectory(site.path("data"))
            try DurableFile.write("a word\n".utf8, to: site.path("data/word"))
            let outcome = try site.outcome(
                run(
                    "cat /input/word; echo complaint >&2; echo out > /output/x; exit 3",
                    [
                        "--yes", "--max-price", "0.003TEST", "--input", site.path("data"), "--output",
                        site.path("results"),
                    ],
                    at: site))
            #expect(outcome.status == .exited(3), "\(outcome.errorLine)")
            #expect(outcome.text == "a word\n")
            #expect(try Files.text(site.path("results/x")) == "out\n")
            let said = String(decoding: outcome.error, as: UTF8.self)
            for part in [
                "at most   ", "goes into escrow now", "in escrow; starting the job", "complaint\n",
                "job       exited with status 3", "refunded  ", "paid      ",
            ] { #expect(said.contains(part), "\(part) in \(said)") }
            try expectNothingLeft(at: site)
            site.stop(.agent)
            #expect(try site.traces().isEmpty)
            try site.gcx("ledger", "verify", "--database", site.path("ledger.sqlite"))
        }

        @Test("tells programs what came of it in the last line")
        func forPrograms() throws {
            struct Document: Decodable {
                let lease: LeaseID
                let exitStatus: Int32
                let paid, refunded, deposit: Amount
            }
            let site = try openSite()
            let outcome = try site.outcome(run("echo one; echo two", ["--yes", "--json"], at: site))
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            let lines = outcome.text.split(separator: "\n")
            #expect(lines.count == 3 && lines[0].contains("one"), "\(outcome.text)")
            let document = try JSONDecoder().decode(Document.self, from: Data((lines.last ?? "").utf8))
            #expect(document.exitStatus == 0 && document.paid.adding(document.refunded) == document.deposit)
            try expectNothingLeft(at: site)
        }

        @Test("signs nothing before the price is agreed to, and nothing when no offer serves")
        func refusals() throws {
            let site = try openSite()
            let before = try entries(at: site)
            for (options, words) in [
                ([], "nobody agreed to the price"),
                (["--max-price", "1base-units", "--yes"], "no offer serves the demand"),
                (["--cores", "4000", "--yes"], "no offer serves the demand"),
                (["--region", "the moon", "--yes"], "no offer serves the demand"),
            ] as [([String], String)] {
                let outcome = try site.outcome(run("echo no", options, at: site))
                #expect(outcome.status == .exited(78), "\(options): \(outcome.errorLine)")
                let said = String(decoding: outcome.error, as: UTF8.self)
                #expect(
                    said.contains(words) && said.contains("nothing was paid") && said.contains("remedy: "), "\(said)")
                #expect(outcome.text.isEmpty)
            }
            let image = try site.outcome(
                ["run"] + site.signing("buyer") + ["--yes", "--image", "rootfs:/nowhere", "--", "true"])
            #expect(image.status == .exited(78) && image.errorLine.contains("there is no image"), "\(image.errorLine)")
            #expect(try entries(at: site) == before)
            try expectNothingLeft(at: site)
        }

        @Test(
            "shows the price on a terminal and asks; what is not yes is no",
            .enabled(if: Typist.lacks == nil, "needs \(Typist.lacks ?? "")"))
        func asked() throws {
            let site = try openSite()
            let before = try entries(at: site)
            for (keys, status) in [("n\r", "78"), ("\r", "78"), ("\u{4}", "78"), ("\u{3}", "130")] {
                let typed = try Typist.run([("[y/N] ", keys)], run("echo no", [], at: site), at: site)
                #expect(typed.status == status, "\(typed)")
                #expect(typed.text.contains("nothing was paid"), "\(typed)")
            }
            #expect(try entries(at: site) == before)
            let typed = try Typist.run([("[y/N] ", "y\r")], run("echo yes; exit 4", [], at: site), at: site)
            #expect(typed.status == "4" && typed.text.contains("yes\r\n"), "\(typed)")
            try expectNothingLeft(at: site)
        }

        @Test("withdraws its demand when the machine does not answer, and when it is stopped meanwhile")
        func silentMachine() throws {
            let site = try openSite()
            let agent = try #require(site.processes[.agent])
            Glibc.kill(agent, SIGSTOP)
            let waiting = try site.spawn(run("echo no", at: site), log: "waiting")
            try site.wait("the demand", seconds: 20) { try site.gcx("demand", "list").contains("0x") }
            Glibc.kill(waiting, SIGINT)
            #expect(site.finish(waiting) == .exited(130))
            #expect(
                try Files.text(site.path("waiting")).contains("stopped; nothing was paid, and the demand was withdrawn")
            )
            Glibc.kill(agent, SIGCONT)
            site.kill(.agent)
            let outcome = try site.outcome(run("echo no", at: site))
            #expect(outcome.status != .exited(0))
            #expect(
                String(decoding: outcome.error, as: UTF8.self).contains(
                    "nothing was paid, and the demand was withdrawn"))
            #expect(try site.gcx("demand", "list") == "no demands")
            #expect(try kept(at: site) == [])
            #expect(try site.account("buyer").escrowed == .zero)
            try site.start(.agent)
        }

        @Test("closes the lease of a program that cannot be run, and says what it cost")
        func notFound() throws {
            let site = try openSite()
            var missing = run("", at: site)
            missing.replaceSubrange((missing.firstIndex(of: "--") ?? 0)..., with: ["--", "/bin/nosuch"])
            let outcome = try site.outcome(missing)
            #expect(outcome.status == .exited(127), "\(outcome.errorLine)")
            #expect(String(decoding: outcome.error, as: UTF8.self).contains("refunded  "))
            try expectNothingLeft(at: site)
        }

        @Test(
            "a signal between the lease and the job closes the lease; one in the job ends it, and pays it",
            arguments: [SIGINT, SIGTERM])
        func signals(_ signal: Int32) throws {
            let site = try openSite()
            for (word, isJob) in [("starting the job", false), ("begun", true)] {
                let buyer = try site.spawn(run("echo begun; sleep 60", at: site), log: word)
                try site.wait("“\(word)”", seconds: 30) { try Files.text(site.path(word)).contains(word) }
                Glibc.kill(buyer, signal)
                #expect(site.finish(buyer) == .exited(128 + signal))
                let said = try Files.text(site.path(word))
                #expect(
                    said.contains(isJob ? "stopping the job; what it used is paid" : "came back")
                        || said.contains("refunded"), "\(said)")
                try expectNothingLeft(at: site)
            }
        }

        @Test(
            "Ctrl-C on a terminal asks: go on, stop, or leave",
            .enabled(if: Typist.lacks == nil, "needs \(Typist.lacks ?? "")"))
        func controlC() throws {
            let site = try openSite()
            let program = "echo begun; sleep 3; echo middle; sleep 60"
            let stopped = try Typist.run(
                [("begun", "\u{3}"), ("(Enter)? ", "\r"), ("middle", "\u{3}"), ("(Enter)? ", "s\r")],
                run(program, at: site), at: site)
            #expect(stopped.status == "130" && stopped.text.contains("refunded"), "\(stopped)")
            try expectNothingLeft(at: site)
            let twice = try Typist.run(
                [("begun", "\u{3}"), ("(Enter)? ", "\u{3}")], run(program, at: site), at: site)
            #expect(twice.status == "130" && twice.text.contains("refunded"), "\(twice)")
            try expectNothingLeft(at: site)

            let left = try Typist.run(
                [("begun", "\u{3}"), ("(Enter)? ", "l\r")], run("echo begun; sleep 8; exit 5", at: site), at: site)
            #expect(left.status == "130" && left.text.contains("gcx job pay 0x"), "\(left)")
            let lease = try #require(try site.jobs().first { $0.phase != .closed }?.lease)
            let back = try site.outcome(["job", "pay", lease.short] + site.signing("buyer"))
            #expect(back.status == .exited(5), "\(back.errorLine)")
            try expectNothingLeft(at: site, remembered: 1)
        }

        @Test("a job that is begun and left is found by the id that was said, paid, and its output fetched")
        func detached() throws {
            let site = try openSite()
            let outcome = try site.outcome(
                run("echo begun; echo out > /output/x; sleep 3", ["--yes", "--detach"], at: site))
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            let id = outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(said.contains("Nobody answers its receipts now") && said.contains("then it is paused"), "\(said)")
            #expect(try site.gcx("job", "inspect", id).contains("state"))
            let paid = try site.outcome(["job", "pay", id, "--output", site.path("out")] + site.signing("buyer"))
            #expect(paid.status == .exited(0) && paid.text == "begun\n", "\(paid.errorLine)")
            #expect(try Files.text(site.path("out/x")) == "out\n")
            try expectNothingLeft(at: site, remembered: 1)
        }
    }
}
