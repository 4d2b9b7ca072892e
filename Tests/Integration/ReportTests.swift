import GCXLinux
import GCXModel
import GCXWire
import Testing

extension WaitingLeases {
    @Suite("What can be read of a job")
    struct ReportTests {
        @Test("it is paused, goes on, ends and is wiped, and every step is there to be read")
        func story() throws {
            let site = try Site(["job.output_keep_seconds": "0"])
            try site.open()
            let lease = try site.lease()
            // Works for three seconds of CPU time, so that pauses make it longer and never shorter.
            let program =
                "echo begun; i=0; while [ $i -lt 1200 ]; do sha256sum /bin/busybox >/dev/null; i=$((i+1)); done; exit 3"
            let buyer = try site.begin(program, on: lease)
            try site.wait("a second sample", seconds: 30) { try site.inspect(lease).live != nil }
            #expect(try site.gcx("job", "top", "--once").contains("running"))

            #expect(try site.gcx("job", "pause", lease).hasPrefix("held: paused by the owner"))
            // Asked for again, nothing changes; and what stands still uses no CPU time.
            #expect(try site.gcx("job", "pause", lease).hasPrefix("held:"))
            let still = try site.inspect(lease).usage.coreNanoseconds
            try site.wait("a receipt of standing still", seconds: 10) {
                let receipts = try site.receipts(lease)
                return receipts.suffix(2).count == 2
                    && receipts.suffix(2).map(\.usage.coreNanoseconds).allSatisfy {
                        $0 == receipts.last?.usage.coreNanoseconds
                    }
                    && receipts.last?.usage.coreNanoseconds ?? 0 >= still
            }
            #expect(try site.gcx("job", "resume", lease).hasPrefix("running:"))
            let bundle = try site.gcx("job", "inspect", "--bundle", lease)
            #expect(bundle.contains("\"noNewPrivileges\" : true"))
            #expect(site.finish(buyer) == .exited(3))

            try site.wait("the wipe", seconds: 30) { try site.report(lease).isWiped }
            let report = try site.report(lease)
            let kinds = report.events.map(\.kind)
            let order: [JobEvent.Kind] = [
                .proposed, .opened, .submitted, .started, .paused, .resumed, .ended, .closed, .wiped,
            ]
            #expect(kinds.filter { order.contains($0) } == order)
            #expect(report.facts?.exit?.reason == .exited(code: 3))
            #expect(report.facts?.resources.pus == report.placement?.cores?.pus)
            #expect(report.usage.points.count > 1)
            let wiped = report.events.last { $0.kind == .wiped }?.text ?? ""
            #expect(wiped.contains("no process of its 65,536 user ids, no control group, no directory"))
            #expect(!Files.exists(site.path("agent/jobs/\(lease.dropFirst(2))")))
            #expect(try site.traces().isEmpty)

            let text = try site.gcx("job", "inspect", lease)
            for word in ["runtime", "of 1 core", "final", "exited with status 3", "wiped"] {
                #expect(text.contains(word))
            }
            // The log outlives the job, and so do the events.
            #expect(try site.gcx("job", "logs", lease) == "begun")
            #expect(try site.gcx("job", "events", lease).split(separator: "\n").count == report.events.count)
            // The payer reads the same with a session of his own, and nobody else does.
            for verb in ["inspect", "events", "logs"] {
                let payer = try site.outcome(["job", verb, lease] + site.signing("buyer"))
                #expect(try payer.status == .exited(0) && payer.text == site.gcx("job", verb, lease) + "\n", "\(verb)")
                let stranger = try site.outcome(["job", verb, lease] + site.signing("owner"))
                #expect(stranger.status != .exited(0) && stranger.errorLine.contains("not allowed"), "\(verb)")
            }
            let refused = try site.outcome(["job", "inspect", "--bundle", lease])
            #expect(refused.status != .exited(0) && refused.text.isEmpty)
        }
    }
}
