import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import GCXSigning
import Glibc
import Senders
import Support
import Testing

/// A site whose agent listens on a port, as one that strangers reach does, with what their cases need.
final class SenderSite {
    let site: Site
    let ground: Ground
    let honest: HonestClient
    private let port: UInt16

    init() throws {
        let listener = try TCPListener(host: "127.0.0.1", port: 0)
        port = try #require(listener.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        _ = consume listener
        site = try Site([
            "agent.listen": "\"http://127.0.0.1:\(port)\"", "job.input_bytes_max": "\(16 << 20)",
            "job.image_bytes_max": "\(64 << 20)", "image.store_bytes_max": "\(256 << 20)",
        ])
        // Others of the machine reach the ledger's socket, whose own mode lets them.
        chmod(site.directory, 0o711)
        try site.open(funds: "1000000000000")
        ground = try Self.ground(of: site, port)
        let session = try ground.session()
        honest = HonestClient([
            ("the ledger's head", ground.ledger, HTTPText.request("GET", "/v1/head")),
            ("the agent's status", ground.agent, HTTPText.request("GET", "/v1/status")),
            ("a job's status", ground.agent, HTTPText.request("GET", "/v1/leases/\(ground.ended)/job", [session])),
        ])
    }

    deinit {
        honest.end()
        try? ground.finish()
    }

    private static func ground(of site: Site, _ port: UInt16) throws -> Ground {
        let demand = try site.demand()
        let opened = try site.outcome(["lease", "open"] + site.signing("buyer") + ["--demand", demand]).text
        let lease = try #require(opened.split(separator: "\n").first.map(String.init))
        let outcome = try site.outcome(site.running("echo some words; echo word > /output/word", on: lease))
        #expect(outcome.text == "some words\n", "\(outcome.errorLine)")
        let scratch = site.path("scratch")
        try Files.makeDirectory(scratch)
        func key(_ name: String) throws -> PrivateKey {
            try KeystoreFile.unlock(site.path("\(name).json"), password: "a word for a test")
        }
        let offer = try #require(try site.json([OfferRecord].self, "offer", "list").first?.digest)
        let client = SenderClient(
            environment: site.environment, directory: site.directory, log: site.path("client.out"))
        return Ground(
            ledger: .unix(site.path("ledger.sock")), agent: .port(port), ledgerFile: site.path("ledger.sqlite"),
            scratch: scratch,
            domain: try site.domain(),
            machine: try Address(checksummed: site.addresses["machine", default: ""]), buyer: try key("buyer"),
            operator: try key("operator"), ended: try #require(Digest(lease)),
            endedDemand: try #require(Digest(demand)), offer: offer, keyOptions: site.signing("buyer"),
            client: { try client.run($0) })
    }

    /// Starts again what a case has ended, so that the next ones are tried too.
    func revive() throws {
        for process in [Site.Process.ledger, .agent] where !isAlive(process) {
            site.kill(process)
            try site.start(process)
            try site.wait("an offer", seconds: 30) {
                try ground.ask(ground.agent, HTTPText.request("GET", "/v1/status")).body.contains("\"offer\"")
            }
            _ = honest.take()
        }
    }

    func isAlive(_ process: Site.Process) -> Bool {
        guard let pid = site.processes[process], let stat = Files.textIfThere("/proc/\(pid)/stat") else { return false }
        return stat.split(separator: ")").last?.split(separator: " ").first.map { $0 != "Z" && $0 != "X" } ?? false
    }
}

/// The real client as a process, whose memory and time are bounded.
struct SenderClient: Sendable {
    let environment: [String: String]
    let directory: String
    /// Where what it says is kept as long as it runs: the beginning of the name.
    let log: String
    /// What `gcx` may hold, bytes: a page of the journal at all of its limits, decoded, and as much again.
    static let memoryMax: UInt64 = 512 << 20

    func run(_ run: ClientRun) throws -> Answer {
        let log = "\(log)-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(log) }
        var environment = environment
        if let agent = run.agent { environment["GCX_AGENT"] = "unix:\(agent)" }
        if let ledger = run.ledger { environment["GCX_LEDGER"] = "unix:\(ledger)" }
        let words = ([Gcx.program] + run.arguments).joined(separator: " ")
        let tool =
            run.isOnTerminal
            ? ChildProcess(
                "script", ["-qec", words, "/dev/null"], environment: environment, workingDirectory: directory)
            : ChildProcess(Gcx.program, run.arguments, environment: environment, workingDirectory: directory)
        let pid = try tool.spawnDetached(logPath: log)
        return try attend(pid, run, log)
    }

    private func attend(_ pid: pid_t, _ run: ClientRun, _ log: String) throws -> Answer {
        let deadline = BootClock.now() + run.seconds * 1_000_000_000
        var (most, raw, wrong) = (UInt64(0), Int32(0), [String]())
        while waitpid(pid, &raw, WNOHANG) == 0 {
            most = max(most, ProcessMemory.highest(of: pid))
            if BootClock.now() > deadline || most > Self.memoryMax {
                wrong.append(most > Self.memoryMax ? "it took \(most >> 20) MiB" : "it did not end in \(run.seconds) s")
                kill(-pid, SIGKILL)
                _ = ChildProcess.wait(pid)
                break
            }
            pause(for: .milliseconds(10))
        }
        let status = WaitStatus(raw: raw)
        if wrong.isEmpty, case .signalled(let signal) = status { wrong.append("it ended by signal \(signal)") }
        let text = String(decoding: (try? Files.bytes(log, limit: 16 << 20)) ?? [], as: UTF8.self)
        // A shell in between says a signal as a status.
        if run.isOnTerminal, status.code > 128 { wrong.append("it ended by signal \(status.code - 128)") }
        return Answer(Int(status.code), text, wrong: wrong)
    }
}

/// What the kernel says of a process's memory.
enum ProcessMemory {
    /// The most that was resident since the process began or ``forget(_:)``, bytes.
    static func highest(of pid: pid_t) -> UInt64 { field("VmHWM:", of: pid) }
    static func now(of pid: pid_t) -> UInt64 { field("VmRSS:", of: pid) }

    /// Source: proc(5), `clear_refs`, 5.
    static func forget(_ pid: pid_t) { try? Files.control("/proc/\(pid)/clear_refs", "5") }

    private static func field(_ name: String, of pid: pid_t) -> UInt64 {
        let line = (Files.textIfThere("/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) * 1024
    }
}
