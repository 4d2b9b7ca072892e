import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import GCXWire
import Glibc
import Support
import Testing

/// A machine for sale and its buyer, in a directory of their own: a real ledger and a real agent as processes, and the
/// commands that owners and buyers type. All of it ends with the last use.
final class Site {
    let directory: String
    /// Where the agent listens, as its configuration and its clients name it.
    let agentEndpoint: String
    /// Where agent and ledger answer other machines besides, and the hosts that all are on; nil for none.
    let (far, internet): (FarPlaces?, Internet?)
    private(set) var processes: [Process: pid_t] = [:]
    private var buyers: [pid_t] = []
    private(set) var addresses: [String: String] = [:]

    /// What can be started, killed and started again.
    enum Process: String {
        case ledger, agent
    }

    /// Keys, a grant, an image and a configuration; nothing runs yet.
    ///
    /// - Parameters:
    ///   - settings: lines that replace those of the configuration below, such as `["offer.grace_seconds": "2"]`.
    ///   - byDefault: a table and a dot, such as `offer.`, of which nothing else is set: what is not said is as owners get it.
    ///   - far: where agent and ledger answer other machines, called there by all, and `internet` the hosts that they are on.
    init(
        _ settings: [String: String] = [:], byDefault: String? = nil, far: FarPlaces? = nil,
        on internet: Internet? = nil
    ) throws {
        var template = Array("/tmp/gcx-site-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        (self.far, self.internet) = (far, internet)
        agentEndpoint = settings["agent.listen"]?.filter { $0 != "\"" } ?? "unix:\(directory)/run/agent.sock"
        chmod(directory, 0o711)  // The agent's user goes through it to what is its own.
        try DurableFile.write("a word for a test\n".utf8, to: path("password"))
        for name in ["operator", "owner", "machine", "buyer"] { addresses[name] = try makeKey(name) }
        try writeConfiguration(farSettings.merging(settings) { $1 }, byDefault: byDefault)
        try makeRootfs()
    }

    deinit {
        buyers.forEach(end)
        if processes[.agent] != nil { cancelAll() }
        [Process.agent, .ledger].forEach(stop)
        try? Files.removeTree(directory)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }
    var configuration: String { path("gcx.toml") }

    var environment: [String: String] {
        ChildProcess.plainEnvironment.merging([
            "GCX_LEDGER": farLedger ?? "unix:\(path("ledger.sock"))", "GCX_AGENT": agentEndpoint, "HOME": directory,
        ]) { $1 }
    }

    /// Runs a command to its end.
    func outcome(_ arguments: [String], timeout: Duration = .seconds(60)) throws -> ChildProcess.Outcome {
        let words = command(arguments, at: .ledger)
        return try ChildProcess(
            words.program, words.arguments, environment: environment, workingDirectory: directory, timeout: timeout
        ).outcome()
    }

    /// The same of one that has to succeed; its output.
    @discardableResult
    func gcx(_ arguments: String...) throws -> String {
        let outcome = try outcome(arguments)
        guard outcome.status == .exited(0) else {
            throw LinuxError.toolFailed(
                tool: "gcx \(arguments.joined(separator: " "))", status: outcome.status.code, output: outcome.errorLine)
        }
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The same, read as the JSON it is.
    func json<Value: Decodable>(_ type: Value.Type, _ arguments: String...) throws -> Value {
        let outcome = try outcome(arguments + ["--json"])
        guard outcome.status == .exited(0) else {
            throw LinuxError.toolFailed(
                tool: "gcx \(arguments.joined(separator: " "))", status: outcome.status.code, output: outcome.errorLine)
        }
        return try JSONDecoder().decode(type, from: Data(outcome.output))
    }

    func signing(_ name: String) -> [String] {
        ["--key", path("\(name).json"), "--password-file", path("password")]
    }
}

// Processes.
extension Site {
    /// Ledger, grant, money and agent, until there is an offer.
    func open(funds: String = "100000000") throws {
        try start(.ledger)
        try grant()
        try fund(funds)
        try start(.agent)
        try wait("an offer", seconds: 30) { try self.gcx("offer", "list").contains("0x") }
    }

    /// Starts a process, and for the ledger waits until it answers.
    func start(_ process: Process) throws {
        let verb = process == .ledger ? "serve" : "run"
        let words = command(
            [process.rawValue, verb, "--config", configuration], at: process == .ledger ? .ledger : .provider)
        let tool = ChildProcess(words.program, words.arguments, environment: environment)
        processes[process] = try tool.spawnDetached(logPath: path("\(process).log"))
        let question = process == .ledger ? ["ledger", "head"] : ["agent", "status"]
        try wait("the \(process)", seconds: 30) { try self.outcome(question).status == .exited(0) }
    }

    /// Ends a process at once, as a power cut would.
    func kill(_ process: Process) {
        guard let pid = processes.removeValue(forKey: process) else { return }
        Glibc.kill(pid, SIGKILL)
        _ = ChildProcess.wait(pid)
    }

    /// Ends a process in order.
    func stop(_ process: Process) {
        guard let pid = processes.removeValue(forKey: process) else { return }
        Glibc.kill(pid, SIGTERM)
        _ = ChildProcess.wait(pid)
    }

    /// Ends a process by a signal, and answers how it ended.
    func end(_ process: Process, by signal: Int32) -> WaitStatus? {
        guard let pid = processes.removeValue(forKey: process) else { return nil }
        Glibc.kill(pid, signal)
        return ChildProcess.wait(pid)
    }

    private func end(_ buyer: pid_t) {
        Glibc.kill(buyer, SIGKILL)
        _ = ChildProcess.wait(buyer)
    }

    private func cancelAll() {
        guard let jobs = try? json([JobStatus].self, "job", "list") else { return }
        for job in jobs where job.exit == nil { _ = try? gcx("job", "cancel", "\(job.lease)") }
        _ = try? wait("the jobs' ends", seconds: 20) {
            try self.json([JobStatus].self, "job", "list").allSatisfy { $0.exit != nil || $0.phase == .closed }
        }
    }
}

// What owners and buyers do.
extension Site {
    func grant(days: String = "1") throws {
        _ = try outcome(
            ["key", "grant"] + signing("owner") + [
                "--machine", addresses["machine", default: ""], "--days", days, "--out", path("grant.json"),
            ])
    }

    /// What is signed for the site's ledger; it has to run.
    func domain() throws -> EIP712Domain { try json(LedgerIdentity.self, "ledger", "identity").domain }

    func fund(_ amount: String) throws {
        _ = try outcome(
            ["ledger", "faucet"] + signing("operator") + [addresses["buyer", default: ""], "\(amount)base-units"])
    }

    /// A demand of one core, posted; answers its digest.
    func demand(
        cores: String = "1", memory: String = "64M", storage: String = "32M", seconds: String = "120",
        budget: String = "3000000", gpus: String = "0"
    ) throws -> String {
        try success(
            ["demand", "create"] + signing("buyer") + [
                "--cores", cores, "--gpus", gpus, "--memory", memory, "--storage", storage, "--seconds", seconds,
                "--hourly-max", "90000000base-units", "--budget", "\(budget)base-units",
            ])
    }

    /// A demand, its match and a lease with a funded escrow.
    func lease(seconds: String = "120", budget: String = "3000000", gpus: String = "0") throws -> String {
        let demand = try demand(seconds: seconds, budget: budget, gpus: gpus)
        let lease = try success(["lease", "open"] + signing("buyer") + ["--demand", demand])
        return lease.split(separator: "\n").first.map(String.init) ?? lease
    }

    private func success(_ arguments: [String]) throws -> String {
        let outcome = try outcome(arguments)
        guard outcome.status == .exited(0) else {
            throw LinuxError.toolFailed(
                tool: "gcx \(arguments.prefix(2))", status: outcome.status.code, output: outcome.errorLine)
        }
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What a buyer types to run a shell program on a lease.
    func running(_ program: String, on lease: String, limit: String = "60") -> [String] {
        ["job", "run", "--lease", lease] + signing("buyer") + [
            "--image", "rootfs:\(path("rootfs"))", "--journal", path("\(lease).journal"), "--time-limit", limit, "--",
            "/bin/sh", "-c", program,
        ]
    }

    /// Runs a job in the background, attended by its buyer; answers the buyer's process.
    @discardableResult
    func begin(_ program: String, on lease: String) throws -> pid_t {
        try spawn(running(program, on: lease), log: "\(lease).out")
    }

    /// Runs a buyer's command in the background.
    func spawn(_ arguments: [String], log: String, afar: Bool = false) throws -> pid_t {
        let words = command(arguments, at: .buyer)
        let tool = ChildProcess(
            words.program, words.arguments, environment: afar ? environmentAfar(farAgent, farLedger) : environment)
        let pid = try tool.spawnDetached(logPath: path(log))
        buyers.append(pid)
        return pid
    }

    /// Waits for a buyer's end; the status of its job. One that was collected already counts as killed.
    func finish(_ buyer: pid_t) -> WaitStatus {
        buyers.removeAll { $0 == buyer }
        return ChildProcess.wait(buyer)
    }

    /// Whether a buyer's process is over; it is collected then.
    func hasEnded(_ buyer: pid_t) -> Bool {
        guard buyers.contains(buyer) else { return true }
        var status: Int32 = 0
        guard waitpid(buyer, &status, WNOHANG) == buyer else { return false }
        buyers.removeAll { $0 == buyer }
        return true
    }

    /// Goes on where a buyer stopped: with another upload while nothing was submitted, and else by attending the job.
    func beginAgain(_ program: String, on lease: String) throws -> pid_t {
        if try inspect(lease).phase == .open { return try begin(program, on: lease) }
        return try spawn(
            ["job", "run", "--attach", "--lease", lease] + signing("buyer") + ["--journal", path("\(lease).journal")],
            log: "\(lease).again")
    }

    /// Ends a buyer at once.
    func abandon(_ buyer: pid_t) {
        buyers.removeAll { $0 == buyer }
        end(buyer)
    }

    func jobs() throws -> [JobStatus] { try json([JobStatus].self, "job", "list") }

    func report(_ lease: String) throws -> JobReport { try json(JobReport.self, "job", "inspect", lease) }
    func inspect(_ lease: String) throws -> JobStatus { try report(lease).status }

    func receipts(_ lease: String) throws -> [Receipt] {
        try json([Signed<Receipt>].self, "receipt", "list", lease).map(\.document)
    }

    func account(_ name: String) throws -> Account {
        try json(Account.self, "ledger", "account", addresses[name, default: ""])
    }

    /// The supervisor and the first process of the lease's job, each with the moment of its birth.
    func jobIdentity(_ lease: String) throws -> [String] {
        let file = try Files.text(path("agent/jobs/\(lease.dropFirst(2))/supervisor.json"))
        let record = try JSONDecoder().decode(Record.self, from: Data(file.utf8))
        return try [record.pid, try #require(record.initPID)].map { pid in
            let stat = try Files.text("/proc/\(pid)/stat").split(separator: ")").last ?? ""
            return "\(pid) born \(stat.split(separator: " ")[19])"
        }
    }

    private struct Record: Decodable {
        let pid: Int32
        let initPID: Int32?
    }

    /// Everything that belongs to this site on the machine: processes, control groups, mounts, loop devices.
    func traces() throws -> [String] {
        let (pids, own) = (try Files.names(in: "/proc").filter { Int32($0) != nil }, processes.values.map { "\($0)" })
        var found = pids.filter { !own.contains($0) }.filter { pid in
            let line = Files.textIfThere("/proc/\(pid)/cmdline") ?? ""
            return line.contains(directory) && !line.contains("/gcx-helper")
        }.map { "process \($0)" }
        found += pids.compactMap { Files.textIfThere("/proc/\($0)/mounts") }
            .flatMap { $0.split(separator: "\n") }.filter { $0.contains(directory) }.map { "mount \($0)" }
        for device in try Files.names(in: "/sys/block") where device.hasPrefix("loop") {
            let file = Files.textIfThere("/sys/block/\(device)/loop/backing_file") ?? ""
            if file.contains(directory) { found.append("loop device \(file)") }
        }
        let names = Set((try? Files.names(in: path("agent/jobs"))) ?? [])
        let groups = try ChildProcess("find", ["/sys/fs/cgroup", "-type", "d"], outputBytesMax: 16 << 20).run()
        found += groups.split(separator: "\n").filter { group in
            names.contains { $0.count == 64 && group.contains($0) }
        }.map { "group \($0)" }
        return found
    }
}

// Setting up.
extension Site {
    private func makeKey(_ name: String) throws -> String {
        try gcx("key", "new", "--light", "--password-file", path("password"), "--out", path("\(name).json"))
    }

    private func writeConfiguration(_ settings: [String: String], byDefault: String?) throws {
        var values = [
            "agent.user": "\"daemon\"", "agent.helper": "\"\(path("helper.sock"))\"",
            "agent.state_directory": "\"\(path("agent"))\"", "agent.listen": "\"\(agentEndpoint)\"",
            "machine.keystore": "\"\(path("machine.json"))\"", "machine.password_file": "\"\(path("password"))\"",
            "machine.grant": "\"\(path("grant.json"))\"", "ledger.endpoint": "\"unix:\(path("ledger.sock"))\"",
            "ledger.listen": "\"unix:\(path("ledger.sock"))\"", "ledger.database": "\"\(path("ledger.sqlite"))\"",
            "ledger.operator_keystore": "\"\(path("operator.json"))\"",
            "ledger.operator_password_file": "\"\(path("password"))\"", "ledger.test_network": "true",
            "benchmark.enabled": "false", "offer.memory_reserved_bytes": "268435456",
            "offer.storage_bytes": "268435456", "offer.receipt_seconds": "1", "offer.grace_seconds": "3",
            "offer.close_window_seconds": "5", "offer.credit_limit_base_units": "60000",
            // What a job costs is what its receipts say, however long a test dawdles.
            "price.reservation_percent": "0", "job.sample_milliseconds": "200", "job.stop_grace_seconds": "1",
        ]
        if let byDefault { values = values.filter { !$0.key.hasPrefix(byDefault) } }
        values.merge(settings) { $1 }
        let tables = Dictionary(grouping: values.keys.sorted()) { $0.prefix { $0 != "." } }
        let text = tables.map { table, keys in
            "[\(table)]\n" + keys.map { "\($0.dropFirst(table.count + 1)) = \(values[$0, default: ""])\n" }.joined()
        }.joined()
        try DurableFile.write(text.utf8, to: configuration, mode: 0o644)
    }

    private func makeRootfs() throws {
        for folder in ["bin", "etc", "proc", "dev", "sys", "tmp", "input", "output"] {
            try Files.makeDirectories("\(path("rootfs"))/\(folder)", mode: 0o755)
        }
        let busybox = try #require(ChildProcess.find("busybox"))
        try ChildProcess("cp", [busybox, path("rootfs/bin/busybox")]).run()
        for name in ["sh", "cat", "sleep", "sha256sum", "dd", "seq", "date"] {
            try ChildProcess("ln", ["-s", "busybox", path("rootfs/bin/\(name)")]).run()
        }
    }
}

extension Files {
    /// A file that may vanish while it is looked for, such as that of a process.
    static func textIfThere(_ path: String) -> String? { try? Files.text(path) }
}
