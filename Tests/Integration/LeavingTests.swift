import GCXLinux
import GCXModel
import Glibc
import Testing

extension WaitingLeases {
    @Suite("A buyer who leaves")
    struct LeavingTests {
        private func begin(_ site: Site, _ lease: String, _ arguments: [String], log: String) throws -> pid_t {
            try site.spawn(["job", "run", "--lease", lease] + site.signing("buyer") + arguments, log: log)
        }

        @Test("with Ctrl-C is told what goes on, comes back, and leaves no journal behind")
        func interrupt() throws {
            // Credit for a minute of use, so that the pause of an unpaid job comes later than the test.
            let site = try Site(["offer.credit_limit_base_units": "1000000"])
            try site.open()
            let lease = try site.lease()
            let journal = site.path(".local/state/gcx/\(lease).journal")
            let job = [
                "--image", "rootfs:\(site.path("rootfs"))", "--", "/bin/sh", "-c",
                "printf begun; while [ ! -e /tmp/end ]; do sleep 1; i=$((i+1)); [ $i -lt 15 ] || exit 3; done",
            ]
            let buyer = try begin(site, lease, job, log: "first")
            try site.wait("the journal", seconds: 30) { Files.exists(journal) }
            try site.wait("the log", seconds: 10) { try Files.text(site.path("first")).contains("begun") }
            kill(buyer, SIGINT)
            #expect(site.finish(buyer) == .exited(130))
            let words = try Files.text(site.path("first"))
            for part in [
                "begun\nThe job goes on (running). Nobody answers its receipts now",
                "It has credit for ", " TEST more, in full use ", "then it is paused, and ended 3 s later.",
                "gcx job run --attach --lease \(lease) --key \(site.path("buyer.json"))",
                "gcx job logs \(lease) --follow", "gcx job cancel \(lease)",
            ] { #expect(words.contains(part), "\(part) in \(words)") }
            // The list and the view of what runs say one thing of it, and of its command.
            let list = try site.gcx("job", "list")
            #expect(list.contains("running") && list.contains("printf begun"), "\(list)")
            #expect(try site.gcx("job", "top", "--once").contains("running"))

            // Found by the beginning of its id; and the buyer, who comes back, pays on.
            #expect(try site.gcx("job", "inspect", String(lease.prefix(10))).contains("state"))
            let again = try begin(site, lease, ["--attach"], log: "again")
            #expect(site.finish(again) == .exited(3))
            try site.wait("the close", seconds: 20) { try site.gcx("lease", "show", lease).contains("closed at") }
            try site.wait("the journal's end", seconds: 5) { !Files.exists(journal) }

            // Following what is over ends, in every form.
            for verb in ["events", "logs"] {
                let outcome = try site.outcome(["job", verb, lease, "--follow"], timeout: .seconds(20))
                #expect(outcome.status == .exited(0), "\(verb): \(outcome.errorLine)")
            }
        }
    }
}
