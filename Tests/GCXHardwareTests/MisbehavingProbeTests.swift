import FoundationEssentials
import GCXHardware
import GCXModel
import Glibc
import Testing

/// Probes that crash, hang or lie: each costs an error in time, and leaves no process behind.
struct MisbehavingProbeTests {
    /// What the script does for an error, and how often it was started.
    private func ask(
        _ body: String, timeout: Duration = .seconds(5), outputBytesMax: Int = 1 << 20
    ) throws -> (error: ProbeError?, runs: Int) {
        let folder = try TemporaryFolder()
        let script = try folder.script("echo run >> \(folder.path)/runs\n\(body)")
        let probe = HardwareProbe(executable: script, timeout: timeout, outputBytesMax: outputBytesMax)
        var caught: ProbeError?
        do throws(ProbeError) { _ = try probe.readInventory() } catch { caught = error }
        return (caught, folder.text("runs")?.split(separator: "\n").count ?? 0)
    }

    @Test("a probe that exits with 1 is believed: its words are kept, and it is not run again")
    func failed() throws {
        let (error, runs) = try ask("echo 'no such folder: /x' >&2; exit 1")
        #expect(error == .failed(exit: 1, stderr: "no such folder: /x"))
        #expect(runs == 1)
    }

    @Test("a probe that crashes is run once more and then reported with its signal")
    func crashed() throws {
        let (error, runs) = try ask("echo 'last words' >&2; kill -SEGV $$")
        #expect(error == .crashed(signal: SIGSEGV, stderr: "last words"))
        #expect(runs == 2)
        #expect(error?.description.contains("Segmentation fault") == true)
    }

    @Test(
        "a probe that a limit ended is reported with the limit and what to do",
        arguments: [(SIGXFSZ, "size of a file"), (SIGXCPU, "processor time"), (SIGSYS, "sandbox"), (SIGKILL, "memory")])
    func limited(signal: Int32, words: String) throws {
        let (error, _) = try ask("kill -\(signal) $$")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        guard case .fix(let remedy) = error?.remedy else { return #expect(Bool(false)) }
        #expect(!remedy.contains("by hand"))
    }

    @Test("a probe that crashes only once costs nothing")
    func crashedOnce() async throws {
        let folder = try TemporaryFolder()
        let real = try Machines.probe().executable
        let script = try folder.script(
            "test -e \(folder.path)/again || { touch \(folder.path)/again; kill -SEGV $$; }; exec \(real) \"$@\"")
        let inventory = try await HardwareProbe(executable: script).inventory()
        #expect(inventory.coreCount ?? 0 > 0)
    }

    @Test("a probe that hangs is ended with its children within the limit")
    func hangs() throws {
        let folder = try TemporaryFolder()
        let script = try folder.script("sleep 1000 & echo $! >> \(folder.path)/children; exec sleep 1000")
        let probe = HardwareProbe(executable: script, timeout: .milliseconds(300))
        let start = ContinuousClock.now
        #expect(throws: ProbeError.timedOut(after: .milliseconds(300))) { try probe.readInventory() }
        #expect(ContinuousClock.now - start < .seconds(5))
        let children = (folder.text("children") ?? "").split(separator: "\n").compactMap { pid_t($0) }
        #expect(children.count == 2)
        for child in children { #expect(isGone(child)) }
    }

    @Test(
        "a probe that nobody wants any more is ended with its children in a moment, also one that hides",
        arguments: ["", "exec >&- 2>&-; "])
    func cancelled(first: String) async throws {
        let folder = try TemporaryFolder()
        let script = try folder.script("\(first)sleep 1000 & echo $! >> \(folder.path)/children; exec sleep 1000")
        let task = Task { try await HardwareProbe(executable: script, timeout: .seconds(30)).inventory() }
        while (folder.text("children") ?? "").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let asked = ContinuousClock.now
        task.cancel()
        let result = await task.result
        #expect(ContinuousClock.now - asked < .seconds(5), "it had 30 s")
        #expect(throws: ProbeError.cancelled) { try result.get() }
        let children = (folder.text("children") ?? "").split(separator: "\n").compactMap { pid_t($0) }
        #expect(children.count == 1, "it was not started again")
        for child in children { #expect(isGone(child)) }
    }

    @Test("a probe that closes its output and stays is ended as well")
    func hides() throws {
        let (error, _) = try ask("exec >&- 2>&-; sleep 1000", timeout: .milliseconds(300))
        #expect(error == .timedOut(after: .milliseconds(300)))
    }

    @Test("rubbish is named with its beginning, without its control characters")
    func rubbish() throws {
        let (error, runs) = try ask("printf 'Segmentation \\033[31mviolated'")
        guard case .rubbish(_, let beginning) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(beginning == "Segmentation [31mviolated")
        #expect(runs == 2)
    }

    @Test("an empty answer and a document cut short are rubbish", arguments: ["", "{\"schemaVersion\":1,\"origin\":"])
    func incomplete(output: String) throws {
        let (error, _) = try ask("printf '%s' '\(output)'")
        guard case .rubbish = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
    }

    @Test("a document without a key, or with a value of another kind, is rubbish that names the key")
    func wrongShape() throws {
        let (missing, _) = try ask("echo '{\"schemaVersion\":1}'")
        #expect(missing?.description.contains("`origin` is missing") == true)
        let (other, _) = try ask(
            """
            echo '{"schemaVersion":1,"origin":"liveMachine","pciDevices":[],"gpus":[],"blockDevices":[],\
            "networkInterfaces":[],"contradictions":[],"problems":[],"memory":{"totalBytes":"many"}}'
            """)
        #expect(other?.description.contains("memory.totalBytes") == true)
    }

    @Test("a document of another version is no rubbish, and a second run would not change it")
    func version() throws {
        let (error, runs) = try ask("echo '{\"schemaVersion\":99,\"everything\":\"new\"}'")
        #expect(error == .unsupportedSchema(found: 99, supported: Inventory.schemaVersionCurrent))
        #expect(runs == 1)
    }

    @Test("output without end stops at the limit")
    func endless() throws {
        let (error, _) = try ask("exec yes", outputBytesMax: 100_000)
        #expect(error == .tooMuchOutput(bytesMax: 100_000))
    }

    @Test("complaints without end are cut and do not block the probe")
    func endlessComplaint() throws {
        let (error, _) = try ask("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 3")
        guard case .failed(3, let text) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(text.utf8.count == HardwareLimits.probeErrorTextBytesMax)
    }

    @Test("a program that is not there or may not run is a launch that failed")
    func launch() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ProbeError.launchFailed(path: "\(folder.path)/none", errno: ENOENT)) {
            try HardwareProbe(executable: "\(folder.path)/none").readInventory()
        }
        #expect(throws: ProbeError.launchFailed(path: folder.path, errno: EACCES)) {
            try HardwareProbe(executable: folder.path).readInventory()
        }
    }

    @Test("the probe sees no variable and no descriptor of ours")
    func isolated() throws {
        let folder = try TemporaryFolder()
        let inherited = open("/dev/null", O_RDONLY)
        defer { close(inherited) }
        let script = try folder.script("env; ls /proc/self/fd")
        let output = try HardwareProbe(executable: script).output(of: [])
        let lines = Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init))
        #expect(lines.contains("LC_ALL=C") && !lines.contains { $0.hasPrefix("USER=") || $0.hasPrefix("OPENBLAS") })
        // ls holds one for the folder it lists.
        #expect(lines.filter { Int($0) != nil }.sorted() == ["0", "1", "2", "3"])
    }

    @Test("every error names its remedy")
    func remedies() {
        let errors: [ProbeError] = [
            .notFound(searched: ["/a"]), .launchFailed(path: "/a", errno: ENOENT), .crashed(signal: 11, stderr: ""),
            .timedOut(after: .seconds(1)), .tooMuchOutput(bytesMax: 1), .rubbish(reason: "", beginning: ""),
            .unsupportedSchema(found: 2, supported: 1), .failed(exit: 1, stderr: ""),
            .cancelled,
        ]
        #expect(errors.allSatisfy { $0.remedy != .refuse && !$0.description.isEmpty })
    }

    /// Gone, or dead and waiting for init to reap it.
    private func isGone(_ process: pid_t) -> Bool {
        for _ in 0..<100 {
            let stat = SystemRoot.live.text("proc/\(process)/stat")
            guard let state = stat?.split(separator: ")").last?.split(separator: " ").first else { return true }
            if state == "Z" || state == "X" { return true }
            usleep(20_000)
        }
        return false
    }
}
