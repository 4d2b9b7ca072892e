import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    /// What the buyer sends is the buyer's: it is refused before it costs anything where it can be, and never blamed on the
    /// machine.
    @Suite("Images that cannot be used, on a lease")
    struct ImageRefusalTests {
        /// An image layout of the site's root filesystem, with a configuration.
        private func layout(_ name: String, _ options: [String], of site: Site) throws -> String {
            let layout = site.path(name)
            for arguments in [
                ["init", "--layout", layout], ["new", "--image", "\(layout):t"],
                ["insert", "--image", "\(layout):t", site.path("rootfs"), "/"],
                ["config", "--image", "\(layout):t"] + options,
            ] { try ChildProcess("umoci", arguments).run() }
            return layout
        }

        private func run(
            _ image: String, on lease: String, at site: Site, _ command: [String] = ["/bin/sh", "-c", "echo hi"]
        ) throws -> (status: WaitStatus, text: String, said: String) {
            let outcome = try site.outcome(
                ["job", "run", "--lease", lease] + site.signing("buyer") + [
                    "--image", image, "--journal", site.path("\(lease).journal"), "--time-limit", "60", "--",
                ] + command)
            return (outcome.status, outcome.text, String(decoding: outcome.error, as: UTF8.self))
        }

        @Test("an image that cannot be run is refused before anything is sent, and the lease is as it was")
        func early() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let cases = [
                (["--architecture", "s390x"], "it is for s390x", "skopeo copy --override-arch"),
                (["--os", "windows"], "it is for windows", "skopeo copy"),
                (["--config.user", "nobody"], "the image has no user `nobody`", "by number"),
                (["--config.stopsignal", "SIGFOO"], "`SIGFOO` is no signal", "another configuration"),
            ]
            for (index, (options, reason, remedy)) in cases.enumerated() {
                let image = try layout("image-\(index)", options, of: site)
                let outcome = try run("oci:\(image):t", on: lease, at: site)
                #expect(outcome.status == .exited(78), "\(outcome.said)")
                #expect(outcome.said.contains(reason) && outcome.said.contains(remedy), "\(outcome.said)")
                #expect(!outcome.said.contains("host failure"), "\(outcome.said)")
            }
            let status = try site.inspect(lease)
            #expect(status.phase == .open && status.jobs ?? 0 == 0, "the lease is as it was")
            let names = (try? Files.names(in: site.path("agent/uploads/\(lease.dropFirst(2))"))) ?? []
            #expect(names.isEmpty, "nothing was sent")
        }

        @Test("an image that only the agent sees to be unusable ends as not run, with a remedy, and costs no lease")
        func late() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            // A table that is a link is left to whoever unpacks the image.
            try DurableFile.write("web:x:7:7::/:\n".utf8, to: site.path("rootfs/etc/users"), mode: 0o644)
            symlink("users", site.path("rootfs/etc/passwd"))
            let image = try layout("image", ["--config.user", "nobody"], of: site)
            let outcome = try run("oci:\(image):t", on: lease, at: site)
            #expect(outcome.status == .exited(78), "\(outcome.said)")
            #expect(
                outcome.said.contains("not run: the image cannot be used: the image has no user `nobody`"),
                "\(outcome.said)")
            #expect(outcome.said.contains("Name the user by number"), "\(outcome.said)")
            let status = try site.inspect(lease)
            #expect(status.isOpenAgain && status.amount == .zero)
            guard case .refused? = status.exit else {
                Issue.record("ended otherwise: \(String(describing: status.exit))")
                return
            }
            let right = try layout("right", ["--config.user", "web"], of: site)
            let ended = try run("oci:\(right):t", on: lease, at: site)
            #expect(ended.status == .exited(0) && ended.text == "hi\n", "\(ended.said)")
        }

        @Test("a program that cannot be run has the status of shells and docker, whatever is wrong with it")
        func programs() throws {
            let site = try Site()
            try site.open()
            for (name, text, mode) in [
                ("crlf.sh", "#!/bin/sh\r\necho hi\r\n", 0o755), ("nosb", "echo hi\n", 0o755),
                ("badint", "#!/bin/none\n", 0o755), ("empty", "", 0o755), ("plain", "x\n", 0o644),
            ] as [(String, String, mode_t)] {
                try DurableFile.write(text.utf8, to: site.path("rootfs/bin/\(name)"))
                chmod(site.path("rootfs/bin/\(name)"), mode)
            }
            let image = try layout("image", ["--config.env", "PATH=/bin"], of: site)
            let lease = try site.lease()
            for (name, status) in [
                ("/no/such", 127), ("/bin/plain", 126), ("/etc", 126), ("/bin/crlf.sh", 127), ("/bin/nosb", 126),
                ("/bin/empty", 126), ("/bin/badint", 127),
            ] as [(String, Int32)] {
                let outcome = try run("oci:\(image):t", on: lease, at: site, [name])
                #expect(outcome.status == .exited(status), "\(name): \(outcome.said)")
                #expect(
                    outcome.said.contains("[sandbox]") && !outcome.said.contains("crun"), "\(name): \(outcome.said)")
                #expect(try site.inspect(lease).isOpenAgain, "\(name)")
            }
        }
    }
}
