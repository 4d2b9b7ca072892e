import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Support
import Testing

extension WaitingLeases {
    /// A job whose image is in a registry: nothing is uploaded, and what runs is what the tag meant when it was asked for.
    @Suite(
        "Images of a registry, on a lease",
        .enabled(
            if: ["skopeo", "docker-registry", "umoci"].allSatisfy { ChildProcess.find($0) != nil },
            "needs skopeo, docker-registry and umoci"))
    struct RegistryJobTests {
        /// A registry on loopback that ends with its last use.
        final class Registry {
            let name: String
            private let pid: pid_t

            init(below directory: String) throws {
                let listener = try TCPListener(host: "127.0.0.1", port: 0)
                name = listener.endpoint
                let config = """
                    version: 0.1
                    log: {level: warn}
                    storage: {filesystem: {rootdirectory: \(directory)/registry}}
                    http: {addr: "\(name)"}
                    """
                try DurableFile.write(config.utf8, to: "\(directory)/registry.yml")
                _ = consume listener
                pid = try ChildProcess("docker-registry", ["serve", "\(directory)/registry.yml"])
                    .spawnDetached(logPath: "\(directory)/registry.log")
            }

            deinit {
                kill(pid, SIGKILL)
                _ = ChildProcess.wait(pid)
            }

            /// Pushes an image of the site's root filesystem that says `word`, and answers its digest.
            func push(_ word: String, as tag: String, of site: Site) throws -> String {
                let layout = site.path("layout-\(word)")
                for arguments in [
                    ["init", "--layout", layout], ["new", "--image", "\(layout):t"],
                    ["insert", "--image", "\(layout):t", site.path("rootfs"), "/"],
                    [
                        "config", "--image", "\(layout):t", "--config.cmd", "/bin/sh", "--config.cmd", "-c",
                        "--config.cmd", "echo \(word)",
                    ],
                ] { try ChildProcess("umoci", arguments).run() }
                let copy = [
                    "copy", "--quiet", "--dest-tls-verify=false", "--digestfile", site.path("digest"),
                    "oci:\(layout):t", "docker://\(name)/\(tag)",
                ]
                try site.wait("the registry", seconds: 10) { try !ChildProcess("skopeo", copy).run().contains("error") }
                return try Files.text(site.path("digest")).trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }

        private func arguments(_ image: String, on lease: String, at site: Site) -> [String] {
            ["job", "run", "--lease", lease] + site.signing("buyer") + [
                "--image", image, "--journal", site.path("\(lease).journal"), "--time-limit", "60",
            ]
        }

        @Test("a tag is resolved once, by the buyer, and its digest is what runs")
        func tag() throws {
            let site = try Site(["image.allow": "[\"*\"]"])
            let registry = try Registry(below: site.directory)
            let first = try registry.push("first", as: "team/app:v1", of: site)
            try site.open()
            let lease = try site.lease()
            let outcome = try site.outcome(arguments("docker://\(registry.name)/team/app:v1", on: lease, at: site))
            #expect(outcome.text == "first\n")
            #expect(outcome.status == .exited(0))
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(said.contains("image docker://\(registry.name)/team/app@\(first)"), "\(said)")

            // The tag moves on; whoever has the digest runs what it names.
            let second = try registry.push("second", as: "team/app:v1", of: site)
            #expect(second != first)
            let pinned = "docker://\(registry.name)/team/app@\(first)"
            #expect(try site.outcome(arguments(pinned, on: try site.lease(), at: site)).text == "first\n")
        }

        @Test("an image that the owner does not allow, and one that is not there, are refused with a remedy")
        func refused() throws {
            let site = try Site(["image.allow": "[\"127.0.0.1:1\"]"])
            try site.open()
            let lease = try site.lease()
            let digest = String(repeating: "a", count: 64)
            let other = try site.outcome(arguments("docker://ghcr.io/app@sha256:\(digest)", on: lease, at: site))
            let said = String(decoding: other.error, as: UTF8.self)
            #expect(other.status == .exited(78))
            #expect(said.contains("the image cannot be used") && said.contains("image.allow"), "\(said)")
            #expect(said.contains("\nremedy: Upload the image"), "\(said)")
            #expect(try site.inspect(lease).phase == .open, "the lease is as it was")
            // A second try on the same lease is taken, and ends it as any image that cannot be unpacked.
            // A registry that does not answer may be out of the machine's reach alone.
            let gone = try site.outcome(arguments("docker://127.0.0.1:1/app@sha256:\(digest)", on: lease, at: site))
            #expect(gone.status == .exited(125))
            let job = try site.inspect(lease)
            guard case .hostFailure(let why)? = job.exit else {
                Issue.record("ended otherwise: \(String(describing: job.exit))")
                return
            }
            #expect(why.contains("connection refused"), "\(why)")
            #expect(job.amount == .zero)
        }
    }
}
