import GCXAPI
import GCXAgent
import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning

/// A buyer's way to what a job left.
struct JobTransfer: Sendable {
    let agent: AgentClient
    let ledger: any Ledger
    let lease: LeaseID
    let caller: Caller

    /// Fetches the output and unpacks it into a directory; nil when the job left none. A transfer that breaks off is gone
    /// on with, also by the next run of the command.
    ///
    /// A buyer takes only what the machine signed: digest and size are those of a receipt. The owner stands at the machine.
    ///
    /// - Parameter bytesMax: of the archive; nil takes what fits the lease's storage.
    /// - Returns: the digest of the archive, which the lease's last receipt names.
    func fetch(into directory: String, bytesMax: UInt64? = nil) async throws -> String? {
        var terms = OutputTerms(bytesMax: bytesMax ?? APILimits.outputBytesMax)
        if case .session = caller {
            guard let signed = try await signed(bytesMax) else { return nil }
            terms = signed
        }
        let tar = "\(directory).output.tar"
        guard let fetched = try await download(tar, terms) else { return nil }
        defer { try? Files.remove(tar) }
        try Files.makeDirectories(directory, mode: 0o755)
        _ = try TarArchive(path: tar).unpack(
            into: directory, limits: TarLimits(entriesMax: AgentLimits.uploadEntriesMax, bytesMax: terms.bytesMax))
        return fetched.digest
    }

    /// What the machine signed about the output; nil when its final word is that there is none.
    private func signed(_ bytesMax: UInt64?) async throws -> OutputTerms? {
        let record = try await ledger.lease(lease)
        let domain = try await ledger.identity().domain
        let newest = try await agent.job(lease, by: caller).receipts
        // The statement stands in the final receipt, or shortly before it.
        let receipts = try await agent.receipts(
            lease, after: newest - min(newest, UInt64(AgentLimits.receiptPageMax)), waitSeconds: 0, by: caller)
        for receipt in receipts {
            try receipt.verify(signer: record.terms.machine, in: domain)
            guard receipt.document.lease == lease else {
                throw AgentError.answerImpossible("a receipt of lease \(receipt.document.lease.short) came")
            }
        }
        let statements = receipts.flatMap { $0.document.events.compactMap(OutputStatement.init(event:)) }
        guard let stated = statements.last else {
            guard receipts.last?.document.isFinal == true else {
                throw CommandError(
                    "the machine has not signed what the job left",
                    fix: "Wait for the final receipt (`gcx receipt list \(lease)`), then run the command again.")
            }
            return nil
        }
        let storage = record.terms.resources.storageBytes
        let most = bytesMax ?? APILimits.archiveBytesMax(ofStorage: storage)
        guard stated.bytes <= most else {
            throw CommandError(
                "the output is an archive of \(stated.bytes) bytes, and the lease has \(storage) bytes of storage",
                fix:
                    "If you expect so much, as of sparse files, take it with `gcx job output --bytes-max \(stated.bytes)`."
            )
        }
        return OutputTerms(stated: stated, bytesMax: most)
    }

    private func download(_ tar: String, _ terms: OutputTerms) async throws -> (bytes: UInt64, digest: String)? {
        for _ in 1..<triesMax {
            do { return try await agent.downloadOutput(lease, to: tar, by: caller, accepting: terms) } catch {
                guard case .unreachable = error else { throw error }
                try await Task.sleep(for: .seconds(1))
            }
        }
        return try await agent.downloadOutput(lease, to: tar, by: caller, accepting: terms)
    }

    /// One a second: as long as an agent takes to start again.
    private var triesMax: Int { 30 }
}
