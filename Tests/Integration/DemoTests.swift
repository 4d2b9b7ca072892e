import Foundation
import GCXLinux
import GCXModel
import Testing

extension WholeLeases {
    /// The demonstration is what a newcomer sees first, so it is run as one.
    @Suite("gcx demo")
    struct DemoTests {
        /// What the test reads of the statement; the rest is for people.
        struct Statement: Decodable {
            struct Job: Decodable {
                let receipts: UInt64
                let usage: Usage
                let amount: Amount
            }
            struct Report: Decodable {
                let problems: [String]
                let entries: UInt64
            }
            let job: Job
            let deposit, claimed, ownerBalance: Amount
            let ratings: [Rating]
            let readingNanoseconds: UInt64
            let selfReportedNanoseconds: UInt64
            let report: Report
        }

        @Test("measures, offers, leases, runs, pays, rates, and leaves nothing behind", .timeLimit(.minutes(3)))
        func wholeLoop() throws {
            let before = try traces()
            let outcome = try Gcx.run(
                [
                    "demo", "--json", "--seconds", "8", "--benchmark-seconds", "2", "--input",
                    "\(Gcx.repository)/Sources",
                ],
                timeout: .seconds(150))
            try #require(outcome.status == .exited(0), "\(outcome.errorLine)\n\(outcome.text)")
            let statement = try JSONDecoder().decode(Statement.self, from: Data(outcome.output))
            #expect(statement.job.receipts >= 3)
            #expect(statement.claimed == statement.job.amount)
            #expect(statement.ownerBalance == statement.claimed)
            #expect(statement.claimed > .zero && statement.claimed < statement.deposit)
            #expect(statement.ratings.count == 2)
            #expect(statement.report.problems.isEmpty)
            #expect(statement.report.entries >= 10)
            let (reading, own) = (statement.readingNanoseconds, statement.selfReportedNanoseconds)
            #expect(reading > 0)
            let metered = statement.job.usage.coreNanoseconds - reading
            #expect(own > 4_000_000_000, "the job did no work worth measuring")
            #expect(max(metered, own) - min(metered, own) <= own / 100, "metered \(metered) ns, the job says \(own) ns")
            #expect(try traces() == before)
        }

        /// Folders of demonstrations, and processes that work in one.
        private func traces() throws -> Set<String> {
            let folders = try FileManager.default.contentsOfDirectory(
                atPath: FileManager.default.temporaryDirectory.path
            )
            .filter { $0.hasPrefix("gcx-demo-") }
            let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                Int(name) != nil && ((try? Files.text("/proc/\(name)/cmdline")) ?? "").contains("/gcx-demo-")
            }
            return Set(folders + processes)
        }
    }
}
