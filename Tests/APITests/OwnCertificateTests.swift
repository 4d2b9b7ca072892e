import Foundation
import GCXLinux
import GCXModel
import GCXSigning
import Testing

@testable import GCXClient
@testable import GCXServer
@testable import GCXTransport
@testable import GCXWire

/// Servers that show a certificate of their owner's, which carries no binding.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .enabled(if: ChildProcess.find("openssl") != nil, "needs openssl"))
struct OwnCertificateTests {
    private let site = SecureServing()

    /// Files of an authority and of a server's certificate by it.
    private struct Authority {
        let folder: String

        init(in folder: String) throws {
            self.folder = folder
            try openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=authority",
                "-keyout", "authority.key", "-out", "authority.pem", "-days", "2")
        }

        /// - Parameter name: of the files; the key is a new one.
        func issue(_ name: String, _ algorithm: [String] = ["-newkey", "rsa:2048"]) throws -> OwnCertificate {
            try run(
                ["req"] + algorithm + [
                    "-nodes", "-subj", "/CN=a.example", "-keyout", "\(name).key", "-out", "\(name).csr",
                ])
            try openssl(
                "x509", "-req", "-in", "\(name).csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                "-CAcreateserial",
                "-days", "1", "-out", "\(name).pem")
            let chain = try Files.bytes("\(folder)/\(name).pem") + Files.bytes("\(folder)/authority.pem")
            try DurableFile.write(chain, to: "\(folder)/\(name).pem")
            return OwnCertificate(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        }

        private func openssl(_ arguments: String...) throws { try run(arguments) }

        private func run(_ arguments: [String]) throws {
            try ChildProcess("openssl", arguments, workingDirectory: folder, timeout: .seconds(60)).run()
        }
    }

    @Test("a server with a certificate of an authority is reached by its key alone, and nobody trusts that authority")
    func reached() async throws {
        try await withScratch { folder in
            let own = try Authority(in: folder).issue("a")
            try await site.serving(try await site.identity(own)) { client, endpoint in
                try await client.checkHealth()
                let other = AgentClient(ServerAddress(endpoint, signer: .random()))
                #expect(await site.isRefused(other, because: "speaks for \(site.key.address.checksummed)"))
            }
        }
    }

    @Test("files that were changed are shown after a renewal, and clients find the new key by themselves")
    func renewal() async throws {
        try await withScratch { folder in
            let authority = try Authority(in: folder)
            let own = try authority.issue("a")
            var limits = ConnectionLimits()
            (limits.idle, limits.tick) = (.milliseconds(200), .milliseconds(50))
            let identity = try await site.identity(own)
            try await site.serving(identity, limits) { client, _ in
                try await client.checkHealth()
                let before = identity.binding.document.publicKey
                _ = try authority.issue("a")
                try await identity.renew(at: WallClock.seconds())
                #expect(identity.binding.document.publicKey != before)
                try await Task.sleep(for: .milliseconds(600))
                try await client.checkHealth()
            }
        }
    }

    @Test("who shows another certificate beside the machine's binding is refused")
    func stolenBinding() async throws {
        try await withScratch { folder in
            let authority = try Authority(in: folder)
            let binding = try await site.identity(try authority.issue("a")).binding
            let (chain, key) = try authority.issue("thief").read()
            let thief = try ServerIdentity(
                showing: ServerCertificate(binding: binding, chain: chain, key: key, bytes: []),
                protocols: ["http/1.1"])
            try await site.serving(thief) { client, _ in
                #expect(await site.isRefused(client, because: "is for the TLS key"))
            }
        }
    }

    @Test("files that are not there, hold something else or do not belong together are named, and the old key stays")
    func wrongFiles() async throws {
        try await withScratch { folder in
            let authority = try Authority(in: folder)
            let (own, other) = (try authority.issue("a"), try authority.issue("b", ["-newkey", "ed25519"]))
            let cases: [(OwnCertificate, OwnCertificateError)] = [
                (OwnCertificate(certificate: "/nowhere", key: own.key), .noCertificate("/nowhere")),
                (OwnCertificate(certificate: own.key, key: own.key), .noCertificate(own.key)),
                (OwnCertificate(certificate: own.certificate, key: "/nowhere"), .noKey("/nowhere")),
                (OwnCertificate(certificate: own.certificate, key: own.certificate), .noKey(own.certificate)),
                (
                    OwnCertificate(certificate: own.certificate, key: other.key),
                    .apart(certificate: own.certificate, key: other.key)
                ),
            ]
            for (files, wanted) in cases {
                await #expect(throws: wanted) { try await site.identity(files) }
                #expect("\(wanted.remedy)".contains("PEM"))
            }
            let identity = try await site.identity(own)
            let before = identity.binding
            try DurableFile.write("nothing".utf8, to: own.key)
            await #expect(throws: OwnCertificateError.noKey(own.key)) {
                try await identity.renew(at: WallClock.seconds())
            }
            #expect(identity.binding == before)
        }
    }
}
