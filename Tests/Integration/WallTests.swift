import GCXLedger
import GCXLinux
import GCXModel
import GCXWire
import Testing

extension WaitingLeases {
    /// Jobs that mean no good: each ends for the reason that is true, is billed, and leaves nothing behind.
    @Suite("A job that misbehaves")
    struct WallTests {
        struct Case: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let program: String
            let exit: ExitReason
            /// What its log says.
            var says = ""
        }

        static let cases = [
            Case(
                testDescription: "forks without end",
                program: "bomb() { bomb | bomb & }; echo begun; bomb; while true; do sleep 1; done",
                exit: .timeLimit, says: "begun"),
            Case(
                testDescription: "eats memory", program: "echo begun; x=a; while true; do x=$x$x; done",
                exit: .outOfMemory, says: "begun"),
            Case(
                testDescription: "fills its disk",
                program: "dd if=/dev/zero of=/output/all bs=1M 2>/tmp/said; cat /tmp/said; exit 3",
                exit: .exited(code: 3), says: "No space left on device"),
            Case(
                testDescription: "ignores SIGTERM", program: "trap '' TERM; echo begun; while true; do sleep 1; done",
                exit: .timeLimit, says: "begun"),
        ]

        @Test("ends for the right reason, is billed, and leaves nothing behind", arguments: cases)
        func misbehaves(_ job: Case) throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let outcome = try site.outcome(site.running(job.program, on: lease, limit: "4"))
            #expect(outcome.text.contains(job.says), "\(outcome.text) \(outcome.errorLine)")
            try site.wait("the lease's end", seconds: 20) { try site.inspect(lease).phase == .closed }
            let status = try site.inspect(lease)
            #expect(status.exit == job.exit, "\(status.note)")
            #expect(status.claimed == status.amount && status.amount > .zero)
            #expect(try site.traces().isEmpty)
        }

        @Test("a job that is cancelled although it ignores SIGTERM ends after the grace, by whom it was cancelled")
        func cancelled() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin("trap '' TERM; echo begun; while true; do sleep 1; done", on: lease)
            try site.wait("the job", seconds: 30) { try site.gcx("job", "logs", lease).contains("begun") }
            try site.gcx("job", "cancel", lease)
            #expect(site.finish(buyer) == .exited(125))
            #expect(try site.inspect(lease).exit == .cancelled(by: .owner))
            try site.wait("the lease's end", seconds: 20) { try site.inspect(lease).phase == .closed }
            #expect(try site.traces().isEmpty)
        }
    }

    /// Work is delivered on credit, and the credit ends.
    @Suite("A buyer who stops paying")
    struct CreditTests {
        static let busy = "echo begun; while true; do sha256sum /bin/busybox >/dev/null; done"

        @Test("the job is paused at the credit limit, goes on when the buyer is back, and is paid for")
        func comesBack() throws {
            let site = try Site(["offer.grace_seconds": "60"])
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin(Self.busy, on: lease)
            try site.wait("a voucher", seconds: 30) { try site.inspect(lease).vouched > .zero }
            site.abandon(buyer)
            try site.wait("the pause", seconds: 30) { try site.inspect(lease).phase == .paused }
            // The receipt after the pause holds what was used until then; there is no more while it lasts.
            pause(for: .milliseconds(1_800))
            let paused = try site.inspect(lease)
            pause(for: .seconds(2))
            let later = try site.inspect(lease)
            #expect(later.phase == .paused && later.usage.coreNanoseconds == paused.usage.coreNanoseconds)
            let arguments = ["job", "run", "--attach", "--lease", lease] + site.signing("buyer")
            let back = try site.spawn(arguments + ["--journal", site.path("\(lease).journal")], log: "back")
            try site.wait("the job's return", seconds: 20) { try site.inspect(lease).phase == .running }
            try site.gcx("job", "cancel", lease)
            #expect(site.finish(back) == .exited(125))
            let end = try site.inspect(lease)
            #expect(end.exit == .cancelled(by: .owner) && end.vouched == end.amount)
        }

        @Test("the job is ended after the grace, what was vouched for is paid, and the rest goes back")
        func staysAway() throws {
            let site = try Site(["offer.grace_seconds": "1"])
            try site.open()
            let lease = try site.lease()
            let buyer = try site.begin(Self.busy, on: lease)
            try site.wait("a voucher", seconds: 30) { try site.inspect(lease).vouched > .zero }
            site.abandon(buyer)
            try site.wait("the job's end", seconds: 30) { try site.inspect(lease).exit != nil }
            let status = try site.inspect(lease)
            #expect(status.exit == .budget)
            // At the most the credit limit is lost, beside what one look at the meter lets through.
            let unpaid = try #require(status.amount.subtracting(status.vouched))
            #expect(unpaid > .zero && unpaid < Amount(60_000 * 2))
            try site.gcx(
                "lease", "close", "--key", site.path("buyer.json"), "--password-file", site.path("password"), lease)
            try site.wait("the refund", seconds: 30) { try site.account("buyer").escrowed == .zero }
            #expect(try site.account("owner").balance == status.vouched)
            #expect(try site.account("buyer").balance.adding(status.vouched) == Amount(100_000_000))
            #expect(try site.traces().isEmpty)
        }
    }
}
