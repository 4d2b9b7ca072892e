import Foundation
import GCXLinux
import GCXWire
import Glibc
import Senders
import Testing

extension WholeLeases {
    /// What a buyer sent and what a job left is opened by nobody who could do harm with it.
    @Suite("Who opens what a stranger named")
    struct TraceTests {
        static let lacks = ["strace", "umoci"].first { ChildProcess.find($0) == nil }
        static let runtimes = ["crun", "runc"].filter { ChildProcess.find($0) != nil }
        /// Stand in the names of files of an image, an input and an output.
        private static let (layer, input, output) = ("mark-of-layer", "mark-of-input", "mark-of-output")

        @Test(
            "in a whole lease, root opens no file of an image, an input or an output by its name",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"), arguments: runtimes)
        func lease(runtime: String) throws {
            let site = try Site(["job.runtime": "\"\(runtime)\""])
            try site.open()
            let lease = try site.lease()
            let image = site.path("image.tar")
            var layers = OCIImage([Ground.rootfs])
            layers.layers.append((TarEntry.archive(Self.entries(Self.layer)), OCIImage.tarLayer))
            layers.user = "worker:crew"
            try DurableFile.write(layers.archive, to: image)
            // The agent is nobody, so all that root does the helper does.
            #expect(try site.users(of: try #require(site.processes[.agent])).allSatisfy { $0 != "0" })
            let helper = try Tracer(try site.helper(), log: site.path("helper.trace"))
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
            #expect(try Files.text(site.path("fetched/\(Self.output) ids")) == "1000 1002\n")

            let seen = try helper.finish()
            let marks = [Self.layer, Self.input, Self.output] + Self.images
            for mark in marks { #expect(seen.all(naming: [mark]) > 0, "\(mark) was never seen: the test sees nothing") }
            let byHelper = seen.byRoot(naming: marks)
            #expect(byHelper.isEmpty, "\(byHelper.count): \(byHelper.prefix(8).joined(separator: "\n"))")
            Self.expectOwnNames(seen, agent: site.path("agent"))
            Self.expectOneOutput(seen)
            let relative = seen.relativeOfRoot.filter { $0.wholeMatch(of: Self.ofRuntime) == nil }
            #expect(relative.isEmpty, "\(relative.sorted())")
            // No tool that looks at what strangers have made: they would do it as root.
            #expect(
                seen.programsOfRoot.isSubset(of: ["gcx-supervisor", "gcx-unpack", "crun", "runc", "exe", "mke2fs"]),
                "\(seen.programsOfRoot)")
            let buyer = Trace(String(decoding: try Files.bytes(client, limit: 256 << 20), as: UTF8.self))
            #expect(buyer.all(naming: [Self.output]) > 0)
            let byBuyer = buyer.byRoot(naming: [Self.output])
            #expect(byBuyer.isEmpty, "\(byBuyer.count): \(byBuyer.prefix(8).joined(separator: "\n"))")
        }

        /// Every name that root gives below the folders in which strangers' files lie is made of words of ours and of digests.
        ///
        /// Where a folder is filled by others (`input`, `rootfs`, `archive`, `output`), root names the folder and nothing in
        /// it. The runtime makes the mounts in a job's root as root of the job's own user namespace, and is not meant here.
        private static func expectOwnNames(_ seen: Trace, agent: String) {
            let folders = ["\(agent)/uploads", "\(agent)/jobs", "\(agent)/images", "/run/gcx-sandbox"]
            let paths = seen.pathsOfRoot(below: folders)
            #expect(paths.count > 20, "the test sees nothing: \(paths.sorted())")
            let strange = paths.filter { path in
                let tail = path.hasPrefix(agent) ? String(path.dropFirst(agent.count)) : path
                return !ours.contains { tail.wholeMatch(of: $0) != nil }
            }
            #expect(strange.isEmpty, "\(strange.sorted())")
        }

        /// What a runtime opens below an open folder: files of control groups, and its own state.
        private static var ofRuntime: Regex<Substring> {
            /(?:[a-z,_]+\/(?:gcx\/(?:[0-9a-f]{64}\/(?:job\/)?)?)?)?(?:cgroup|cpu|cpuset|memory|pids|io|blkio|devices|freezer|hugetlb)\.[a-z_.]+|[0-9a-f]{64}\/seccomp\.bpf/
        }

        private static var ours: [Regex<Substring>] {
            [
                /\/jobs\/(?:\.slots\.lock|\.reading(?:\/[0-9a-f]{64})?|[0-9a-f]{64}(?:\/[a-z.]+(?:json)?(?:\.\d+\.\d+\.tmp)?)?)/,
                /\/jobs\/[0-9a-f]{64}\/(?:sent\/(?:rootfs|input)|log\/\d{20})/,
                /\/images\/(?:\.locks\/[0-9a-f]{64}|\.partial|\.unpack-\w{6}(?:\/(?:archive|rootfs|input|unpacked(?:\/rootfs)?))?)/,
                /\/images\/(?:\.unpack-\w{6}\/unpacked|[0-9a-f]{64})\/(?:rootfs|image\.json(?:\.\d+\.\d+\.tmp)?)/,
                /\/run\/gcx-sandbox\/(?:bundle(?:\/config\.json\.[\d.]+\.tmp)?|rootfs|image|input(?:-source)?|pid|user|empty)/,
                /\/run\/gcx-sandbox\/(?:ids\/[.\w]+(?:\.tmp)?|\.pid|state(?:\/[0-9a-f]{64}(?:\/[.\w-]+)?)?)/,
                /\/run\/gcx-sandbox\/scratch(?:\/(?:work|tmp|output|upper(?:\/(?:proc|dev|sys|tmp|output|input))?))?/,
            ]
        }

        /// The archive of a job's output is made without a name, hashed through the descriptor that it is written through, and
        /// named once, in a folder that is root's alone. The agent opens it to be sent, and root never again.
        private static func expectOneOutput(_ seen: Trace) {
            let calls = seen.byRoot(naming: ["output.tar"]).map { $0.split(separator: " ", maxSplits: 1).last ?? "" }
            let (links, others) = (calls.filter { $0.hasPrefix("linkat(") }, calls.filter { !$0.hasPrefix("linkat(") })
            #expect(links.count == 1 && links.allSatisfy { $0.contains("\"/proc/self/fd/") }, "\(calls)")
            #expect(others.isEmpty, "\(calls)")
        }

        private static func entries(_ mark: String) -> [TarEntry] {
            [
                .file("etc/passwd", "worker:x:1000:1001::/:/bin/sh\n"), .file("etc/group", "crew:x:1002:\n"),
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

        /// Files of every image: those of its archive, and those that say who its user is.
        private static let images = ["oci-layout", "index.json", "blobs/sha256/", "\"etc/passwd\"", "\"etc/group\""]

        private static let program = """
            /bin/busybox cat /input/\(input)/word /\(layer)/file > /dev/null
            /bin/busybox mkdir "/output/\(output) folder"
            echo word > "/output/\(output) word"
            echo $(/bin/busybox id -u) $(/bin/busybox id -g) > "/output/\(output) ids"
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
            #expect(trace.relativeOfRoot == [])
            let relative = Trace(
                "10 openat(3, \"mark\", O_RDONLY) = 4\n10 openat2(3, \"other\", {flags=O_RDONLY}, 24) = 4")
            #expect(relative.relativeOfRoot == ["mark", "other"])
            #expect(trace.pathsOfRoot(below: ["/a"]) == ["/a/mark"])
            #expect(trace.programsOfRoot == ["tar", "mark"])
        }
    }
}
