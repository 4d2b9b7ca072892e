import Foundation
import GCXLedger
import GCXLinux
import GCXModel
import Testing

/// A Python with what the second client needs: the one that `make setup-test` makes, or the machine's own.
private enum Python {
    static let program: String? = {
        let own = "\(Gcx.repository)/.build/python/bin/python"
        let found = Files.exists(own) ? own : ChildProcess.find("python3")
        guard let found, knows(found, "eth_account") else { return nil }
        return found
    }()

    private static func knows(_ python: String, _ module: String) -> Bool {
        (try? ChildProcess(python, ["-c", "import \(module)"]).outcome())?.status == .exited(0)
    }
}

extension WaitingLeases {
    /// The wire is what `Config/openapi.json` says, and not what our own client does.
    @Suite("A client that shares no line with ours")
    struct SecondClient {
        /// What it says of a whole lease.
        struct Outcome: Decodable {
            var lease: LeaseID
            var exit: ExitReason
            var log: String
            var output: String?
            var paid: Amount
            var receipts: Int
        }

        @Test(
            "it rents a machine from the document alone, and pays what it used",
            .enabled(
                if: Python.program != nil, "needs a Python with eth-account, which `make setup-test` installs"))
        func wholeLoop() throws {
            let site = try Site()
            try site.open()
            let program = "echo hello; dd if=/dev/zero of=/output/zeros bs=1024 count=64; sleep 3; echo bye; exit 3"
            let outcome = try ChildProcess(
                try #require(Python.program),
                [
                    "\(Gcx.repository)/Tests/Integration/second_client.py",
                    "--document", "\(Gcx.repository)/Config/openapi.json", "--ledger",
                    "unix:\(site.path("ledger.sock"))",
                    "--agent", site.agentEndpoint, "--keystore", site.path("buyer.json"), "--password-file",
                    site.path("password"), "--image", site.path("rootfs"), "--output", site.path("second.tar"), "--",
                    "/bin/sh", "-c", program,
                ], environment: site.environment, timeout: .seconds(120)
            ).outcome()
            try #require(outcome.status == .exited(0), "\(outcome.errorLine)")
            let said = try JSONDecoder().decode(Outcome.self, from: Data(outcome.output))
            #expect(said.exit == .exited(code: 3))
            #expect(said.log == "hello\nbye\n")
            #expect(said.receipts >= 2)
            let tar = try ChildProcess("tar", ["-tvf", site.path("second.tar")]).run()
            #expect(tar.contains("65536") && tar.contains("zeros"))
            // What ours sees of it.
            let record = try site.json(LeaseRecord.self, "lease", "show", "\(said.lease)")
            #expect(record.escrow.isClosed && record.settled == said.paid)
            try site.gcx("ledger", "verify", "--database", site.path("ledger.sqlite"))
        }
    }
}
