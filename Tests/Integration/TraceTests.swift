import Foundation
import GCXAgent
import GCXLinux
import GCXSandbox
import Glibc
import Senders
import Testing

extension WholeLeases {
    /// What a buyer sent and what a job left is opened by nobody who could do harm with it.
    @Suite("Who opens what a stranger named")
    struct TraceTests {
        static let lacks = ["strace", "umoci"].first { ChildProcess.find($0) == nil }
        /// Stand in the names of files of an image, an input and an output.
        private static let (layer, input, output) = ("mark-of-layer", "mark-of-input", "mark-of-output")

        @Test(
            "in a whole lease, root opens no file of an image, an input or an output by its name",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func lease() throws {
            let site = try Site()
            try site.open()
            let lease = try site.lease()
            let image = site.path("image.tar")
            var layers = OCIImage([Ground.rootfs])
            layers.layers.append((TarEntry.archive(Self.entries(Self.layer)), OCIImage.tarLayer))
            try DurableFile.write(layers.archive, to: image)
            let agent = try Tracer(try #require(site.processes[.agent]), log: site.path("agent.trace"))
            let client = site.path("client.trace")
            let words =
                [
                    Gcx.program, "job", "run", "--lease", lease, "--image", "oci-archive:\(image)", "--input",
                    try Self.folder(of: site), "--output", site.path("fetched"), "--journal", site.path("journal"),
                ] + site.signing("buyer") + ["--", "/bin/sh", "-c", Self.program]
            let outcome = try ChildProcess(
                "strace", Tracer.options + ["-o", client] + words, environment: site.environment, timeout: .seconds(120)
            ).outcome()
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            try site.wait("the lease's end", seconds: 30) { try site.inspect(lease).phase == .closed }
            #expect(try Files.text(site.path("fetched/\(Self.output) word")) == "word\n")

            let seen = try agent.finish()
            let marks = [Self.layer, Self.input, Self.output]
            for mark in marks { #expect(seen.all(naming: [mark]) > 0, "\(mark) was never seen: the test sees nothing") }
            let byAgent = seen.byRoot(naming: marks)
            #expect(byAgent.isEmpty, "\(byAgent.count): \(byAgent.prefix(8).joined(separator: "\n"))")
            let buyer = Trace(String(decoding: try Files.bytes(client, limit: 256 << 20), as: UTF8.self))
            #expect(buyer.all(naming: [Self.output]) > 0)
            let byBuyer = buyer.byRoot(naming: [Self.output])
            #expect(byBuyer.isEmpty, "\(byBuyer.count): \(byBuyer.prefix(8).joined(separator: "\n"))")
        }

        private static func entries(_ mark: String) -> [TarEntry] {
            [
                .folder("\(mark)/"), .file("\(mark)/file", "x"), .file("\(mark)/\u{1} odd\n\"name\\", "x"),
                .link("\(mark)/link", to: "file"), TarEntry("\(mark)/hard", kind: "1", target: "\(mark)/file"),
            ]
        }

        /// An input with odd names, as the buyer has it on his own disk.
        private static func folder(of site: Site) throws -> String {
            let folder = site.path("data")
            try Files.makeDirectories("\(folder)/\(input)", mode: 0o755)
            for name in ["word", "\u{1} odd\n\"name\\", "-rf"] {
                try DurableFile.write("x\n".utf8, to: "\(folder)/\(input)/\(name)", mode: 0o644)
            }
            symlink("word", "\(folder)/\(input)/link")
            return folder
        }

        private static let program = """
            /bin/busybox cat /input/\(input)/word /\(layer)/file > /dev/null
            /bin/busybox mkdir "/output/\(output) folder"
            echo word > "/output/\(output) word"
            echo word > "/output/\(output) folder/ odd \\\\ name"
            /bin/busybox ln -s word "/output/\(output) link"
            """

        @Test("a call of root, and of nobody else, is found in a trace")
        func reading() {
            let trace = Trace(
                """
                10 openat(AT_FDCWD, "/a/mark", O_RDONLY) = 3
                10 clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD <unfinished ...>
                11 openat(3, "mark", O_RDONLY) = 4
                10 <... clone resumed>) = 11
                10 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88) = 12
                12 execve("/bin/tar", ["tar", "mark"], 0x1 /* 2 vars */) = 0
                10 execve("/a/mark", ["x"], 0x1 /* 2 vars */) = 0
                12 setresuid(65534, 65534, 65534) = 0
                12 openat2(3, "mark", {flags=O_RDONLY}, 24) = 4
                12 fork() = 2 /* 13 in strace's PID NS */
                13 mknodat(AT_FDCWD, "mark", S_IFCHR) = -1 EPERM (Operation not permitted)
                10 openat(5, "mark", O_RDONLY|O_NOFOLLOW|O_DIRECTORY) = 6
                10 unshare(CLONE_NEWUSER) = -1 EPERM (Operation not permitted)
                10 chmod("mark", 0600) = 0
                14 mount("mark", "/x", NULL, MS_BIND, NULL <unfinished ...>
                """)
            #expect(
                trace.byRoot(naming: ["mark"]).map { String($0.prefix { $0 != "(" }) } == [
                    "10 openat", "10 execve", "10 chmod", "14 mount",
                ])
            #expect(trace.all(naming: ["mark"]) == 9)
        }
    }
}
