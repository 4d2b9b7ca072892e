import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    @Suite("The agent is nobody, and a helper does what takes root")
    struct SplitTests {
        private static let lacks = ChildProcess.find("setpriv") == nil ? "setpriv" : nil

        /// A site whose agent runs as `nobody`, beside a helper.
        private final class Split {
            let site: Site
            private var helper: pid_t = 0
            private var agent: pid_t = 0

            init(_ settings: [String: String] = [:]) throws {
                site = try Site(["agent.user": "\"nobody\""].merging(settings) { $1 })
                let text = try Files.text(site.configuration).split(separator: "\n").map { line in
                    line.hasPrefix("password_file") ? "password_file = \"\(site.path("machine.password"))\"" : line
                }.joined(separator: "\n")
                try DurableFile.write("\(text)\n".utf8, to: site.configuration, mode: 0o644)
                try Files.makeDirectories(site.path("run"), mode: 0o755)
                chown(site.path("run"), 65_534, 65_534)
                try DurableFile.write("a word for a test\n".utf8, to: site.path("machine.password"))
                for name in ["machine.json", "machine.password"] { chown(site.path(name), 65_534, 65_534) }
            }

            deinit { for pid in [agent, helper] where pid > 0 { end(pid) } }

            func open() throws {
                try site.start(.ledger)
                try site.grant()
                try site.fund("100000000")
                try startHelper()
                try startAgent()
                try site.wait("an offer", seconds: 30) { try site.gcx("offer", "list").contains("0x") }
            }

            func startHelper() throws {
                let program = Gcx.program.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/gcx-helper"
                helper = try ChildProcess(
                    program, ["--config", site.configuration], environment: site.environment
                ).spawnDetached(logPath: site.path("helper.log"))
                // The socket of one that was killed lies there still.
                try site.wait("the helper", seconds: 30) {
                    (try? UnixSocket.connect(to: site.path("helper.sock"))) != nil
                }
            }

            func startAgent() throws {
                agent = try ChildProcess(
                    "setpriv",
                    [
                        "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs",
                        "--bounding-set=-all",
                        Gcx.program, "agent", "run", "--config", site.configuration,
                    ], environment: site.environment
                ).spawnDetached(logPath: site.path("agent.log"))
                try site.wait("the agent", seconds: 30) {
                    try site.outcome(["agent", "status"]).status == .exited(0)
                }
            }

            func killHelper() {
                end(helper, SIGKILL)
                helper = 0
            }

            func killAgent() {
                end(agent, SIGKILL)
                agent = 0
            }

            var agentStatus: String { (try? Files.text("/proc/\(agent)/status")) ?? "" }

            private func end(_ pid: pid_t, _ signal: Int32 = SIGTERM) {
                Glibc.kill(pid, signal)
                _ = ChildProcess.wait(pid)
            }
        }

        @Test(
            "a job with input and output runs to its end, is paid and wiped",
            .enabled(if: lacks == nil, "needs setpriv"))
        func wholeLoop() throws {
            let split = try Split(["job.output_keep_seconds": "5"])
            let site = split.site
            try split.open()
            let ids = split.agentStatus.split(separator: "\n").filter {
                $0.hasPrefix("Uid:") || $0.hasPrefix("CapEff:")
            }
            #expect(
                ids.map { $0.filter { !$0.isWhitespace } } == [
                    "Uid:65534655346553465534", "CapEff:0000000000000000",
                ])
            let lease = try site.lease()
            var arguments = site.running("cat /input/words; cat /input/words /input/words > /output/twice", on: lease)
            arguments.insert(
                contentsOf: ["--input", try DataTests.input(of: site)],
                at: try #require(arguments.firstIndex(of: "--")))
            let outcome = try site.outcome(arguments)
            #expect(outcome.text.contains("some words"), "\(outcome.errorLine)")
            #expect(outcome.status == .exited(0), "\(outcome.errorLine)")
            try site.gcx("job", "output", lease, "--out", site.path("fetched"))
            #expect(try Files.text(site.path("fetched/twice")) == "some words\nsome words\n")
            #expect(try site.gcx("job", "logs", lease) == "some words")
            try site.wait("the wipe", seconds: 30) { try site.report(lease).isWiped }
            #expect(try Files.names(in: site.path("agent/jobs")).allSatisfy { $0.hasPrefix(".") })
            #expect(try !site.receipts(lease).isEmpty)
        }

        @Test(
            "helper and agent may each be killed in mid-job: it runs on, and is found again",
            .enabled(if: lacks == nil, "needs setpriv"))
        func killed() throws {
            let split = try Split()
            let site = split.site
            try split.open()
            let lease = try site.lease()
            let buyer = try site.begin("echo begun; sleep 20; echo over", on: lease)
            try site.wait("the job", seconds: 30) { try site.inspect(lease).phase == .running }
            let identity = try site.jobIdentity(lease)
            split.killHelper()
            try site.wait("a problem", seconds: 20) {
                try site.json(AgentStatus.self, "agent", "status").problems.contains { $0.contains("helper") }
            }
            try split.startHelper()
            split.killAgent()
            try split.startAgent()
            #expect(try site.jobIdentity(lease) == identity)
            #expect(site.finish(buyer) == .exited(0))
            #expect(try site.gcx("job", "logs", lease) == "begun\nover")
        }

        @Test(
            "the probe shows nobody what it shows root: the helper has nothing to add",
            .enabled(if: lacks == nil, "needs setpriv"))
        func sight() throws {
            let probe = Gcx.program.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/gcx-probe"
            func look(_ words: [String]) throws -> Inventory {
                let text = try ChildProcess(
                    words[0], words.dropFirst() + [probe, "inventory"], outputBytesMax: 16 << 20
                ).run()
                var found = try JSONDecoder().decode(Inventory.self, from: Data(text.utf8))
                // What is free changes from one look to the next.
                found.memory?.availableBytes = nil
                for disk in found.blockDevices.indices {
                    for system in found.blockDevices[disk].filesystems.indices {
                        found.blockDevices[disk].filesystems[system].availableBytes = nil
                    }
                }
                return found
            }
            let nobody = [
                "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all",
            ]
            #expect(try look(nobody) == look(["env"]))
        }

        @Test(
            "the agent reads nothing of root's in the state directory but what jobs leave",
            .enabled(if: lacks == nil, "needs setpriv"))
        func closed() throws {
            let split = try Split()
            let site = split.site
            try split.open()
            let lease = try site.lease()
            _ = try site.outcome(site.running("echo words > /output/x", on: lease))
            let job = "agent/jobs/\(lease.dropFirst(2))"
            func canRead(_ name: String) throws -> Bool {
                try ChildProcess(
                    "setpriv",
                    ["--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-r", site.path(name)]
                ).outcome().status == .exited(0)
            }
            for name in ["plan.json", "exit.json", "config.json", "output.tar", "log"] {
                #expect(try canRead("\(job)/\(name)"), "\(name)")
            }
            for name in [
                "\(job)/sent", "\(job)/supervisor.log", "agent/images", "agent/templates", "agent/images.lock",
            ] {
                #expect(try !canRead(name), "\(name)")
            }
        }
    }
}
