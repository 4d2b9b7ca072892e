import GCXLinux
import Glibc
import Senders
import Testing

extension WholeLeases {
    /// A buyer need not be root: what came from the machine is unpacked by a child that stands for that user alone.
    @Suite("A buyer who is an ordinary user")
    struct NobodyTests {
        static let lacks = ["setpriv"].first { ChildProcess.find($0) == nil }
        /// Whom Debian calls nobody.
        private static let user: uid_t = 65_534

        @Test(
            "fetches an output, compares it and unpacks it, with files of his own",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func output() throws {
            let sender = try SenderSite()
            let (site, ground) = (sender.site, sender.ground)
            let home = site.path("nobody")
            try Files.makeDirectory(home)
            for name in ["buyer.json", "password"] {
                try ChildProcess("cp", [site.path(name), "\(home)/\(name)"]).run()
                #expect(chown("\(home)/\(name)", Self.user, Self.user) == 0)
            }
            #expect(chown(home, Self.user, Self.user) == 0)
            func run(_ arguments: [String]) throws -> ChildProcess.Outcome {
                try ChildProcess(
                    "setpriv",
                    ["--reuid=\(Self.user)", "--regid=\(Self.user)", "--clear-groups", Gcx.program] + arguments + [
                        "--key", "\(home)/buyer.json", "--password-file", "\(home)/password",
                    ], environment: site.environment, workingDirectory: home, timeout: .seconds(60)
                ).outcome()
            }
            for _ in 0..<2 {
                let fetched = try run(["job", "output", "\(ground.ended)", "--out", "\(home)/out"])
                #expect(fetched.status == .exited(0) && fetched.text.hasPrefix("sha256:"), "\(fetched.errorLine)")
                #expect(try Files.text("\(home)/out/word") == "word\n")
                var status = stat()
                #expect(lstat("\(home)/out/word", &status) == 0 && status.st_uid == Self.user)
                #expect(try Files.names(in: home).sorted() == ["buyer.json", "out", "password"])
            }
            let log = try run(["job", "logs", "\(ground.ended)", "--verify"])
            #expect(log.status == .exited(0) && log.text.hasPrefix("ok: "), "\(log.text) \(log.errorLine)")
        }
    }
}
