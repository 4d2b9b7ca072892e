import Foundation
import GCXLinux
import GCXModel
import GCXSigning
import Testing

extension WholeLeases {
    /// What people get wrong: each error names the thing, the reason and the remedy, and nothing has changed.
    @Suite("Bad input")
    struct BadInputTests {
        /// Expects a command to fail with a status and an error that says all of `words`.
        private func expect(
            _ arguments: [String], at site: Site, status: Int32 = 78, says words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try site.outcome(arguments)
            let said = String(decoding: outcome.error, as: UTF8.self)
            #expect(outcome.status == .exited(status), "\(said)", sourceLocation: sourceLocation)
            #expect(said.hasPrefix("error: "), "\(said)", sourceLocation: sourceLocation)
            for word in words + (status == 78 ? ["\nremedy: "] : []) {
                #expect(said.contains(word), "no “\(word)” in: \(said)", sourceLocation: sourceLocation)
            }
        }

        @Test("of a buyer: a lease without money, an image that is none, a demand that nobody serves")
        func buyer() throws {
            let site = try Site()
            try site.open(funds: "1000")
            let demand = try site.demand()
            let open = ["lease", "open"] + site.signing("buyer") + ["--demand", demand]
            try expect(open, at: site, says: "the deposit is", "has 0.000001 TEST", "gcx ledger faucet")
            #expect(try site.jobs().isEmpty, "nothing was reserved")

            try site.fund("100000000")
            let lease = try site.lease()
            let run = { image in
                ["job", "run", "--lease", lease] + site.signing("buyer") + ["--image", image, "--", "/bin/sh"]
            }
            try expect(run("oci:/nowhere:1"), at: site, says: "there is no image at /nowhere", "skopeo copy")
            try expect(run("busybox"), at: site, says: "“busybox” is not named as an image", "oci:DIR")
            try DurableFile.write("no archive".utf8, to: site.path("junk.tar"))
            try expect(run("oci-archive:\(site.path("junk.tar"))"), at: site, says: "junk.tar", "archive")
            try expect(
                ["lease", "open"] + site.signing("buyer") + ["--demand", try site.demand(cores: "500")], at: site,
                says: "no offer serves the demand", "cores", "gcx demand match")
            let posted = try site.outcome(["demand", "list"]).text
            let wish =
                ["demand", "create"] + site.signing("buyer") + ["--hourly-max", "0.09TEST", "--budget", "0.003TEST"]
            try expect(
                wish + ["--require", "cpu.coers>=1"], at: site, says: "no offer states a fact “cpu.coers”",
                "Did you mean `cpu.cores`?")
            #expect(try site.outcome(["demand", "list"]).text == posted, "a demand that nobody can serve was posted")
            let match = try site.outcome(["demand", "match", "--explain", try site.demand(cores: "500")])
            #expect(match.text.contains("500"), "\(match.text)")
            try expect(
                ["job", "logs", "0x" + String(repeating: "0", count: 64)], at: site, says: "is not known to this agent",
                "gcx job list")
        }

        @Test("of an owner: a broken configuration, a wrong password, an expired grant, a missing file")
        func owner() throws {
            let site = try Site()
            try site.start(.ledger)
            let run = ["agent", "run", "--config", site.configuration]
            try expect(run, at: site, says: "grant.json", "cannot be read")

            try site.grant(issuedAgo: 200_000, secondsValid: 86_400)
            try expect(run, at: site, says: "grant", "expired", "gcx key grant")

            try site.grant()
            try DurableFile.write("not the password\n".utf8, to: site.path("password"))
            try expect(run, at: site, says: "machine.json", "password")

            let text = try Files.text(site.configuration)
            for (line, words) in [
                ("[offer\n", ["broken.toml", "line"]), ("[offers]\n", ["offers"]),
                ("[price]\ncore_hour_base_units = 1.5\n", ["price.core_hour_base_units", "1.5"]),
                ("[price]\ncore_hour = 1\n", ["price.core_hour", "core_hour_base_units"]),
            ] {
                // A table stands once in a file, and the site's has prices.
                let table = "[price]\n"
                let broken = line.hasPrefix(table) ? text.replacing(table, with: line) : text + line
                try DurableFile.write(broken.utf8, to: site.path("broken.toml"))
                let outcome = try site.outcome(["agent", "config", "--check", site.path("broken.toml")])
                let said = String(decoding: outcome.error, as: UTF8.self)
                #expect(outcome.status == .exited(78), "\(said)")
                for word in words { #expect(said.contains(word), "no “\(word)” in: \(said)") }
            }
            #expect(!Files.exists(site.path("run/agent.sock")))
        }

        @Test("of a ledger: one changed byte is found, and named, and the exit status says so")
        func tamperedFile() throws {
            let site = try Site()
            try site.start(.ledger)
            try site.fund("123456789")
            site.stop(.ledger)
            let verify = ["ledger", "verify", "--database", site.path("ledger.sqlite")]
            #expect(try site.outcome(verify).status == .exited(0))
            // Another operator than the file's is one reason, and said once.
            let another = try site.outcome(verify + ["--operator", site.addresses["buyer", default: ""]])
            #expect(another.status == .exited(65))
            #expect(another.text.ranges(of: "problem: ").count == 1, "\(another.text)")
            #expect(another.text.contains("as its operator, not"), "\(another.text)")
            // The entry is on the disk as it was signed, whichever of SQLite's files holds its page.
            let needle = Array(#""amount":"123456789""#.utf8)
            let files = try Files.names(in: site.directory).filter { $0.hasPrefix("ledger.sqlite") }.map(site.path)
            var changes = 0
            for file in files {
                var bytes = try Files.bytes(file)
                for place in bytes.ranges(of: needle) {
                    bytes[place.upperBound - 2] = UInt8(ascii: "8")
                    changes += 1
                }
                try DurableFile.write(bytes, to: file)
            }
            #expect(changes > 0, "found the amount in none of \(files)")
            let outcome = try site.outcome(verify)
            #expect(outcome.status == .exited(65))
            #expect(outcome.text.contains("problem:") && outcome.text.contains("FAILED"), "\(outcome.text)")
        }
    }
}

extension Site {
    /// A grant of any date, as `gcx key grant` would not make it.
    func grant(issuedAgo: UInt64, secondsValid: UInt64) throws {
        let key = try Keystore.decrypt(
            try KeystoreFile.read(path("owner.json")), password: "a word for a test")
        let now = WallClock.now() / 1_000_000_000
        let grant = MachineGrant(
            owner: key.address, machine: try Address(checksummed: addresses["machine", default: ""]), label: "",
            issuedAt: now - issuedAgo, expiresAt: now - issuedAgo + secondsValid, nonce: .random())
        let domain = try domain()
        let encoder = JSONEncoder()
        try DurableFile.write(try encoder.encode(Signed(grant, by: key, in: domain)), to: path("grant.json"))
    }
}
