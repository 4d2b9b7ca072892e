import Foundation
import GCXLinux
import Testing

extension WaitingLeases {
    /// Crowds that open connections to an encrypted door and mean no good.
    @Suite("A crowd at an encrypted door")
    struct SecureFloodTests {
        static let lacks = ["python3", "unshare", "ip"].first { ChildProcess.find($0) == nil }

        /// What the fixture says of a flood.
        private struct Flood: Decodable {
            /// `ledger` or `agent`.
            let door: String
            let kind: String
            /// Seconds that an honest caller waited; nil where no answer came.
            let waits: [Double?]
            /// Connections that were still open at the end.
            let held: Int
            let kib: Int
            let kibMax: Int
            /// Bytes that were taken of a body of 100 MB.
            let taken: Int
        }

        /// What an honest caller waits at the most, with the start of a program, on a machine that does other work besides.
        private static let patience: Double = 20
        /// What the connections of a door may cost, at the most of them: 768 of some 100 KiB and 2,048 that wait unread, twice.
        private static let growthKiBMax = 192 << 10
        /// Of a body that is refused by its length, what lies in the buffers of both ends and is swallowed behind the answer.
        private static let bodyBytesMax = 32 << 20

        @Test(
            "10,000 connections of one peer, and of 10,000 peers, that are idle, half-open, slow or too large, take bounded memory at the doors of ledger and agent and keep nobody out",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"), .timeLimit(.minutes(8)))
        func crowds() throws {
            let site = try Site(far: FarPlaces(agent: "https://10.9.0.2:4443", ledger: "https://10.9.0.1:4443"))
            let outcome = try ChildProcess(
                "unshare",
                [
                    "-n", "python3", "\(Gcx.repository)/Tests/Fixtures/TLS/flood.py", Gcx.program, site.configuration,
                    site.addresses["operator", default: ""], site.addresses["machine", default: ""],
                ], timeout: .seconds(400)
            ).outcome()
            let floods = try outcome.text.split(separator: "\n").map {
                try JSONDecoder().decode(Flood.self, from: Data($0.utf8))
            }
            let kinds = ["none", "one", "many"]
            #expect(
                floods.map { "\($0.door) \($0.kind)" }
                    == ["ledger", "agent"].flatMap { door in kinds.map { "\(door) \($0)" } }, "\(outcome.errorLine)")
            for flood in floods where flood.kind != "none" {
                let quiet = try #require(floods.first { $0.door == flood.door })
                #expect(flood.waits.allSatisfy { $0.map { $0 < Self.patience } ?? false }, "\(flood)")
                #expect(flood.held <= 768 + 2_048, "\(flood)")
                #expect(flood.kibMax - quiet.kib < Self.growthKiBMax, "\(flood) after \(quiet)")
                #expect(flood.taken < Self.bodyBytesMax, "\(flood)")
            }
        }
    }
}
