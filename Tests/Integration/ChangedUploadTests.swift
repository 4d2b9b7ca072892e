import Foundation
import GCXLinux
import GCXModel
import GCXWire
import Glibc
import Senders
import Testing

extension WaitingLeases {
    /// Uploads that were looked through and hashed, and are not what they were when the job is to begin: an agent of another
    /// time let a buyer do that, and ended again and again.
    @Suite("An upload that was changed on the disk")
    struct ChangedUploadTests {
        /// Ended the agent's own reader of archives by a trap, and every start of it until the file was removed by hand.
        private static let evil = TarEntry.archive([.pax([("size", "18446744073709551615")]), .file("x", "x")])
        private static let input = TarEntry.archive([.file("word", "good words\n")])

        private func call(_ site: Site, _ method: String, _ path: String, _ body: [UInt8] = []) throws -> Reply {
            let peer = try Peer(.unix(site.path("run/agent.sock")), seconds: 30)
            peer.send(HTTPText.request(method, path, [], body: body))
            return peer.reply()
        }

        /// A lease with an image and an input, as its buyer sent them.
        private func uploaded(_ site: Site) throws -> String {
            let lease = try site.lease()
            for (kind, bytes) in [("image", Ground.rootfs), ("input", Self.input)] {
                let reply = try call(site, "PUT", "/v1/leases/\(lease)/uploads/\(kind)", bytes)
                #expect(reply.isSuccess, "\(reply)")
            }
            return lease
        }

        private func submit(_ site: Site, _ lease: String) throws -> Reply {
            let job = Ground.job("busybox cat /input/word")
            return try call(site, "POST", "/v1/leases/\(lease)/job", Array(try JSONEncoder().encode(job)))
        }

        /// The file of an upload below the agent's state.
        private func file(_ site: Site, _ lease: String, _ kind: String) throws -> String {
            let folder = site.path("agent/uploads/\(lease.dropFirst(2))")
            let name = try #require(try Files.names(in: folder).first { $0.contains(kind) })
            return "\(folder)/\(name)"
        }

        /// Into the very file, or with another file in its place.
        private enum Change: CaseIterable { case content, file }

        private func change(_ path: String, _ how: Change) throws {
            if how == .content {
                let file = try FileDescriptor.open(path, O_WRONLY | O_TRUNC)
                try file.write(Self.evil, object: path)
            } else {
                try DurableFile.write(Self.evil, to: path)
                let agent = try #require(UserAccount.named("daemon"))
                chown(path, agent.user, agent.group)
            }
        }

        private func expectAlive(_ site: Site, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let pid = try #require(site.processes[.agent], sourceLocation: sourceLocation)
            #expect(kill(pid, 0) == 0 && !site.hasCrashed(pid), sourceLocation: sourceLocation)
            _ = try site.json(AgentStatus.self, "agent", "status")
        }

        @Test(
            "ends its own job with a reason, and neither the agent nor a later start of it",
            arguments: ["image", "input"])
        func changed(kind: String) throws {
            let site = try Site()
            try site.open()
            for how in Change.allCases {
                let lease = try uploaded(site)
                site.kill(.agent)
                try change(try file(site, lease, kind), how)
                try site.start(.agent)
                let reply = try submit(site, lease)
                try expectAlive(site)
                var said = reply.body
                if reply.isSuccess {
                    try site.wait("the end of the job", seconds: 30) { try site.inspect(lease).exit != nil }
                    said = "\(try site.inspect(lease))"
                    #expect(try site.inspect(lease).isOpenAgain)
                }
                try site.gcx("job", "cancel", lease)
                #expect(said.contains("is not what was uploaded"), "\(kind), \(how): \(reply.status) \(said)")
                let signed = try site.receipts(lease).flatMap(\.events)
                #expect(!signed.contains { $0.hasPrefix("\(kind) sha256:\(SHA256Hex.of(Self.evil))") }, "\(signed)")
                site.kill(.agent)
                try site.start(.agent)
                try expectAlive(site)
            }
            let lease = try site.lease()
            #expect(try site.outcome(site.running("echo hello", on: lease)).text == "hello\n")
        }

        @Test("an agent killed while it begins with it starts again, and the lease ends")
        func killed() throws {
            let site = try Site()
            try site.open()
            let lease = try uploaded(site)
            try change(try file(site, lease, "input"), .content)
            _ = try submit(site, lease)
            site.kill(.agent)
            try site.start(.agent)
            try expectAlive(site)
            try site.wait("the end of the job", seconds: 60) {
                let status = try site.inspect(lease)
                return status.exit != nil || status.phase == .closed || status.phase == .open
            }
            try expectAlive(site)
            let other = try site.lease()
            #expect(try site.outcome(site.running("echo hello", on: other)).text == "hello\n")
        }
    }
}

extension Site {
    /// Whether a process of the site is over, and only waits to be collected.
    func hasCrashed(_ pid: pid_t) -> Bool {
        let state = (Files.textIfThere("/proc/\(pid)/stat") ?? "").split(separator: ")").last?.split(separator: " ")
            .first
        return state == nil || state == "Z" || state == "X"
    }
}
