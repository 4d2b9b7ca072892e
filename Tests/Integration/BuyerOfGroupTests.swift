import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Testing

extension WholeLeases {
    /// The agent's socket is open to a group: whoever is in it buys, and owns nothing.
    @Suite("A buyer of the agent's group")
    struct BuyerOfGroupTests {
        static let lacks = ["setpriv"].first { ChildProcess.find($0) == nil }
        private static let (user, group, otherGroup): (uid_t, gid_t, gid_t) = (65_533, 65_534, 65_532)

        @Test(
            "reaches the agent with a key and is refused what is the owner's; whoever is not in the group is told how",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"))
        func group() throws {
            let site = try Site(["agent.socket_group": "\"\(Self.group)\""])
            try site.open()
            let home = site.path("home")
            try Files.makeDirectory(home)
            for name in ["buyer.json", "password"] {
                try ChildProcess("cp", [site.path(name), "\(home)/\(name)"]).run()
                #expect(chown("\(home)/\(name)", Self.user, Self.group) == 0)
            }
            #expect(chown(home, Self.user, Self.group) == 0 && chmod(site.directory, 0o755) == 0)
            let demand = try site.demand()

            func run(_ arguments: [String], in group: gid_t = Self.group) throws -> ChildProcess.Outcome {
                try ChildProcess(
                    "setpriv",
                    ["--reuid=\(Self.user)", "--regid=\(group)", "--clear-groups", Gcx.program] + arguments,
                    environment: site.environment, workingDirectory: home, timeout: .seconds(60)
                ).outcome()
            }
            let key = ["--key", "\(home)/buyer.json", "--password-file", "\(home)/password"]
            let status = try run(["agent", "status"])
            #expect(status.status == .exited(0) && status.text.contains("owner (root) alone"), "\(status.errorLine)")
            let opened = try run(["lease", "open"] + key + ["--demand", demand])
            #expect(opened.status == .exited(0), "\(opened.errorLine)")
            let lease = String(try #require(opened.text.split(separator: "\n").first))
            #expect(try run(["job", "list"] + key).text.contains(lease))
            for owners in [["job", "list"], ["job", "inspect", lease], ["job", "cancel", lease]] {
                let refused = try run(owners)
                #expect(refused.status == .exited(78), "\(owners) \(refused.text)")
                #expect(refused.complaint.contains("--key"), "\(refused.complaint)")
            }
            #expect(try site.inspect(lease).phase == .open)
            for stranger in [["agent", "status"], ["lease", "open"] + key + ["--demand", demand]] {
                let refused = try run(stranger, in: Self.otherGroup)
                #expect(refused.status == .exited(78), "\(refused.text)")
                #expect(refused.complaint.contains("may not open the agent's socket"), "\(refused.complaint)")
                #expect(refused.complaint.contains("add you to the group"), "\(refused.complaint)")
            }
            #expect(try run(["job", "cancel", lease] + key).status == .exited(0))
        }
    }
}

extension ChildProcess.Outcome {
    /// All of standard error.
    fileprivate var complaint: String { String(decoding: error, as: UTF8.self) }
}
