import Foundation
import GCXLinux
import Support
import Testing

/// `gcx bench` as its users run it, under the walls that they run it in.
@Suite("gcx bench", .serialized)
struct BenchTests {
    private static let validator = "\(Gcx.repository)/Tests/Benchmarks/validate.py"

    static func inFolder<T>(_ body: (String) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gcx-bench-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    private static func document(_ path: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        return try #require(value as? [String: Any])
    }

    /// Standard output of a tool that must succeed.
    @discardableResult
    private static func run(
        _ tool: String, _ arguments: [String], in folder: String? = nil, _ comment: Comment? = nil
    ) throws -> String {
        let path = try #require(tool.hasPrefix("/") ? tool : ChildProcess.find(tool))
        let outcome = try ChildProcess(path, arguments, workingDirectory: folder).outcome()
        #expect(outcome.status == .exited(0), "\(tool): \(outcome.errorLine) \(outcome.text.suffix(500))")
        return outcome.text
    }

    /// The report without its line breaks: where a sentence is wrapped depends on what stands before it.
    static func report(
        _ tool: String, _ arguments: [String], in folder: String? = nil
    ) throws -> String {
        try run(tool, arguments, in: folder).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// A server on a port of its own choice, and the port.
    private static func serve(_ arguments: [String], log: String) throws -> (process: pid_t, endpoint: String) {
        let server = try ChildProcess(Gcx.program, ["bench", "--serve", "--listen", "127.0.0.1:0"] + arguments)
            .spawnDetached(logPath: log)
        let deadline = BootClock.now() + 10_000_000_000
        while BootClock.now() < deadline {
            let words = ((try? Files.text(log)) ?? "").split(separator: " ")
            if words.count > 3, words[0] == "serving" { return (server, String(words[2].dropLast())) }
            usleep(20_000)
        }
        throw ServeFailure(log: (try? Files.text(log)) ?? "")
    }

    private struct ServeFailure: Error {
        let log: String
    }

    @Test(
        "where the kernel gives no thread, gcx ends in seconds and says so",
        .enabled(if: getuid() == 0, "needs root, to become a user who may have one process"),
        arguments: [["bench", "run", "--duration", "6", "--only", "cpu.clock.all"], ["probe"], ["agent", "config"]])
    func noThreads(arguments: [String]) throws {
        // A user of whom there is nothing else, so that the limit is used up by this one process.
        let (limit, become) = (try Self.tool("prlimit"), try Self.tool("setpriv"))
        let outcome = try ChildProcess(
            limit,
            ["--nproc=1:1", become, "--reuid=61823", "--regid=61823", "--clear-groups", Gcx.program] + arguments,
            workingDirectory: "/", timeout: .seconds(20)
        ).outcome()
        #expect(outcome.status == .exited(78), "\(outcome.errorLine)")
        #expect(outcome.errorLine.contains("the kernel gives 0 and then says EAGAIN"))
        #expect(outcome.errorLine.contains("remedy: Let this user and this control group have more processes"))
    }

    private static func tool(_ name: String) throws -> String { try #require(ChildProcess.find(name)) }

    @Test(
        "a run with a key and a peer leaves a report and a record that their schemas describe, and that verify",
        .enabled(if: Self.hasValidator, "needs python3-jsonschema, which `make setup-test` installs"))
    func record() throws {
        try Self.inFolder { folder in
            try DurableFile.write("pw\n".utf8, to: "\(folder)/pw")
            for key in ["here", "there"] {
                try Self.run(
                    Gcx.program,
                    ["key", "new", "--out", "\(folder)/\(key)", "--password-file", "\(folder)/pw", "--light"])
            }
            let (server, endpoint) = try Self.serve(
                ["--key", "\(folder)/there", "--password-file", "\(folder)/pw"], log: "\(folder)/log")
            defer {
                kill(server, SIGINT)
                #expect(ChildProcess.wait(server) == .exited(0))
            }
            try Self.run(
                Gcx.program,
                [
                    "bench", "--quick", "--path", folder, "--bytes-max", "32M", "--peer", endpoint, "--key",
                    "\(folder)/here", "--password-file", "\(folder)/pw", "--out", "\(folder)/record", "--json",
                    "\(folder)/report",
                ])
            for name in ["report", "record"] {
                try Self.run(
                    "python3",
                    [Self.validator, "\(Gcx.repository)/Config/bench-\(name).schema.json", "\(folder)/\(name)"])
            }
            let report = try Self.document("\(folder)/report")
            #expect(report["problems"] as? [String] == [])
            let memory = try #require(report["memory"] as? [String: Int])
            #expect(try #require(memory["peakBytes"]) <= #require(memory["announcedBytes"]))
            let verified = try Self.run(Gcx.program, ["bench", "verify", "\(folder)/record"])
            #expect(verified.hasSuffix("record: ok\n"))
            #expect(verified.contains("witness    network.up.peer") && verified.contains("network.down.peer"))
            try Self.requireTamperingFound("\(folder)/record")
        }
    }

    /// One digit of one sample.
    private static func requireTamperingFound(_ path: String) throws {
        var text = try String(contentsOfFile: path, encoding: .utf8)
        let sample = try #require(text.range(of: #"\"processorShare\":"#))
        let digit = sample.upperBound
        text.replaceSubrange(digit...digit, with: text[digit] == "1" ? "2" : "1")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try Gcx.run(["bench", "verify", path])
        #expect(outcome.status == .exited(65))
        #expect(outcome.errorLine.contains("the report is not the one that was signed"))
    }

    private static let hasValidator: Bool = {
        guard let python = ChildProcess.find("python3") else { return false }
        return (try? ChildProcess(python, ["-c", "import jsonschema"]).outcome())?.status == .exited(0)
    }()

    @Test(
        "the published schema refuses a report that lacks what it requires",
        .enabled(if: Self.hasValidator, "needs python3-jsonschema"))
    func schema() throws {
        try Self.inFolder { folder in
            try #"{"schema": 1, "axes": [], "surprise": 1}"#.write(
                toFile: "\(folder)/report", atomically: true, encoding: .utf8)
            let outcome = try ChildProcess(
                try #require(ChildProcess.find("python3")),
                [Self.validator, "\(Gcx.repository)/Config/bench-report.schema.json", "\(folder)/report"]
            ).outcome()
            #expect(outcome.status == .exited(1))
            #expect(outcome.text.contains("surprise") && outcome.text.contains("kernelVersion"))
        }
    }

    @Test("a port that is no gcx bench costs the network axes and says so")
    func foreignPeer() throws {
        let outcome = try Gcx.run(
            ["bench", "--only", "network.up.peer,cpu.clock.all", "--duration", "1", "--peer", "127.0.0.1:1"])
        #expect(outcome.status == .exited(78), "the peer was asked for by name")
        #expect(outcome.text.contains("network.up.peer: connect to 127.0.0.1:1: Connection refused"))
        #expect(outcome.text.contains("clock, all cores busy"))
        #expect(
            String(decoding: outcome.error, as: UTF8.self).contains("nothing could be measured against 127.0.0.1:1"))
    }

    @Test(
        "what cannot be done with the figures, or gives none, is said with a status, and before the run where it can be"
    )
    func refusedBefore() throws {
        try Self.inFolder { folder in
            for (arguments, words) in [
                (["--only", "storage.", "--path", "\(folder)/no"], "there is no directory \(folder)/no"),
                (["--json", "\(folder)/no/report.json"], "there is no directory \(folder)/no"),
                (["--html", folder], "\(folder) is a directory"),
                (["--only", "network.up.peer", "--duration", "1"], "nothing of what was asked for could be measured"),
            ] {
                let begun = BootClock.now()
                let outcome = try Gcx.run(["bench"] + arguments)
                #expect(outcome.status == .exited(78), "\(arguments): \(outcome.text)")
                #expect(String(decoding: outcome.error, as: UTF8.self).contains(words), "\(arguments)")
                #expect(BootClock.now() - begun < 30_000_000_000, "a run of all takes more than a minute")
            }
        }
    }

    @Test("a comparison shows what both reports have, and names what one of them has alone in a line")
    func partial() throws {
        try Self.inFolder { folder in
            for (name, axes) in [("a", "cpu.clock.all,cpu.fp64.one"), ("b", "cpu.clock.all,cpu.fp32.one")] {
                try Self.run(
                    Gcx.program, ["bench", "--only", axes, "--duration", "2", "--json", "\(folder)/\(name).json"])
            }
            let text = try Self.report(Gcx.program, ["bench", "compare", "\(folder)/a.json", "\(folder)/b.json"])
            #expect(text.contains("clock, all cores") && !text.contains("incomparable"))
            #expect(text.contains("only in \(folder)/a.json: cpu.fp64.one"))
            #expect(text.contains("only in \(folder)/b.json: cpu.fp32.one"))
            try Self.run(
                Gcx.program, ["bench", "--only", "cpu.fp32.one", "--duration", "1", "--json", "\(folder)/c.json"])
            try Self.run(
                Gcx.program, ["bench", "--only", "cpu.fp64.one", "--duration", "1", "--json", "\(folder)/d.json"])
            let nothing = try Gcx.run(["bench", "compare", "\(folder)/c.json", "\(folder)/d.json"])
            #expect(nothing.status == .exited(78))
            #expect(String(decoding: nothing.error, as: UTF8.self).contains("no figure in common"))
        }
    }
}

// The walls.
extension BenchTests {
    /// The programs where an ordinary user can run them.
    private static func copied(to folder: String) throws -> String {
        chmod(folder, 0o755)
        for program in ["gcx", "gcx-probe"] {
            try FileManager.default.copyItem(
                atPath: Gcx.program.dropLast(3) + program, toPath: "\(folder)/\(program)")
            chmod("\(folder)/\(program)", 0o755)
        }
        return "\(folder)/gcx"
    }

    private static let axes = ["--only", "cpu.clock.all,cpu.fp64.all,storage.", "--duration", "2"]

    @Test(
        "an ordinary user gets figures, and the disk is skipped where that user may not write",
        .enabled(if: getuid() == 0, "needs root, to become somebody else"))
    func ordinaryUser() throws {
        try Self.inFolder { folder in
            let gcx = try Self.copied(to: folder)
            let text = try Self.report(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", gcx, "bench"] + Self.axes, in: "/sys")
            #expect(text.contains("run as an ordinary user"))
            #expect(text.contains("not here: storage (10 axes): make a file in .: Permission denied"))
            #expect(text.contains("FP64 rate, all cores"))
        }
    }

    @Test(
        "on a read-only file system the disk is skipped with the reason, and the record says it",
        .enabled(if: getuid() == 0, "needs root, to mount"))
    func readOnly() throws {
        try Self.inFolder { folder in
            try Self.run("mount", ["-t", "tmpfs", "-o", "ro", "none", folder])
            defer { _ = try? ChildProcess(ChildProcess.find("umount") ?? "", [folder]).outcome() }
            let text = try Self.run(Gcx.program, ["bench", "--json", "--path", folder] + Self.axes)
            let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let skipped = try #require((report["skipped"] as? [[String: Any]])?.first)
            #expect((skipped["axes"] as? [String])?.count == 10)
            #expect((skipped["reason"] as? String)?.contains("Read-only file system") == true)
        }
    }

    @Test("under taskset it uses the processor it was left, and says so")
    func affinity() throws {
        let text = try Self.report(
            "taskset", ["-c", "0", Gcx.program, "bench", "--only", "cpu.fp64.all", "--duration", "1"])
        #expect(text.contains(", 1 of \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors"))
        #expect(text.contains("affinity or cpuset leaves 1 of"))
    }

    @Test("--threads takes fewer cores and says so, and more than there are is refused")
    func threads() throws {
        let some = try Gcx.run(["bench", "--threads", "1", "--only", "cpu.clock.all", "--duration", "1"])
        #expect(some.status == .exited(0))
        #expect(sysconf(Int32(_SC_NPROCESSORS_ONLN)) == 1 || some.text.contains("threads: 1, as asked for"))
        let more = try Gcx.run(["bench", "--threads", "4000", "--only", "cpu.clock.all", "--duration", "1"])
        #expect(more.status == .exited(78))
        #expect(more.errorLine.contains("measure with 4,000 threads: affinity, cpuset and quota leave"))
    }

    /// A cgroup of the processor controller, of whichever version this machine has; nil where none can be made.
    static func quotaGroup(microseconds: Int = 50_000) -> String? {
        let name = "gcx-bench-\(getpid())"
        for (root, file, text) in [
            ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "\(microseconds)"),
            ("/sys/fs/cgroup", "cpu.max", "\(microseconds) 100000"),
        ] {
            let group = "\(root)/\(name)"
            guard mkdir(group, 0o755) == 0 else { continue }
            if (try? Files.control("\(group)/\(file)", text)) != nil { return group }
            rmdir(group)
        }
        return nil
    }

    @Test(
        "under a CPU quota it uses as many threads as the quota feeds, and where not even one is fed there are no facts",
        .enabled(if: getuid() == 0, "needs root, to make a control group"))
    func quota() throws {
        let group = try #require(Self.quotaGroup(), "no processor controller is to be had")
        defer { rmdir(group) }
        let text = try Self.report(
            "sh",
            [
                "-c",
                "echo $$ > \(group)/cgroup.procs && exec \(Gcx.program) bench --only cpu.fp64.all,cpu.gemm.fp64.all --duration 4",
            ])
        #expect(text.contains("1 of \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors, quota 0.50"))
        #expect(text.contains("the CPU quota of this cgroup is worth 0.50 processors"))
        #expect(text.contains("no fact: ") && text.contains("worth fewer processors than the figure has threads"))
        #expect(text.contains("unsteady: 2 of 2 figures, which are no facts"))
    }

    @Test(
        "with a neighbour on every processor the report says unsteady, and why",
        .enabled(if: ChildProcess.find("stress-ng") != nil, "needs stress-ng, which `make setup-test` installs"))
    func neighbour() throws {
        let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let stress = try ChildProcess(
            try #require(ChildProcess.find("stress-ng")), ["--cpu", "\(2 * processors)", "--timeout", "60"]
        ).spawnDetached()
        defer {
            kill(stress, SIGINT)
            _ = ChildProcess.wait(stress)
        }
        usleep(500_000)
        let text = try Self.report(Gcx.program, ["bench", "--only", "cpu.gemm.fp64.all", "--duration", "2"])
        #expect(text.contains("unsteady, no fact: too few undisturbed samples"))
        #expect(text.contains("unsteady: 1 of 1 figure, which is no fact: other processes used the processors"))
    }
}
