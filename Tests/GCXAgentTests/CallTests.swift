import GCXJobLog
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Support
import Testing

@testable import GCXAgent

@Suite("What strangers may ask")
struct CallTests {
    let bench: AgentBench
    let store: AgentStore

    init() throws {
        bench = try AgentBench()
        store = try bench.store()
    }

    @Test("a voucher is answered with what it says itself, the first time and when it is sent again by anybody")
    func replay() async throws {
        let lease = try await bench.lease(in: store)
        let signed = try bench.voucher(lease, 7, in: store)
        let core = try bench.core(store)
        try store.update(lease) { $0.note = "a note for the parties alone" }
        for _ in 0..<2 {
            let answer = try await core.accept(signed)
            #expect(answer == VoucherReceipt(lease: lease, cumulative: 7))
            #expect(try !StoredJSON.encode(answer).contains("phase"))
        }
        #expect(try store.voucher(lease) == signed)
    }

    @Test("who cannot sign for the lease does not even learn whether it is closed")
    func forged() async throws {
        let lease = try await bench.lease(in: store)
        try store.update(lease) { $0.phase = .closed(nil) }
        let core = try bench.core(store)
        let forged = bench.world.sign(
            Voucher(channel: lease, cumulative: 7, receipt: .zero), by: bench.world.stranger)
        let error = await #expect(throws: AgentError.self) { try await core.accept(forged) }
        guard case .voucherRefused = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A log of a hundred lines; answers where it ends.
    private func writeLog(of lease: LeaseID) throws -> UInt64 {
        let folder = "\(bench.settings.jobsPath)/\(JobName(of: lease))/log"
        try Files.makeDirectories(folder, mode: 0o700)
        var writer = try JobLogWriter(folder, limit: 1 << 20)
        for line in 0..<100 { try writer.write(.output, Array("line \(line)\n".utf8)) }
        #expect(writer.finish().failure == nil)
        return JobLogFolder(path: folder).bytes
    }

    @Test("any numbers in a question for a log get a page or a refusal, and never a failure of the agent")
    func logBounds() async throws {
        let lease = try await bench.lease(in: store)
        let core = try bench.core(store)
        let end = try writeLog(of: lease)
        let numbers: [UInt64] = [
            0, 1, 2, 63, 64, 65, end - 1, end, end + 1, UInt64(Int64.max) - 1, UInt64(Int64.max), .max - 1, .max,
        ]
        var queries: [LogQuery] = []
        for from in numbers {
            for tail in [nil] + numbers.map(Optional.some) {
                for most in [0, 1, end, UInt64.max] {
                    queries.append(LogQuery(from: from, tail: tail, bytesMax: most))
                    queries.append(
                        LogQuery(from: from, sinceNanoseconds: from, tail: tail, stream: .stderr, bytesMax: most))
                    queries.append(
                        LogQuery(from: from, sinceNanoseconds: .max, tail: tail, stream: .stdout, bytesMax: most))
                }
            }
        }
        var refusals = 0
        for query in queries where try await !isAnswered(query, of: lease, by: core) { refusals += 1 }
        #expect(refusals > 0, "1 is no place where a record begins")
        #expect(try await !isAnswered(LogQuery(from: 1, tail: .max, bytesMax: .max), of: lease, by: core))
    }

    /// False for a question that is refused; any other error is thrown.
    private func isAnswered(_ query: LogQuery, of lease: LeaseID, by core: AgentCore) async throws -> Bool {
        do {
            _ = try await core.log(lease, query, by: .owner)
            return true
        } catch {
            guard case .badRequest = error else { throw error }
            return false
        }
    }
}
