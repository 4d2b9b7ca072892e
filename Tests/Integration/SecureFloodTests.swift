import Foundation
import GCXLinux
import Testing

extension FarLeases {
    /// Crowds that open connections to an encrypted door and say nothing.
    @Suite("A crowd at an encrypted door")
    struct SecureFloodTests {
        static let lacks = ["python3", "unshare", "ip"].first { ChildProcess.find($0) == nil }

        /// What the fixture says of a flood.
        private struct Flood: Decodable {
            let kind: String
            /// Seconds that an honest caller waited; nil where no answer came.
            let waits: [Double?]
            /// Connections that were still open at the end.
            let held: Int
            let kib: Int
            let kibMax: Int
        }

        /// What an honest caller waits at the most, with the start of a program, on a machine that does other work besides.
        private static let patience: Double = 20
        /// What the connections of a door may cost, at the most of them: 768 of some 100 KiB and 2,048 that wait unread, twice.
        private static let growthKiBMax = 192 << 10

        @Test(
            "10,000 idle connections of one peer, and of 10,000 peers, take bounded memory and keep nobody out",
            .enabled(if: lacks == nil, "needs \(lacks ?? "")"), .timeLimit(.minutes(5)))
        func crowds() throws {
            let site = try Site(far: FarPlaces(agent: "https://10.9.0.2:4443", ledger: "https://10.9.0.1:4443"))
            let outcome = try ChildProcess(
                "unshare",
                [
                    "-n", "python3", "\(Gcx.repository)/Tests/Fixtures/TLS/flood.py", Gcx.program, site.configuration,
                    site.addresses["operator", default: ""],
                ], timeout: .seconds(240)
            ).outcome()
            let floods = try outcome.text.split(separator: "\n").map {
                try JSONDecoder().decode(Flood.self, from: Data($0.utf8))
            }
            #expect(floods.map(\.kind) == ["none", "one", "many"], "\(outcome.errorLine)")
            let quiet = try #require(floods.first)
            for flood in floods.dropFirst() {
                #expect(flood.waits.allSatisfy { $0.map { $0 < Self.patience } ?? false }, "\(flood)")
                #expect(flood.held <= 768 + 2_048, "\(flood)")
                #expect(flood.kibMax - quiet.kib < Self.growthKiBMax, "\(flood) after \(quiet)")
            }
        }
    }
}
